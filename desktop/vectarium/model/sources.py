"""Where a model lies on this computer. Imports no torch, so that the tokens are there before the model is."""

from pathlib import Path

from vectarium import resources

BUNDLED = "bundled"


def local_folder(source: str) -> Path | None:
    """The folder of a model that is on this computer already, without the network; None otherwise.

    "bundled", a folder, or a name on the hub whose files are all in its cache.
    """
    if source == BUNDLED:
        try:
            folder = resources.folder() / "models" / "storyteller"
        except FileNotFoundError:
            return None
        return folder if folder.is_dir() else None
    folder = Path(source).expanduser()
    if source and (folder / "config.json").exists():
        return folder
    from vectarium.model import hub  # takes half a second to import

    if source and folder.is_dir() and not hub.is_name(source):
        return folder
    return hub.cached(source) if hub.is_name(source) else None
