"""Matrices as machine code reads them, and products of some of their rows."""

from __future__ import annotations

from typing import Any

from vectarium.model.machine_code.compiling import compiled
from vectarium.model.machine_code.functions import scale_and_shift
from vectarium.model.machine_code.intrinsics import ROWS, TOGETHER, tile

# Of every matrix, the columns of a table of addresses and of distances in bytes:
WEIGHTS = 0
ROW = 1
"""From two rows to the next two."""
BESIDE, STEP, AHEAD = 2, 3, 4
"""As `tile` has them."""
BIAS, SCALE = 5, 6
"""Float32 of every row, added to its products and multiplied with them before; 0 for none."""
MATRIX = 7
ATTENTION_IN, ATTENTION_OUT, INNER, OUTER = (number * MATRIX for number in range(4))
NORM_1, NORM_2 = 4 * MATRIX, 4 * MATRIX + 2
"""The weights of a layer norm, followed by its biases."""
TABLE = 4 * MATRIX + 4
"""Columns of a block. After the last block, in the first ones, the unembedding; NORM_1 is the final norm."""
UNEMBEDDING = TABLE

PARTS, PART_BYTES = 8, 2**19  # of a matrix: so many at least, so large at most


@compiled
def rows_of_part(rows: int, row_bytes: int) -> int:
    """How many rows of a matrix a thread takes at once."""
    return max(1, min(PART_BYTES // row_bytes, rows // PARTS) // ROWS) * ROWS


@compiled
def multiply(form: int, matrix: Any, begin: int, end: int, inputs: Any, count: int, found: Any) -> None:
    """Rows ``begin`` to ``end`` - 1 times ``count`` inputs, [position, in]: ``found``, [position, row]."""
    width, apart = inputs.shape[1], found.strides[0]
    beside, step, ahead = matrix[BESIDE], matrix[STEP], matrix[AHEAD]
    for row in range(begin, end, ROWS):
        if row + 1 == end:
            beside = 0  # a row that is missing at the end is not looked for
        weights, into = matrix[WEIGHTS] + row // ROWS * matrix[ROW], found.ctypes.data + 4 * (row - begin)
        for first in range(0, count, TOGETHER):
            some, given = min(TOGETHER, count - first), inputs.ctypes.data + 4 * first * width
            tile(form, some, weights, beside, step, ahead, width, given, into + first * apart, apart)
    for position in range(count):
        scale_and_shift(found[position, : end - begin], matrix[SCALE], matrix[BIAS], begin)
