"""The board on which threads read what they compute together, and mark how far they are.

A row of whole numbers: counters, what the pass is about, addresses of its arrays, a counter for every phase.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit
from numpy.typing import NDArray

from vectarium.machine_code.compiling import OPTIONS, compiled
from vectarium.machine_code.intrinsics import floats, wholes

MANY = 64
"""Positions of a pass, at most."""

APART = 8  # whole numbers between those that different threads write: so they are not in one cache line

TICKET = 0
"""Of the pass that is being computed, 0 for none."""
INSIDE = APART
"""How many helpers are at it."""

FORM, FIRST, LAST, START, COUNT, WANTED = range(2 * APART, 2 * APART + 6)
"""The number type of the weights; the first block and the one after the last; the first position, how many
there are, and how many of them are unembedded."""
MEMBERS = 2 * APART + 6
"""How many threads take part."""
POSITIONS = 2 * APART + 7
"""For how many positions there is room."""
WIDTH, INNER, HEADS, CAPACITY, CONTEXT, VOCABULARY, ROOM, EPSILON = range(3 * APART, 4 * APART)
"""Sizes: of the stream, within a feed-forward layer; how many heads, positions that a store has and may have
at most, tokens; products that a thread has room for. And what layer norms add, a float32 as its bits."""
TABLE, SCALES, RESIDUAL, STORED, PATTERNS, LOGITS = range(4 * APART, 4 * APART + 6)
"""Addresses of what a pass reads and fills; 0 for patterns that nobody wants."""
MIXED, BETWEEN, INNERS, NORMED, FOUND, SEEN = range(5 * APART, 5 * APART + 6)
"""Addresses of room: the first three for all threads together, the others for each."""
EMBEDDING, A_TOKEN, POSITION_EMBEDDING, A_POSITION = range(6 * APART, 6 * APART + 4)
"""Addresses of what tokens and positions become, and distances in bytes from one of them to the next."""

PHASES, A_PHASE = range(7 * APART, 7 * APART + 2)
"""Where on the board the phases begin, and how far it is from one to the next."""

TOKENS = 8 * APART
"""Of every position of a pass that begins with the first block."""

MEMBER = TOKENS + MANY
"""Where the members begin."""
HOLDS, AWAKE = 0, APART
"""Of every member: the part that it computes at the moment, its phase and number, 0 for none; and whether it
looks for a ticket."""
A_MEMBER = 2 * APART

FINISHED, TAKEN = 0, APART
"""Of every phase: how many parts are done, and for every member, how many of its share somebody has taken."""
A_BLOCK = 5  # phases


def new(members: int, layers: int) -> NDArray[np.int64]:
    """A board for so many threads, and passes through so many blocks and the unembedding."""
    phases, a_phase = MEMBER + A_MEMBER * members, TAKEN + APART * members
    board = np.zeros(phases + a_phase * (A_BLOCK * layers + 1), np.int64)
    board[PHASES], board[A_PHASE] = phases, a_phase
    return board


@njit(
    "void(int64[::1], int64[::1], int64, int64, int64, int64, int64, int64, int64, float32[:, ::1],"
    " float32[:, :, :, ::1])",
    **OPTIONS,
)
def tell(
    board: Any,
    always: Any,
    first: int,
    last: int,
    start: int,
    count: int,
    capacity: int,
    residual: int,
    stored: int,
    logits: Any,
    patterns: Any,
) -> None:
    """Write down what the next pass is about: ``always`` is what is there for all, from `FORM` on.

    The others have the names of their places; of ``logits`` and ``patterns`` an empty array stands for none.
    """
    # In machine code, as to find the address of an array takes Python longer than all of this.
    board[FORM : FORM + len(always)] = always
    board[FIRST], board[LAST], board[START], board[COUNT] = first, last, start, count
    board[WANTED], board[CAPACITY] = len(logits), capacity
    board[RESIDUAL], board[STORED] = residual, stored
    board[LOGITS] = logits.ctypes.data
    board[PATTERNS] = patterns.ctypes.data if patterns.size else 0


@compiled
def table(board: Any, columns: int) -> Any:
    """Matrices and layer norms of every block, and what comes after the last one."""
    return carray(wholes(board[TABLE]), (board[LAST] + 1, columns))


@compiled
def residual(board: Any) -> Any:
    """[layer + 1, position, width]"""
    return carray(floats(board[RESIDUAL]), (board[LAST] + 1, board[CAPACITY], board[WIDTH]))


@compiled
def heads(board: Any, layer: int) -> Any:
    """Queries, keys and values of a layer, [3, head, position, d_head]."""
    number, size = board[HEADS], board[WIDTH] // board[HEADS]
    stored = carray(floats(board[STORED]), (layer + 1, 3, number, board[CAPACITY], size))
    return stored[layer]


@compiled
def scale(board: Any, layer: int) -> Any:
    """What q·k is multiplied with."""
    return carray(floats(board[SCALES]), (layer + 1,))[layer]


@compiled
def between(board: Any, room: int, layer: int, columns: int) -> Any:
    """What a layer keeps between its matrices, [position, number]."""
    return carray(floats(board[room]), (layer + 1, board[POSITIONS], columns))[layer]


@compiled
def own(board: Any, room: int, member: int, rows: int, columns: int) -> Any:
    """Room that only one thread writes to, [row, column]."""
    return carray(floats(board[room]), (member + 1, rows, columns))[member]
