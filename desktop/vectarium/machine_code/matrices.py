"""Matrices as machine code reads them, and products of some of their rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from vectarium.machine_code.compiling import compiled
from vectarium.machine_code.functions import scale_and_shift
from vectarium.machine_code.tiles import (
    ROWS,
    TOGETHER,
    WIDE_ROWS,
    WIDE_TOGETHER,
    rows_for,
    tile,
    wide_tile,
)

# Of every matrix, the columns of a table of addresses and of distances in bytes:
WEIGHTS = 0
ROW = 1
"""From one row to the next."""
SIZE = 2
"""Of a weight."""
BIAS, SCALE = 3, 4
"""Float32 of every row, added to its products and multiplied with them before; 0 for none."""
MATRIX = 5
ATTENTION_IN, ATTENTION_OUT, INNER, OUTER = (number * MATRIX for number in range(4))
NORM_1, NORM_2 = 4 * MATRIX, 4 * MATRIX + 2
"""The weights of a layer norm, followed by its biases."""
TABLE = 4 * MATRIX + 4
"""Columns of a block. After the last block, in the first ones, the unembedding; NORM_1 is the final norm."""
UNEMBEDDING = TABLE

PART_BYTES = 2**19  # of a matrix that one thread takes at once, about
STRETCH = 768
"""Of a row, what is summed up at once: together with some positions it stays next to the core."""
FEW = 8  # positions, of which carrying the weights takes longer than multiplying
_ROWS_FOR = np.array([0, *map(rows_for, range(1, TOGETHER + 1))])


@compiled
def rows_of_part(rows: int, row_bytes: int, members: int) -> int:
    """How many rows of a matrix a thread takes at once, where so many threads share them evenly."""
    parts = -(-rows * row_bytes // (PART_BYTES * members)) * members
    return -(-rows // (parts * ROWS)) * ROWS


@compiled
def multiply(form: int, matrix: Any, begin: int, end: int, inputs: Any, count: int, found: Any) -> None:
    """Rows ``begin`` to ``end`` - 1 times ``count`` inputs, [position, in]: ``found``, [position, row].

    More than `FEW` inputs only with float32 weights as they are.
    """
    found[:count, : end - begin] = np.float32(0)
    # Rows of wide tiles, and those that are too few for one.
    wide = (end - begin) // WIDE_ROWS * WIDE_ROWS if count > FEW else 0
    if wide:
        _multiply_many(matrix, begin, begin + wide, inputs, count, found)
    if begin + wide < end:
        _multiply_few(form, matrix, begin + wide, end, inputs, count, found[:, wide:])
    for position in range(count):
        scale_and_shift(found[position, : end - begin], matrix[SCALE], matrix[BIAS], begin)


@compiled
def _multiply_few(form: int, matrix: Any, begin: int, end: int, inputs: Any, count: int, found: Any) -> None:
    """Rows from some places at once, in each of which they follow one another as they lie in memory.

    Memory gives less to who reads neighbours at once: on a processor with AMD's Zen 4 cores, 26 GB a second
    instead of 31 at a busy moment, and of 50 at a quiet one.
    """
    width, apart = inputs.shape[1], found.strides[0]
    for first in range(0, count, TOGETHER):
        some = min(TOGETHER, count - first)
        places = _ROWS_FOR[some]
        share = (end - begin) // places  # of the rows, in each place
        left_over = end - begin - places * share
        far, far_sums = share * matrix[ROW], 4 * share
        for number in range(share + left_over):
            rows, row = (places, number) if number < share else (1, number + (places - 1) * share)
            weights, to = matrix[WEIGHTS] + (begin + row) * matrix[ROW], 4 * row + first * apart
            for place in range(0, width, STRETCH):
                length, given = min(STRETCH, width - place), inputs.ctypes.data + 4 * (first * width + place)
                part, sums = weights + place * matrix[SIZE], found.ctypes.data + to
                tile(form, rows, some, part, far, length, given, 4 * width, sums, apart, far_sums)


@compiled
def _multiply_many(matrix: Any, begin: int, end: int, inputs: Any, count: int, found: Any) -> None:
    """Some positions after the others, while the weights stay near and those of the next part come."""
    width, apart, beside = inputs.shape[1], found.strides[0], matrix[ROW]
    for place in range(0, width, STRETCH):
        length = min(STRETCH, width - place)
        for block in range(-(-count // WIDE_TOGETHER)):
            first = block * WIDE_TOGETHER
            given, some = inputs.ctypes.data + 4 * (first * width + place), min(WIDE_TOGETHER, count - first)
            # Of each of the next rows one half, with every block but the first, which brings these ones here.
            half = (block + 2 * WIDE_ROWS - 1) % (2 * WIDE_ROWS)
            later = (end - begin + half // 2) * beside + half % 2 * 2 * length if block else 0
            for row in range(begin, end, WIDE_ROWS):
                weights, into = matrix[WEIGHTS] + row * beside + 4 * place, 4 * (row - begin)
                to = found.ctypes.data + first * apart + into
                wide_tile(some, weights, beside, weights + later, length, given, 4 * width, to, apart)
