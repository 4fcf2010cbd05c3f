"""Where things lie on the user's computer."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Places:
    """Where the app keeps what is the user's."""

    settings: Path
    autosave: Path
    log: Path
    cache: Path | None = None  # of what can be worked out again; None keeps nothing

    @staticmethod
    def of_user() -> "Places":
        dirs = platformdirs.PlatformDirs("Vectarium", appauthor=False)
        return Places(
            dirs.user_config_path / "settings.json",
            dirs.user_data_path / "sessions",
            dirs.user_log_path / "vectarium.log",
            dirs.user_cache_path,
        )
