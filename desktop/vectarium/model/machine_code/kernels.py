"""A pass over a few positions, in machine code that is made for the processor it runs on.

One position needs every weight once, so its time is that of carrying them from memory. A tile multiplies two
rows of a matrix with up to four positions while it asks for the weights that come next. Threads share out all
that can be done at once in small parts: one whose core the system has given to another program holds up the
others by no more than its part. Every sum is made in the same order for any number of threads and positions:
the numbers are the same to the last bit.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from vectarium.model.machine_code.compiling import OPTIONS, compiled
from vectarium.model.machine_code.functions import attend, gelu, norm, scale_and_shift
from vectarium.model.machine_code.intrinsics import ROWS, TOGETHER, added, looked_at, offer_core, tile

MOST = 8
"""Positions of a pass, at most."""

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
ATTEND = -1  # has no matrix

APART = 8  # whole numbers between those that different threads write: so they are not in one cache line
TICKET, INSIDE = 0, APART  # of the pass that is being computed; how many helpers are at it
PHASES = 2 * APART
"""Where the counters of phases begin: parts taken and, `APART` further, parts finished."""
PHASE = 2 * APART
BLOCK = 5  # phases
PARTS, PART_BYTES = 16, 2**18  # of a matrix: so many at least, so large at most
LOOKS = 1000  # at what others do, before the core is offered to somebody else


def counters(layers: int) -> int:
    """How many whole numbers `read` needs to share out that many blocks and the unembedding."""
    return PHASES + PHASE * (BLOCK * layers + 1)


@compiled
def _share_heads(
    phase: int, scale: float, layer: int, start: int, count: int, heads: Any, mixed: Any, patterns: Any
) -> None:
    """Mix the values of what positions see, every head of every position a part."""
    number, size = heads.shape[2], heads.shape[4]
    parts = count * number
    while True:
        part = added(phase, 1)
        if part >= parts:
            break
        position, head = part // number, part % number
        end = start + position + 1
        queries, keys, values = heads[layer, 0, head], heads[layer, 1, head], heads[layer, 2, head]
        into = mixed[position, head * size : (head + 1) * size]
        pattern = patterns[layer, head, position, :end]
        attend(queries[end - 1], keys[:end], values[:end], scale, pattern, into)
        added(phase + 8 * APART, 1)
    _wait(phase + 8 * APART, parts)


@compiled
def _share_rows(
    phase: int,
    kind: int,
    form: int,
    columns: Any,
    epsilon: float,
    layer: int,
    start: int,
    count: int,
    residual: Any,
    heads: Any,
    mixed: Any,
    inner: Any,
    logits: Any,
    normed: Any,
    found: Any,
) -> None:
    """Multiply with a matrix, some rows a part, and put the products where they belong."""
    width = residual.shape[2]
    matrix, addresses = columns[:MATRIX], columns[NORM_1:NORM_2]
    hidden = residual[layer, start : start + count]
    inputs, rows = normed, 3 * width
    if kind in (ATTENTION_OUT, OUTER):
        matrix = columns[kind : kind + MATRIX]
        inputs, rows = (mixed, width) if kind == ATTENTION_OUT else (inner, width)
    elif kind == INNER:
        matrix, addresses = columns[INNER : INNER + MATRIX], columns[NORM_2:]
        hidden, rows = residual[layer + 1, start : start + count], inner.shape[1]
    elif kind == UNEMBEDDING:
        rows = logits.shape[1]
    some = rows_of_part(rows, matrix[ROW] // ROWS)
    parts = -(-rows // some)
    prepared = kind in (ATTENTION_OUT, OUTER)
    while True:
        part = added(phase, 1)
        if part >= parts:
            break
        if not prepared:
            norm(hidden, addresses, epsilon, normed)
            prepared = True
        begin, end = part * some, min((part + 1) * some, rows)
        _multiply(form, matrix, begin, end, inputs, count, found)
        for position in range(count):
            place = start + position
            values = found[position, : end - begin]
            if kind == ATTENTION_IN:
                _put_heads(values, begin, heads[layer], place)
            elif kind == ATTENTION_OUT:
                for row in range(begin, end):
                    residual[layer + 1, place, row] = residual[layer, place, row] + values[row - begin]
            elif kind == INNER:
                gelu(values)
                inner[position, begin:end] = values
            elif kind == OUTER:
                for row in range(begin, end):
                    residual[layer + 1, place, row] += values[row - begin]
            else:
                logits[position, begin:end] = values
        added(phase + 8 * APART, 1)
    _wait(phase + 8 * APART, parts)


@compiled
def rows_of_part(rows: int, row_bytes: int) -> int:
    """How many rows of a matrix a thread takes at once."""
    return max(1, min(PART_BYTES // row_bytes, rows // PARTS) // ROWS) * ROWS


@compiled
def _wait(finished: int, parts: int) -> None:
    looks = 0
    while looked_at(finished) < parts:
        looks += 1
        if looks > LOOKS:
            offer_core()


@compiled
def _put_heads(values: Any, row: int, heads: Any, place: int) -> None:
    """Put rows of the first matrix, from ``row`` on, into [3, head, position, d_head]."""
    number, size = heads.shape[1], heads.shape[3]
    done = 0
    while done < len(values):
        which, offset = (row + done) // size, (row + done) % size
        some = min(size - offset, len(values) - done)
        heads[which // number, which % number, place, offset : offset + some] = values[done : done + some]
        done += some


@compiled
def _multiply(form: int, matrix: Any, begin: int, end: int, inputs: Any, count: int, found: Any) -> None:
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


@njit(
    "void(int64[::1], int64, boolean, int64, int64[:, ::1], float32[::1], float64, int64, int64, int64,"
    "int64,"
    "float32[:, :, ::1], float32[:, :, :, :, ::1], float32[:, ::1], float32[:, ::1], float32[:, :, :, ::1],"
    "float32[:, ::1], float32[:, ::1], float32[:, ::1])",
    **OPTIONS,
)
def read(
    counts: Any,
    ticket: int,
    helps: bool,
    form: int,
    table: Any,
    scales: Any,
    epsilon: float,
    first: int,
    last: int,
    start: int,
    count: int,
    residual: Any,
    heads: Any,
    mixed: Any,
    inner: Any,
    patterns: Any,
    logits: Any,
    normed: Any,
    found: Any,
) -> None:
    """Take positions ``start`` on, ``count`` of them, through the blocks from ``first`` to ``last`` - 1.

    Every thread that takes part calls it; all but one with ``helps``, and these may come late or not at all.
    ``counts`` are zeros but for `TICKET`, which has to be this pass's: those who help with another one leave.
    ``table`` is [layer + 1, TABLE], ``scales``, [layer], what q·k is multiplied with. ``residual`` and
    ``heads`` are those of a `Store`; ``patterns``, [layer, head, query, key], are filled up to each query.
    Where ``logits``, [position, vocabulary], has positions, these are unembedded after that. The others are
    room: ``mixed`` [MOST, width] and ``inner`` [MOST, inner width] for all threads together; ``normed``
    [MOST, width] and ``found`` [MOST, rows of a part] for each.
    """
    inside, current = counts.ctypes.data + 8 * INSIDE, counts.ctypes.data + 8 * TICKET
    if helps:
        added(inside, 1)
    if looked_at(current) == ticket:
        phase = counts.ctypes.data + 8 * PHASES
        for layer in range(first, last):
            for kind in (ATTENTION_IN, ATTEND, ATTENTION_OUT, INNER, OUTER):
                if kind == ATTEND:
                    _share_heads(phase, scales[layer], layer, start, count, heads, mixed, patterns)
                else:
                    _share_rows(
                        phase, kind, form, table[layer], epsilon, layer, start, count,
                        residual, heads, mixed, inner, logits, normed, found,
                    )  # fmt: skip
                phase += 8 * PHASE
        if len(logits):
            _share_rows(
                phase, UNEMBEDDING, form, table[last], epsilon, last, start, len(logits),
                residual, heads, mixed, inner, logits, normed, found,
            )  # fmt: skip
    if helps:
        added(inside, -1)
    else:
        added(current, -ticket)
        while looked_at(inside):
            offer_core()
