"""Import PyTorch without the pauses of the garbage collector."""

from __future__ import annotations

import gc
import sys


def prepare() -> None:
    """Import what `vectarium.model` needs, some seconds of work.

    The garbage collector would go through all objects, 100 ms each time, every so many new ones. It waits
    until the end and then leaves what was imported alone for good. Calling it again does nothing.
    """
    if "vectarium.model.loading" in sys.modules:
        return
    collecting = gc.isenabled()
    gc.disable()
    try:
        import vectarium.model.attention
        import vectarium.model.generation  # noqa: F401
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
