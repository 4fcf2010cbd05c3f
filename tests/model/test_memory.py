"""Pieces of memory: apart from one another, where a processor's vectors begin; and back to the system."""

import ctypes
import sys

import numpy as np
import psutil
import pytest

from vectarium.model import memory
from vectarium.model.memory import Memory, give_back


@pytest.mark.parametrize("chunk", [64, 1000, 2**20])
def test_pieces_do_not_overlap(monkeypatch, chunk):
    monkeypatch.setattr(memory, "_CHUNK", chunk)
    room = Memory()
    shapes = [(3, 5), (1,), (0, 4), (7, 31), (64,), (2, 2, 2), (500,)]
    kinds = [np.float32, np.float16, np.int8]
    pieces = [room.array(shape, kind) for shape in shapes for kind in kinds]
    for number, piece in enumerate(pieces):
        piece[...] = number
    for number, piece in enumerate(pieces):
        assert (piece == number).all()
        assert piece.flags.c_contiguous
        assert piece.flags.writeable
        assert not piece.size or piece.ctypes.data % 64 == 0
    assert [piece.shape for piece in pieces] == [shape for shape in shapes for _ in kinds]


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is asked to")
def test_what_was_freed_between_pieces_in_use_goes_back_to_the_system():
    pieces = [np.ones(2000) for _ in range(10_000)]  # 160 MB, each too small for a mapping of its own
    resident = psutil.Process().memory_info().rss
    del pieces[::2]
    give_back()
    if hasattr(ctypes.CDLL(None), "malloc_trim"):
        assert psutil.Process().memory_info().rss < resident - 40e6
    assert all((piece == 1).all() for piece in pieces)
