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

from vectarium.model.machine_code.intrinsics import BYTE, FLOAT, INT32, INT64, function, pointer

FEATURES = llvm.get_host_cpu_features()
LANES = 16 if FEATURES.get("avx512f") else 8
"""Weights of a row that are multiplied at once."""
ROWS = 2
"""Of a tile."""
# As many sums as the processor has room for beside what it adds:
TOGETHER = 8 if FEATURES.get("avx512f") else 4
"""Positions of a tile, at most."""
WIDE_ROWS, WIDE_TOGETHER = (4, 6) if FEATURES.get("avx512f") else (ROWS, TOGETHER)
"""The same of a tile for many positions, where weights are near."""

FLOAT32, FLOAT16, INT8 = 0, 1, 2
TAKES_FLOAT16 = bool(FEATURES.get("f16c")) or platform.machine() in ("arm64", "aarch64")
"""Whether this processor makes float32 of float16 by itself."""

_STORED = ((FLOAT, 4), (ir.HalfType(), 2) if TAKES_FLOAT16 else (FLOAT, 4), (BYTE, 1))


@intrinsic
def tile(
    context: Any,
    form: Any,
    count: Any,
    weights: Any,
    beside: Any,
    far: Any,
    step: Any,
    ahead: Any,
    length: Any,
    inputs: Any,
    width: Any,
    sums: Any,
    apart: Any,
    far_sums: Any,
) -> Any:
    """The next ``length`` weights of two rows times ``count`` rows of inputs; onto sums, [position, row].

    Of four rows where ``far`` is not 0, the distance to the other two, whose sums are ``far_sums`` away; for
    half as many inputs. Memory gives more to who reads from two places at once.
    All are addresses, and distances in bytes: ``beside`` from one row to the other, ``step`` from some
    `LANES` weights to the next ones, ``ahead`` to those that will be wanted a little later, ``width`` from
    the inputs of a position to those of the next, ``apart`` from its sums to theirs. Every sum is made in the
    same order whatever ``count`` is.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        form, count, weights, beside, far, *others, far_sums = arguments
        cases = []
        for number, (stored, size) in enumerate(_STORED):
            for pairs in (1, 2):
                for positions in range(1, TOGETHER // pairs + 1):
                    multiply = partial(_multiply_tile, stored, size, positions, None)
                    if pairs == 1:
                        multiply = partial(multiply, (INT64(0), beside), (INT64(0),))
                    else:
                        rows = INT64(0), beside, far, builder.add(far, beside)
                        multiply = partial(multiply, rows, (INT64(0), far_sums))
                    cases.append(((2 * number + pairs - 1) * TOGETHER + positions, multiply))
        both = builder.zext(builder.icmp_signed("!=", far, INT64(0)), INT64)
        which = builder.add(builder.mul(form, INT64(2)), both)
        case = builder.add(builder.mul(which, INT64(TOGETHER)), count)
        _choose(builder, case, cases, [weights, *others])
        return context.get_dummy_value()

    return types.none(*(types.int64,) * 13), generate


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

    Every sum is made in the same order as there. ``wanted`` is the address of as many weights of one row,
    which will be wanted later.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        count, weights, beside, wanted, *others = arguments
        step, ahead = INT64(4 * LANES), builder.mul(beside, INT64(WIDE_ROWS))
        rows = [builder.mul(beside, INT64(row)) for row in range(WIDE_ROWS)]
        cases = [
            (positions, partial(_multiply_tile, *_STORED[FLOAT32], positions, wanted, rows, (INT64(0),)))
            for positions in range(1, WIDE_TOGETHER + 1)
        ]
        _choose(builder, count, cases, [weights, step, ahead, *others])
        return context.get_dummy_value()

    return types.none(*(types.int64,) * 9), generate


def _choose(builder: Any, case: Any, cases: Any, arguments: Any) -> None:
    """Do what belongs to a number, with ``arguments``."""
    after = builder.function.append_basic_block()
    switch = builder.switch(case, after)
    for number, multiply in cases:
        block = builder.function.append_basic_block()
        switch.add_case(INT64(number), block)
        builder.position_at_end(block)
        multiply(builder, *arguments)
        builder.branch(after)
    builder.position_at_end(after)


def _multiply_tile(
    stored: Any,
    size: int,
    count: int,
    wanted: Any,
    rows: Any,
    places: Any,
    builder: Any,
    weights: Any,
    step: Any,
    ahead: Any,
    length: Any,
    inputs: Any,
    width: Any,
    sums: Any,
    apart: Any,
) -> None:
    """``rows`` are distances to rows of weights, ``places`` to where the sums of as many of them stand."""
    vector = ir.VectorType(FLOAT, LANES)
    begins = [builder.add(weights, row) for row in rows]
    given = [builder.add(inputs, builder.mul(width, INT64(position))) for position in range(count)]
    before, body, after = builder.block, *(builder.function.append_basic_block() for _ in range(2))
    builder.branch(body)
    builder.position_at_end(body)
    column, offset = builder.phi(INT64), builder.phi(INT64)
    totals = [[builder.phi(vector) for _ in begins] for _ in given]
    addresses = [builder.add(begin, offset) for begin in begins]
    matrix = [_widened(builder, address, stored, size) for address in addresses]
    for address in addresses:
        _fetch(builder, builder.add(address, ahead), 3)
    if wanted is not None:
        _fetch(builder, builder.add(wanted, builder.lshr(offset, INT64(1))), 2)
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
    flow += [(column, INT64(0), further), (offset, INT64(0), builder.add(offset, step))]
    for value, first, next_one in flow:
        value.add_incoming(first, before)
        value.add_incoming(next_one, body)
    builder.cbranch(builder.icmp_signed("<", further, length), body, after)
    builder.position_at_end(after)
    summed = _summed(builder, [result for _, result in results])
    together = len(rows) // len(places)
    for number in range(count * len(places)):
        position, place = divmod(number, len(places))
        vectors, lane = divmod(number * together, LANES)
        lanes = ir.Constant(ir.VectorType(INT32, together), list(range(lane, lane + together)))
        found = builder.shuffle_vector(summed[vectors], summed[vectors], lanes)
        address = builder.add(builder.add(sums, places[place]), builder.mul(apart, INT64(position)))
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
