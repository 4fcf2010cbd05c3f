"""A pass over a few positions, in machine code that is made for the processor it runs on.

One position needs every weight once, so its time is that of carrying them from memory. A tile multiplies some
rows of a matrix with some positions while it asks for the weights that come next. Threads share out all that
can be done at once in small parts, and nobody is waited for: where the system has given the core of one to
another program, the others do its part once more. That is why every value has a place of its own during a
pass: what is written twice, or late, is the same. And every sum is made in the same order for any number of
threads and positions: the numbers are the same to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit

from vectarium.machine_code import board as at
from vectarium.machine_code.compiling import OPTIONS, compiled
from vectarium.machine_code.functions import add, attend, gelu, norm
from vectarium.machine_code.intrinsics import (
    added,
    as_float,
    floats,
    looked_at,
    offer_core,
    put,
    replaced,
    rest,
)
from vectarium.machine_code.matrices import (
    ATTENTION_IN,
    ATTENTION_OUT,
    INNER,
    MATRIX,
    NORM_1,
    NORM_2,
    OUTER,
    ROW,
    TABLE,
    UNEMBEDDING,
    multiply,
    rows_of_part,
)

ATTEND = -1  # has no matrix
KINDS = ATTENTION_IN, ATTEND, ATTENTION_OUT, INNER, OUTER
"""The phases of a block."""

QUERIES = 8  # of one head, that a thread takes at once
PATIENCE = 10_000  # looks at what others do, before their parts are done once more


@compiled
def _rows(board: Any, kind: int) -> Any:
    """How many rows a matrix has."""
    if kind == ATTENTION_IN:
        return 3 * board[at.WIDTH]
    if kind == INNER:
        return board[at.INNER]
    return board[at.VOCABULARY] if kind == UNEMBEDDING else board[at.WIDTH]


@compiled
def _matrix(board: Any, layer: int, kind: int) -> Any:
    """[MATRIX]"""
    begin = 0 if kind == UNEMBEDDING else kind
    return at.table(board, TABLE)[layer, begin : begin + MATRIX]


@compiled
def _positions(board: Any, kind: int) -> Any:
    return board[at.WANTED] if kind == UNEMBEDDING else board[at.COUNT]


@compiled
def _embed(board: Any) -> None:
    """Begin the residual stream of every position with what its token and its place are."""
    start, count, width = board[at.START], board[at.COUNT], board[at.WIDTH]
    stream = at.residual(board)[0]
    for number in range(count):
        token = board[at.EMBEDDING] + board[at.TOKENS + number] * board[at.A_TOKEN]
        place = board[at.POSITION_EMBEDDING] + (start + number) * board[at.A_POSITION]
        add(carray(floats(token), (width,)), carray(floats(place), (width,)), stream[start + number])


# Parts


@compiled
def _size_of_part(board: Any, layer: int, kind: int) -> Any:
    return rows_of_part(_rows(board, kind), _matrix(board, layer, kind)[ROW], board[at.MEMBERS])


@compiled
def _prepare(board: Any, member: int, layer: int, kind: int) -> None:
    """Make the input of a matrix, where that is a layer norm."""
    count, width = _positions(board, kind), board[at.WIDTH]
    into = at.own(board, at.NORMED, member, board[at.POSITIONS], width)
    epsilon = as_float(np.int32(board[at.EPSILON]))
    columns = at.table(board, TABLE)[layer]
    if kind == INNER:
        norm(at.between(board, at.BETWEEN, layer, width)[:count], columns[NORM_2:], epsilon, into)
    elif kind in (ATTENTION_IN, UNEMBEDDING):
        start = board[at.START]
        norm(at.residual(board)[layer, start : start + count], columns[NORM_1:NORM_2], epsilon, into)


@compiled
def _attend(board: Any, member: int, layer: int, part: int) -> None:
    """Mix the values of what some positions see, for one head."""
    number, width, count = board[at.HEADS], board[at.WIDTH], board[at.COUNT]
    begin, head, size = part // number * QUERIES, part % number, width // number
    heads, scale = at.heads(board, layer), at.scale(board, layer)
    queries, keys, values = heads[0, head], heads[1, head], heads[2, head]
    room = at.own(board, at.SEEN, member, 1, board[at.CONTEXT])[0]
    mixed = at.own(board, at.FOUND, member, board[at.POSITIONS], board[at.ROOM])[0, :size]
    into = at.between(board, at.MIXED, layer, width)
    for position in range(begin, min(begin + QUERIES, count)):
        seen = board[at.START] + position + 1
        pattern = room[:seen]
        attend(queries[seen - 1], keys[:seen], values[:seen], scale, pattern, mixed)
        into[position, head * size : (head + 1) * size] = mixed
        if board[at.PATTERNS]:
            shape = (layer + 1, number, count, board[at.CAPACITY])
            carray(floats(board[at.PATTERNS]), shape)[layer, head, position, :seen] = pattern


@compiled
def _multiply_part(board: Any, member: int, layer: int, kind: int, part: int) -> None:
    """Multiply some rows of a matrix with its input, and put the products where they belong."""
    width, start, count = board[at.WIDTH], board[at.START], _positions(board, kind)
    matrix, rows, some = _matrix(board, layer, kind), _rows(board, kind), _size_of_part(board, layer, kind)
    begin, end = part * some, min((part + 1) * some, rows)
    found = at.own(board, at.FOUND, member, board[at.POSITIONS], board[at.ROOM])
    if kind == ATTENTION_OUT:
        inputs = at.between(board, at.MIXED, layer, width)
    elif kind == OUTER:
        inputs = at.between(board, at.INNERS, layer, board[at.INNER])
    else:
        inputs = at.own(board, at.NORMED, member, board[at.POSITIONS], width)
    multiply(board[at.FORM], matrix, begin, end, inputs, count, found)
    residual, between = at.residual(board), at.between(board, at.BETWEEN, layer, width)
    for position in range(count):
        values, place = found[position, : end - begin], start + position
        if kind == ATTENTION_IN:
            _put_heads(values, begin, at.heads(board, layer), place)
        elif kind == ATTENTION_OUT:
            add(residual[layer, place, begin:end], values, between[position, begin:end])
        elif kind == INNER:
            gelu(values)
            at.between(board, at.INNERS, layer, rows)[position, begin:end] = values
        elif kind == OUTER:
            add(between[position, begin:end], values, residual[layer + 1, place, begin:end])
        else:
            carray(floats(board[at.LOGITS]), (count, rows))[position, begin:end] = values


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


# Sharing


@compiled
def _phase(board: Any, phase: int) -> Any:
    """The address of what is counted there."""
    return board.ctypes.data + 8 * (board[at.PHASES] + board[at.A_PHASE] * phase)


@compiled
def _holds(board: Any, member: int) -> Any:
    return board.ctypes.data + 8 * (at.MEMBER + at.A_MEMBER * member + at.HOLDS)


@compiled
def _take(board: Any, member: int, phase: int, parts: int) -> Any:
    """The next part of a member's own share, which lies together; then of those of others."""
    members = board[at.MEMBERS]
    for other in range(members):
        whose = (member + other) % members
        begin, end = whose * parts // members, (whose + 1) * parts // members
        taken = _phase(board, phase) + 8 * (at.TAKEN + at.APART * whose)
        if looked_at(taken) < end - begin:
            part = begin + added(taken, 1)
            if part < end:
                return part
    return parts


@compiled
def _share(board: Any, member: int, phase: int, layer: int, kind: int) -> None:
    """Compute what all positions need of a matrix, or of attention, together with other members."""
    if kind == ATTEND:
        parts = -(-board[at.COUNT] // QUERIES) * board[at.HEADS]
    else:
        parts = -(-_rows(board, kind) // _size_of_part(board, layer, kind))
    finished = _phase(board, phase) + 8 * at.FINISHED
    prepared, looks, other = False, 0, 0
    while looked_at(finished) < parts:
        part, held, holds = _take(board, member, phase, parts), 0, _holds(board, member)
        if part < parts:
            held = (phase << 32) + part + 1
            put(holds, held)
        elif looks < PATIENCE:
            looks += 1
        else:  # what another member has taken and not finished is done once more
            other = (other + 1) % board[at.MEMBERS]
            holds = _holds(board, other)
            held = looked_at(holds)
            part = (held & 0xFFFF_FFFF) - 1
            if not held or held >> 32 != phase:
                held = 0
                offer_core()
        if held:
            if not prepared:
                _prepare(board, member, layer, kind)
                prepared = True
            if kind == ATTEND:
                _attend(board, member, layer, part)
            else:
                _multiply_part(board, member, layer, kind, part)
            if replaced(holds, held, 0):
                added(finished, 1)


@njit("void(int64[::1], int64, int64)", **OPTIONS)
def take_part(board: Any, member: int, number: int) -> None:
    """Compute the pass that ``board`` tells of: member 0 leads, others help.

    Who leads says so with the ticket ``number``, not 0, and returns when all have left the pass.
    Who helps takes part in every pass, until there was none when it was looked for ``number`` times.
    """
    # In one function with one place of each call: what is compiled is compiled again in all that call it.
    here, leads = board.ctypes.data, member == 0
    current, inside = here + 8 * at.TICKET, here + 8 * at.INSIDE
    if leads:
        board[board[at.PHASES] :] = 0
        if board[at.FIRST] == 0 and board[at.LAST] > 0:
            _embed(board)
        put(current, number)
    looks = known = 0
    while looks < number:
        ticket = looked_at(current)
        if ticket and ticket != known:
            added(inside, 1)
            if looked_at(current) == ticket and member < board[at.MEMBERS]:
                first = board[at.FIRST]
                blocks = (board[at.LAST] - first) * at.A_BLOCK
                for phase in range(blocks + (board[at.WANTED] > 0)):
                    kind = KINDS[phase % at.A_BLOCK] if phase < blocks else UNEMBEDDING
                    _share(board, member, phase, first + phase // at.A_BLOCK, kind)
            added(inside, -1)
            looks, known = 0, ticket
            if leads:
                break
        else:
            looks += 1
            rest()
            if looks % 16 == 0:
                offer_core()
    if leads:
        put(current, 0)
        while looked_at(inside):
            offer_core()
    else:
        put(here + 8 * (at.MEMBER + at.A_MEMBER * member + at.AWAKE), 0)
