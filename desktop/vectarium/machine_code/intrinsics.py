"""What machine code needs and Numba has no words for: addresses, and numbers that threads share.

Each is written in the language of LLVM, which Numba compiles to.
"""

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

FLOAT, BYTE, INT32, INT64 = ir.FloatType(), ir.IntType(8), ir.IntType(32), ir.IntType(64)


def pointer(builder: Any, address: Any, kind: Any) -> Any:
    return builder.inttoptr(address, kind.as_pointer())


@intrinsic
def floats(context: Any, address: Any) -> Any:
    """A pointer to float32 at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return pointer(builder, arguments[0], FLOAT)

    return types.CPointer(types.float32)(types.int64), generate


@intrinsic
def wholes(context: Any, address: Any) -> Any:
    """A pointer to whole numbers of 64 bits at an address."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return pointer(builder, arguments[0], INT64)

    return types.CPointer(types.int64)(types.int64), generate


@intrinsic
def added(context: Any, address: Any, more: Any) -> Any:
    """Add to a whole number that several threads count with; what it was before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, more = arguments
        return builder.atomic_rmw("add", pointer(builder, address, INT64), more, "seq_cst")

    return types.int64(types.int64, types.int64), generate


@intrinsic
def looked_at(context: Any, address: Any) -> Any:
    """A whole number that several threads count with."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(pointer(builder, arguments[0], INT64), "seq_cst", 8)

    return types.int64(types.int64), generate


@intrinsic
def put(context: Any, address: Any, value: Any) -> Any:
    """Write a whole number that several threads count with."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, value = arguments
        builder.store_atomic(value, pointer(builder, address, INT64), "seq_cst", 8)
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), generate


@intrinsic
def replaced(context: Any, address: Any, old: Any, new: Any) -> Any:
    """Write a whole number where the old one still stands; whether it did."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, old, new = arguments
        found = builder.cmpxchg(pointer(builder, address, INT64), old, new, "seq_cst", "seq_cst")
        return builder.extract_value(found, 1)

    return types.boolean(types.int64, types.int64, types.int64), generate


@intrinsic
def as_float(context: Any, bits: Any) -> Any:
    """The float32 that has these 32 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], FLOAT)

    return types.float32(types.int32), generate


@intrinsic
def as_whole(context: Any, number: Any) -> Any:
    """The 32 bits of a float32."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], INT32)

    return types.int32(types.float32), generate


@intrinsic
def rest(context: Any) -> Any:
    """Leave a moment to another thread that computes on the same core, where the processor can."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if platform.machine().lower() in ("x86_64", "amd64"):
            builder.call(function(builder, "llvm.x86.sse2.pause", ir.VoidType()), [])
        return context.get_dummy_value()

    return types.none(), generate


@intrinsic
def offer_core(context: Any) -> Any:
    """Let another thread have this core, if one is waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        name = "SwitchToThread" if platform.system() == "Windows" else "sched_yield"
        builder.call(function(builder, name, INT32), [])
        return context.get_dummy_value()

    return types.none(), generate


def function(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    kind = ir.FunctionType(result, arguments)
    return builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
