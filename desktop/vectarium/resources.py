"""Where the files that ship with the application lie: models, word vectors, examples, fonts, icons."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder() -> Path:
    """The resources folder: inside the package once installed, beside `desktop/` in a clone.

    Raises FileNotFoundError, with what to do, where the installation has lost it.
    """
    installed = _PACKAGE / "resources"
    in_clone = _PACKAGE.parents[1] / "resources"
    for candidate in (installed, in_clone):
        if (candidate / "fonts").is_dir():
            return candidate
    raise FileNotFoundError(
        f"Vectarium's own files are missing: neither {installed} nor {in_clone} has them. "
        "Install Vectarium again."
    )


def word_vectors() -> Path:
    """The file of the bundled word vectors."""
    return folder() / "word_vectors" / "word_vectors.npz"
