"""What the app remembers from one start to the next. A damaged entry loses itself and nothing else."""

import base64
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from vectarium import space_settings
from vectarium.files import write_atomically
from vectarium.sampling import SamplingSettings
from vectarium.space_settings import SpaceSettings

log = logging.getLogger(__name__)

DEVICES = ("auto", "cuda", "mps", "cpu")
MOST_RECENT = 8
WORKSPACES = ("Write", "Futures", "Space", "Attention", "All")


@dataclass(frozen=True)
class Settings:
    """Every setting with its default."""

    theme: str = "dark"
    zoom: float = 1.0
    model: str = "bundled"
    device: str = "auto"
    exact: bool = True  # tokens are written in float32 even where another form is faster
    workspace: str = "All"
    distribution_rows: int = 20
    show_draws: bool = True  # at a slow pace, how a token is drawn
    convention: str = "video"  # how attention is drawn: "video" has keys down, "paper" queries
    words: bool = False  # whether tokens are shown as the words they make up
    recent: tuple[str, ...] = ()  # documents opened or saved last, the newest first
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    embeddings: SpaceSettings = field(default_factory=SpaceSettings)
    geometry: bytes = b""  # QWidget.saveGeometry
    layouts: Mapping[str, bytes] = field(default_factory=dict)  # workspace -> QMainWindow.saveState


def load(path: Path) -> tuple[Settings, tuple[str, ...]]:
    """The settings in a file, and a sentence for each entry that had to be left out. Never raises."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings(), ()
    except (OSError, ValueError, RecursionError) as error:
        log.info("Settings %s: %s", path, error)
        return Settings(), (f"The settings could not be read and are back to their defaults ({path}).",)
    if not isinstance(raw, dict):
        return Settings(), (f"The settings are damaged and are back to their defaults ({path}).",)
    good: dict[str, object] = {}
    lost = []
    for entry in fields(Settings):
        if entry.name in raw:
            try:
                good[entry.name] = _READERS[entry.name](raw[entry.name])
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                log.info("Setting %s: %s", entry.name, error)
                lost.append(f"The setting “{entry.name}” was damaged and is back to its default.")
    return Settings(**good), tuple(lost)  # type: ignore[arg-type]


def save(path: Path, settings: Settings) -> None:
    """Raises OSError when the file cannot be written; the old one then stays."""
    content = {entry.name: _plain(getattr(settings, entry.name)) for entry in fields(Settings)}
    write_atomically(path, json.dumps(content, indent=1))


def _plain(value: object) -> object:
    if isinstance(value, SpaceSettings):
        return space_settings.as_plain(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, SamplingSettings):
        return {entry.name: getattr(value, entry.name) for entry in fields(value)}
    return value


def _one_of(*allowed: object) -> Callable[[object], object]:
    def read(value: object) -> object:
        if value not in allowed:
            raise ValueError(f"{value!r} is none of {allowed}")
        return value

    return read


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _zoom(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.8 <= value <= 3.0:
        raise ValueError(f"{value!r} is no zoom from 0.8 to 3")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no text")
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value


def _sampling(value: object) -> SamplingSettings:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no sampling")
    return SamplingSettings(**value)


def _paths(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list of files")
    return tuple(_text(path) for path in value[:MOST_RECENT])


def _bytes(value: object) -> bytes:
    return base64.b64decode(_text(value), validate=True) if value else b""


def _layouts(value: object) -> dict[str, bytes]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} are no layouts")
    return {name: _bytes(state) for name, state in value.items() if name in WORKSPACES}


_READERS: dict[str, Callable[[object], object]] = {
    "theme": _one_of("dark", "light"),
    "zoom": _zoom,
    "model": _text,
    "device": _one_of(*DEVICES),
    "exact": _switch,
    "workspace": _one_of(*WORKSPACES),
    "distribution_rows": _count,
    "show_draws": _switch,
    "convention": _one_of("video", "paper"),
    "words": _switch,
    "recent": _paths,
    "sampling": _sampling,
    "embeddings": space_settings.read,
    "geometry": _bytes,
    "layouts": _layouts,
}
