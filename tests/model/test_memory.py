"""Pieces of memory: apart from one another, where a processor's vectors begin."""

import numpy as np
import pytest

from vectarium.model import memory
from vectarium.model.memory import Memory


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
