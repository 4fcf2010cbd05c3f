"""Memory that lies free in a process goes back to the system. On Linux: elsewhere it does so by itself."""

import ctypes
import sys

_M_ARENA_MAX = -8  # of glibc's malloc.h


def share_one() -> None:
    """Let all threads of this process take memory from the same heap, before there are others.

    glibc gives each its own, and of what is free at the end of those up to 64 MB never goes back.
    """
    _tell_glibc("mallopt", _M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what lies free between what is in use: glibc keeps it for the next ones.

    Of thousands of tokens that come and go, some pieces always stay in the way.
    """
    _tell_glibc("malloc_trim", 0)


def _tell_glibc(function: str, *numbers: int) -> None:
    if sys.platform == "linux" and (found := getattr(ctypes.CDLL(None), function, None)):
        found(*numbers)
