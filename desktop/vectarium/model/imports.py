"""Import PyTorch and transformers in a worker thread while the window stays fluent."""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import sys
from pathlib import Path


def prepare() -> None:
    """Import what `vectarium.model` needs, some seconds of work, without long holds of the interpreter lock.

    Python's own import of an extension module holds the lock while the library and what it depends on are
    mapped and linked, 150 ms for PyTorch's. Opened through a foreign call first, which releases the lock,
    the import finds it there. The garbage collector, which would stop all threads for 100 ms every so many
    new objects, waits until the end and then leaves what was imported alone for good.

    Calling it again does nothing.
    """
    if "vectarium.model.loading" in sys.modules:
        return
    collecting = gc.isenabled()
    gc.disable()
    try:
        _open_torch_library()
        import vectarium.model.attention
        import vectarium.model.generation  # noqa: F401
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def _open_torch_library() -> None:
    """Map and link PyTorch's libraries without the interpreter lock. Where that fails, the import does it."""
    found = importlib.util.find_spec("torch")
    endings = {"linux": "so", "darwin": "dylib"}
    if "torch" in sys.modules or found is None or found.origin is None or sys.platform not in endings:
        return
    library = Path(found.origin).parent / "lib" / f"libtorch_python.{endings[sys.platform]}"
    # ctypes.CDLL(path) would hold the lock; a call of a foreign function does not.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    if library.exists():
        dlopen(os.fsencode(library), os.RTLD_LAZY)
