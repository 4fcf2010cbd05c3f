"""What drawing a token needs of the logits: the first ranks, and what the weights of all sum to."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types

from vectarium.machine_code.compiling import OPTIONS, compiled, exact, reordered
from vectarium.machine_code.intrinsics import as_float, as_whole
from vectarium.machine_code.tiles import LANES

ROOM = 256
"""Tokens that `look` finds, at most."""

_COLUMNS = 1024
_POSITIVE = np.int32(0x7FFF_FFFF)
_LOWEST = -87.0  # of a weight of less than 1e-37, a sum of at least 1 sees nothing
_LOG_2 = 0.6931471803691238  # to so few digits that whole multiples are exact (Cody and Waite, 1980)
_REST = 1.9082149292705877e-10


@exact
def exp(value: float) -> float:
    """eˣ from -87 to 0, in float64: 2 to a whole power, times the Taylor series of what is left."""
    whole = math.floor(value * (1 / math.log(2)) + 0.5)
    left = value - whole * _LOG_2 - whole * _REST
    series = 1 / 6227020800
    for factorial in (479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1):
        series = series * left + 1 / factorial
    return series * np.float64(as_float(np.int32((np.int32(whole) + 127) << 23)))


@reordered
def _are_finite(logits: Any) -> Any:
    broken = np.float32(0)
    for place in range(len(logits)):
        broken += logits[place] * np.float32(0)
    return broken == 0


@reordered
def _sum(logits: Any, largest: Any, sums: Any) -> None:
    total = weighted = 0.0
    for place in range(len(logits)):
        below = max(np.float64(logits[place]) - np.float64(largest), _LOWEST)
        weight = exp(below)
        total += weight
        weighted += weight * below
    sums[0], sums[1] = total, weighted


@compiled
def _keys(logits: Any) -> Any:
    """Whole numbers that ascend where logits descend; 0 and -0 have the same. Of full rows of a table."""
    keys = np.empty(-(-len(logits) // _COLUMNS) * _COLUMNS, np.int32)
    for place in range(len(logits)):
        bits = as_whole(np.float32(0) - logits[place])
        keys[place] = bits ^ ((bits >> np.int32(31)) & _POSITIVE)
    keys[len(logits) :] = _POSITIVE
    return keys


@compiled
def _logit(key: Any) -> Any:
    """What has this key."""
    return np.float32(0) - as_float(key ^ ((key >> np.int32(31)) & _POSITIVE))


@compiled
def _lowest(keys: Any) -> Any:
    lowest = _POSITIVE
    for place in range(len(keys)):
        lowest = min(lowest, keys[place])
    return lowest


@compiled
def _border(keys: Any, lowest: Any, count: int) -> Any:
    """A key that at least ``count`` of them do not exceed, and not many more."""
    # Where so many columns of a table do not exceed it, there are at least as many cells.
    columns = keys[:_COLUMNS].copy()
    for begin in range(_COLUMNS, len(keys), _COLUMNS):
        for column in range(_COLUMNS):
            columns[column] = min(columns[column], keys[begin + column])
    low, high = np.int64(lowest), np.int64(_POSITIVE)
    while low < high:
        middle, reached = np.int32((low + high) >> 1), np.int32(0)
        for column in range(_COLUMNS):
            reached += np.int32(columns[column] <= middle)
        if reached < count:
            low = np.int64(middle) + 1
        else:
            high = np.int64(middle)
            if reached <= count + count // 8:
                break
    return np.int32(high)


@compiled
def _collect(keys: Any, border: Any, found: Any) -> Any:
    """Fill ``found`` with key and token of what does not exceed a border, as far as there is room."""
    count = 0
    for begin in range(0, len(keys), LANES):
        lowest = _POSITIVE
        for place in range(LANES):
            lowest = min(lowest, keys[begin + place])
        if lowest <= border:
            for token in range(begin, begin + LANES):
                if keys[token] <= border and count < len(found):
                    found[count] = (np.int64(keys[token]) << 32) | token
                    count += 1
    return count


@compiled
def _sort(keys: Any) -> None:
    """In place, by Shell's method with Ciura's gaps (2001): to begin with others takes longer than so few."""
    for gap in (132, 57, 23, 10, 4, 1):
        for place in range(gap, len(keys)):
            key, to = keys[place], place
            while to >= gap and keys[to - gap] > key:
                keys[to] = keys[to - gap]
                to -= gap
            keys[to] = key


_LOGITS = types.Array(types.float32, 1, "C", readonly=True)


@njit(types.int64(_LOGITS, types.int64, types.int64[::1], types.float64[::1]), **OPTIONS)
def look(logits: Any, count: int, ids: Any, sums: Any) -> Any:
    """Find the first ranks of ``logits``, [token]: by descending logit, equal ones by ascending id.

    Fills ``ids``, [`ROOM`], and returns how many, at least ``count``; ``sums`` are Σ weight and
    Σ weight · below, of weight = exp(below) and below = logit - largest. Returns 0 for a smaller vocabulary,
    for logits that are not finite, and where the border between ranks has more on it than there is room for.
    """
    if len(logits) < count or not _are_finite(logits):
        return 0
    keys = _keys(logits)
    lowest = _lowest(keys)
    _sum(logits, _logit(lowest), sums)
    found = _collect(keys, _border(keys, lowest, count), ids)
    if found == len(ids):
        return 0
    _sort(ids[:found])
    for place in range(found):
        ids[place] &= 0xFFFF_FFFF
    return found
