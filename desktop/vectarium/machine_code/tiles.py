"""Products of some rows of weights with some positions, as Numba has no words for them.

Written in the language of LLVM, which Numba compiles to.
"""

from __future__ import annotations

import platform
from functools import partial
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from vectarium.machine_code.intrinsics import BYTE, FLOAT, INT32, INT64, function, pointer

FEATURES = llvm.get_host_cpu_features()
LANES = 16 if FEATURES.get("avx512f") else 8
"""Weights of a row that are multiplied at once."""
# As many sums as the processor has room for beside what it adds:
SUMS = 24 if FEATURES.get("avx512f") else 8
"""Rows of a tile times positions, at most."""
ROWS = 8
"""Of a tile, at most."""
TOGETHER = 8
"""Positions of a tile, at most."""
WIDE_ROWS, WIDE_TOGETHER = (4, 6) if FEATURES.get("avx512f") else (2, 4)
"""The same of a tile for many positions, where weights are near."""

FLOAT32, FLOAT16, INT8 = 0, 1, 2
TAKES_FLOAT16 = bool(FEATURES.get("f16c")) or platform.machine() in ("arm64", "aarch64")
"""Whether this processor makes float32 of float16 by itself."""

_STORED = ((FLOAT, 4), (ir.HalfType(), 2) if TAKES_FLOAT16 else (FLOAT, 4), (BYTE, 1))
_AHEAD = 512  # bytes from what is read to what is asked for


def rows_for(count: int) -> int:
    """How many rows a tile has for so many positions."""
    return min(ROWS, SUMS // count)


@intrinsic
def tile(
    context: Any,
    form: Any,
    rows: Any,
    count: Any,
    weights: Any,
    far: Any,
    length: Any,
    inputs: Any,
    width: Any,
    sums: Any,
    apart: Any,
    far_sums: Any,
) -> Any:
    """The next ``length`` weights of some rows times ``count`` rows of inputs; onto sums, [position, row].

    There are as many ``rows`` as `rows_for` says, or one; their weights have the number type ``form``. All
    others are addresses, and distances in bytes: ``far`` from one row to the next, ``width`` from the inputs
    of a position to those of the next, ``apart`` from its sums to theirs, ``far_sums`` from the sum of a row
    to that of the next. Every sum is made in the same order whatever ``rows`` and ``count`` are.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        form, rows, count, weights, far, length, inputs, width, sums, apart, far_sums = arguments

        def multiply(number: int, rows: int, count: int) -> None:
            begins = _row_of(builder, weights, far, rows)
            of_positions = _row_of(builder, sums, apart, count)
            targets = [each for begin in of_positions for each in _row_of(builder, begin, far_sums, rows)]

            def fetch(offset: Any) -> None:
                for begin in begins:
                    _fetch(builder, builder.add(begin, builder.add(offset, INT64(_AHEAD))), 3)

            given = _row_of(builder, inputs, width, count)
            _multiply(builder, *_STORED[number], begins, fetch, length, given, targets)

        cases = {
            _case(number, together, positions): partial(multiply, number, together, positions)
            for number in range(len(_STORED))
            for positions in range(1, TOGETHER + 1)
            for together in (1, rows_for(positions))
        }
        several = builder.zext(builder.icmp_signed(">", rows, INT64(1)), INT64)
        which = builder.add(builder.mul(form, INT64(2)), several)
        _choose(builder, builder.add(builder.mul(which, INT64(TOGETHER + 1)), count), cases)
        return context.get_dummy_value()

    return types.none(*(types.int64,) * 11), generate


def _case(form: int, rows: int, count: int) -> int:
    return (2 * form + (rows > 1)) * (TOGETHER + 1) + count


@intrinsic
def wide_tile(
    context: Any,
    count: Any,
    weights: Any,
    beside: Any,
    wanted: Any,
    length: Any,
    inputs: Any,
    width: Any,
    sums: Any,
    apart: Any,
) -> Any:
    """`WIDE_ROWS` rows of float32 weights times up to `WIDE_TOGETHER` rows of inputs, else like `tile`.

    The rows lie ``beside`` each other, and so do their sums. ``wanted`` is the address of as many weights of
    one row, which will be wanted later.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        count, weights, beside, wanted, length, inputs, width, sums, apart = arguments
        ahead = builder.mul(beside, INT64(WIDE_ROWS))

        def multiply(count: int) -> None:
            begins = _row_of(builder, weights, beside, WIDE_ROWS)

            def fetch(offset: Any) -> None:
                for begin in begins:
                    _fetch(builder, builder.add(begin, builder.add(offset, ahead)), 3)
                _fetch(builder, builder.add(wanted, builder.lshr(offset, INT64(1))), 2)

            given, targets = _row_of(builder, inputs, width, count), _row_of(builder, sums, apart, count)
            _multiply(builder, *_STORED[FLOAT32], begins, fetch, length, given, targets)

        _choose(builder, count, {some: partial(multiply, some) for some in range(1, WIDE_TOGETHER + 1)})
        return context.get_dummy_value()

    return types.none(*(types.int64,) * 9), generate


def _row_of(builder: Any, first: Any, apart: Any, count: int) -> list[Any]:
    """So many addresses."""
    return [builder.add(first, builder.mul(apart, INT64(number))) for number in range(count)]


def _choose(builder: Any, number: Any, cases: Any) -> None:
    """Do what belongs to a number."""
    after = builder.function.append_basic_block()
    switch = builder.switch(number, after)
    for case, multiply in cases.items():
        block = builder.function.append_basic_block()
        switch.add_case(INT64(case), block)
        builder.position_at_end(block)
        multiply()
        builder.branch(after)
    builder.position_at_end(after)


def _multiply(
    builder: Any,
    stored: Any,
    size: int,
    begins: Any,
    fetch: Any,
    length: Any,
    given: Any,
    targets: Any,
) -> None:
    """Rows of weights times inputs, which begin at these addresses.

    ``fetch`` asks for later weights, given how many bytes of each row were read. At each of the ``targets``
    stand equally many sums, [position, row].
    """
    vector = ir.VectorType(FLOAT, LANES)
    before, body, after = builder.block, *(builder.function.append_basic_block() for _ in range(2))
    builder.branch(body)
    builder.position_at_end(body)
    column, offset = builder.phi(INT64), builder.phi(INT64)
    totals = [[builder.phi(vector) for _ in begins] for _ in given]
    matrix = [_widened(builder, builder.add(begin, offset), stored, size) for begin in begins]
    fetch(offset)
    results = []
    for start, row_totals in zip(given, totals, strict=True):
        at = builder.add(start, builder.mul(column, INT64(4)))
        values = builder.load(pointer(builder, at, vector), align=4)
        for row, total in zip(matrix, row_totals, strict=True):
            product = builder.fmul(row, values, flags=("contract",))
            results.append((total, builder.fadd(product, total, flags=("contract",))))
    further = builder.add(column, INT64(LANES))
    zeros = ir.Constant(vector, [0.0] * LANES)
    flow = [(total, zeros, result) for total, result in results]
    flow += [(column, INT64(0), further), (offset, INT64(0), builder.add(offset, INT64(LANES * size)))]
    for value, first, next_one in flow:
        value.add_incoming(first, before)
        value.add_incoming(next_one, body)
    builder.cbranch(builder.icmp_signed("<", further, length), body, after)
    builder.position_at_end(after)
    summed = _summed(builder, [result for _, result in results])
    together = len(results) // len(targets)
    for number, address in enumerate(targets):
        vectors, lane = divmod(number * together, LANES)
        lanes = ir.Constant(ir.VectorType(INT32, together), list(range(lane, lane + together)))
        found = builder.shuffle_vector(summed[vectors], summed[vectors], lanes)
        target = pointer(builder, address, found.type)
        builder.store(builder.fadd(builder.load(target, align=4), found), target, align=4)


def _fetch(builder: Any, address: Any, how_near: int) -> None:
    """Ask for what lies at an address: 3 is next to the core, 2 a little further away."""
    fetch = function(builder, "llvm.prefetch.p0", ir.VoidType(), BYTE.as_pointer(), INT32, INT32, INT32)
    to_read, data = INT32(0), INT32(1)
    builder.call(fetch, [builder.inttoptr(address, BYTE.as_pointer()), to_read, INT32(how_near), data])


def _widened(builder: Any, address: Any, stored: Any, size: int) -> Any:
    weights = builder.load(pointer(builder, address, ir.VectorType(stored, LANES)), align=size)
    if stored == FLOAT:
        return weights
    widen = builder.sitofp if stored == BYTE else builder.fpext
    return widen(weights, ir.VectorType(FLOAT, LANES))


def _summed(builder: Any, vectors: Any) -> Any:
    """The sum of each vector, one a lane: of the halves of its lanes, of the halves of those, and so on."""
    lanes = LANES  # that are left of each
    while lanes > 1:
        half, kinds = lanes // 2, ir.VectorType(INT32, LANES)
        starts = range(0, 2 * LANES, lanes)
        low, high = (
            ir.Constant(kinds, [start + place + lane for start in starts for lane in range(half)])
            for place in (0, half)
        )
        pairs = [
            (vectors[place], vectors[min(place + 1, len(vectors) - 1)]) for place in range(0, len(vectors), 2)
        ]
        vectors = [
            builder.fadd(*(builder.shuffle_vector(*pair, some) for some in (low, high))) for pair in pairs
        ]
        lanes = half
    return vectors
