"""How functions become machine code, and where that is kept."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import platformdirs
from numba import njit

# Numba compiles a function anew when the file that it is in has changed: not when another one has.
_SOURCES = b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))
EDITION = hashlib.sha256(_SOURCES).hexdigest()[:16]
"""Another one for every change of these files."""
numba.config.CACHE_DIR = numba.config.CACHE_DIR or str(
    platformdirs.user_cache_path("Vectarium", appauthor=False) / "machine code" / EDITION
)

OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy"}
compiled = njit(**OPTIONS)
exact = njit(**OPTIONS, fastmath={"contract"})
"""For what loses its point when sums are rearranged."""
reordered = njit(**OPTIONS, fastmath={"reassoc", "contract", "nsz"})
"""For sums that may be made in any order: always in the same."""


def fill_cache() -> None:
    """Make all machine code, in seconds, if it was not kept yet.

    In a process of its own: what compiling takes, 230 MB, would stay with this one until it ends.
    """
    # What is made last: who was interrupted, or used a part only, kept some of the others.
    if getattr(sys, "frozen", False) or any(Path(numba.config.CACHE_DIR).rglob("kernels.take_part-*.nbc")):
        return
    command = [sys.executable, "-c", "from vectarium.machine_code import products, ranks, kernels"]
    subprocess.run(command, check=False, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0))
