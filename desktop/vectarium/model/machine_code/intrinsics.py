"""What machine code needs and Numba has no words for: products of weights, and numbers that threads share.

Each is written in the language of LLVM, which Numba compiles to.
"""

from __future__ import annotations

import platform
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

FEATURES = llvm.get_host_cpu_features()
LANES = 16 if FEATURES.get("avx512f") else 8
"""Weights of a row that are multiplied at once."""
ROWS = 2
"""Of a tile."""
TOGETHER = 4
"""Positions of a tile, at most."""

FLOAT32, FLOAT16, INT8 = 0, 1, 2
TAKES_FLOAT16 = bool(FEATURES.get("f16c")) or platform.machine() in ("arm64", "aarch64")
"""Whether this processor makes float32 of float16 by itself."""

_FLOAT, _BYTE, _INT32, _INT64 = ir.FloatType(), ir.IntType(8), ir.IntType(32), ir.IntType(64)
_STORED = ((_FLOAT, 4), (ir.HalfType(), 2) if TAKES_FLOAT16 else (_FLOAT, 4), (_BYTE, 1))


def _pointer(builder: Any, address: Any, kind: Any) -> Any:
    return builder.inttoptr(address, kind.as_pointer())


@intrinsic
def floats(context: Any, address: Any) -> Any:
    """A pointer to float32 at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _pointer(builder, arguments[0], _FLOAT)

    return types.CPointer(types.float32)(types.int64), generate


@intrinsic
def wholes(context: Any, address: Any) -> Any:
    """A pointer to whole numbers of 64 bits at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _pointer(builder, arguments[0], _INT64)

    return types.CPointer(types.int64)(types.int64), generate


@intrinsic
def added(context: Any, address: Any, more: Any) -> Any:
    """Add to a whole number that several threads count with; what it was before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, more = arguments
        return builder.atomic_rmw("add", _pointer(builder, address, _INT64), more, "seq_cst")

    return types.int64(types.int64, types.int64), generate


@intrinsic
def looked_at(context: Any, address: Any) -> Any:
    """A whole number that several threads count with."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_pointer(builder, arguments[0], _INT64), "seq_cst", 8)

    return types.int64(types.int64), generate


@intrinsic
def put(context: Any, address: Any, value: Any) -> Any:
    """Write a whole number that several threads count with."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, value = arguments
        builder.store_atomic(value, _pointer(builder, address, _INT64), "seq_cst", 8)
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), generate


@intrinsic
def replaced(context: Any, address: Any, old: Any, new: Any) -> Any:
    """Write a whole number where the old one still stands; whether it did."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, old, new = arguments
        found = builder.cmpxchg(_pointer(builder, address, _INT64), old, new, "seq_cst", "seq_cst")
        return builder.extract_value(found, 1)

    return types.boolean(types.int64, types.int64, types.int64), generate


@intrinsic
def as_float(context: Any, bits: Any) -> Any:
    """The float32 that has these 32 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], _FLOAT)

    return types.float32(types.int32), generate


@intrinsic
def rest(context: Any) -> Any:
    """Leave a moment to another thread that computes on the same core, where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if platform.machine().lower() in ("x86_64", "amd64"):
            builder.call(_function(builder, "llvm.x86.sse2.pause", ir.VoidType()), [])
        return context.get_dummy_value()

    return types.none(), generate


@intrinsic
def offer_core(context: Any) -> Any:
    """Let another thread have this core, if one is waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        name = "SwitchToThread" if platform.system() == "Windows" else "sched_yield"
        builder.call(_function(builder, name, _INT32), [])
        return context.get_dummy_value()

    return types.none(), generate


@intrinsic
def tile(
    context: Any,
    form: Any,
    count: Any,
    weights: Any,
    beside: Any,
    step: Any,
    ahead: Any,
    width: Any,
    inputs: Any,
    sums: Any,
    apart: Any,
) -> Any:
    """Two rows of weights times ``count`` rows of inputs, [position, width]; into sums, [position, row].

    All are addresses, and distances in bytes: ``beside`` from one row to the other, ``step`` from some
    `LANES` weights to the next ones, ``ahead`` to those that will be wanted a little later, ``apart`` from
    the sums of a position to those of the next. Every sum is made in the same order whatever ``count`` is.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        form, count, *others = arguments
        after = builder.function.append_basic_block()
        case = builder.add(builder.mul(form, _INT64(TOGETHER)), count)
        switch = builder.switch(case, after)
        for number, (stored, size) in enumerate(_STORED):
            for positions in range(1, TOGETHER + 1):
                block = builder.function.append_basic_block()
                switch.add_case(_INT64(number * TOGETHER + positions), block)
                builder.position_at_end(block)
                _multiply_tile(builder, stored, size, positions, *others)
                builder.branch(after)
        builder.position_at_end(after)
        return context.get_dummy_value()

    return types.none(*(types.int64,) * 10), generate


def _multiply_tile(
    builder: Any,
    stored: Any,
    size: int,
    count: int,
    weights: Any,
    beside: Any,
    step: Any,
    ahead: Any,
    width: Any,
    inputs: Any,
    sums: Any,
    apart: Any,
) -> None:
    vector = ir.VectorType(_FLOAT, LANES)
    rows = [builder.add(weights, builder.mul(beside, _INT64(row))) for row in range(ROWS)]
    size_given = builder.mul(width, _INT64(4))
    given = [builder.add(inputs, builder.mul(size_given, _INT64(position))) for position in range(count)]
    before, body, after = builder.block, *(builder.function.append_basic_block() for _ in range(2))
    builder.branch(body)
    builder.position_at_end(body)
    place, offset = builder.phi(_INT64), builder.phi(_INT64)
    totals = [[builder.phi(vector) for _ in rows] for _ in given]
    addresses = [builder.add(row, offset) for row in rows]
    matrix = [_widened(builder, address, stored, size) for address in addresses]
    for address in addresses:
        to_read, soon, data = _INT32(0), _INT32(3), _INT32(1)
        wanted = builder.inttoptr(builder.add(address, ahead), _BYTE.as_pointer())
        fetch = _function(
            builder, "llvm.prefetch.p0", ir.VoidType(), _BYTE.as_pointer(), _INT32, _INT32, _INT32
        )
        builder.call(fetch, [wanted, to_read, soon, data])
    results = []
    for start, row_totals in zip(given, totals, strict=True):
        at = builder.add(start, builder.mul(place, _INT64(4)))
        values = builder.load(_pointer(builder, at, vector), align=4)
        for row, total in zip(matrix, row_totals, strict=True):
            product = builder.fmul(row, values, flags=("contract",))
            results.append((total, builder.fadd(product, total, flags=("contract",))))
    further = builder.add(place, _INT64(LANES))
    zeros = ir.Constant(vector, [0.0] * LANES)
    flow = [(total, zeros, result) for total, result in results]
    flow += [(place, _INT64(0), further), (offset, _INT64(0), builder.add(offset, step))]
    for value, first, later in flow:
        value.add_incoming(first, before)
        value.add_incoming(later, body)
    builder.cbranch(builder.icmp_signed("<", further, width), body, after)
    builder.position_at_end(after)
    for number, (_, result) in enumerate(results):
        position, row = divmod(number, ROWS)
        target = builder.add(sums, builder.add(builder.mul(apart, _INT64(position)), _INT64(4 * row)))
        builder.store(_summed(builder, result), _pointer(builder, target, _FLOAT))


def _function(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    kind = ir.FunctionType(result, arguments)
    return builder.module.globals.get(name) or ir.Function(builder.module, kind, name)


def _widened(builder: Any, address: Any, stored: Any, size: int) -> Any:
    weights = builder.load(_pointer(builder, address, ir.VectorType(stored, LANES)), align=size)
    if stored == _FLOAT:
        return weights
    widen = builder.sitofp if stored == _BYTE else builder.fpext
    return widen(weights, ir.VectorType(_FLOAT, LANES))


def _summed(builder: Any, lanes: Any) -> Any:
    half = LANES // 2
    while half:
        low, high = (
            ir.Constant(ir.VectorType(_INT32, half), list(range(start, start + half))) for start in (0, half)
        )
        lanes = builder.fadd(*(builder.shuffle_vector(lanes, lanes, some) for some in (low, high)))
        half //= 2
    return builder.extract_element(lanes, _INT32(0))
