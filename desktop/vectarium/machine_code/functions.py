"""What lies between the matrices of a model: layer norms, attention, activation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import carray

from vectarium.machine_code.compiling import compiled, exact, reordered
from vectarium.machine_code.intrinsics import as_float, floats

_LOG_2 = np.float32(0.693359375)  # to so few digits that whole multiples are exact (Cody and Waite, 1980)


@exact
def exp(value: Any) -> Any:
    """eˣ: 2 to a whole power, times the Taylor series of what is left. Above 88.7 it is infinite."""
    value = min(max(value, np.float32(-87)), np.float32(89))
    whole = math.floor(value * np.float32(1 / math.log(2)) + np.float32(0.5))
    left = value - whole * _LOG_2 - whole * np.float32(math.log(2) - _LOG_2)
    series = np.float32(1 / 720)
    for power in (120.0, 24.0, 6.0, 2.0, 1.0, 1.0):
        series = series * left + np.float32(1 / power)
    return series * as_float(np.int32((np.int32(whole) + 127) << 23))


@reordered
def gelu(values: Any) -> None:
    """GELU's approximation by tanh (Hendrycks and Gimpel, 2016): 1 + tanh(u) is 2 ÷ (1 + exp(-2u))."""
    factor, cubed, one = np.float32(2 * math.sqrt(2 / math.pi)), np.float32(0.044715), np.float32(1)
    for place in range(len(values)):
        value = values[place]
        twice = factor * (value + cubed * value * value * value)
        values[place] = value / (one + exp(-twice))


@reordered
def _normed(hidden: Any, weight: Any, bias: Any, epsilon: float, into: Any) -> None:
    """A layer norm of one position, [width]."""
    width = len(into)
    total = np.float32(0)
    for place in range(width):
        total += hidden[place]
    mean = total / np.float32(width)
    squares = np.float32(0)
    for place in range(width):
        squares += (hidden[place] - mean) * (hidden[place] - mean)
    factor = np.float32(1) / np.sqrt(squares / np.float32(width) + np.float32(epsilon))
    for place in range(width):
        into[place] = (hidden[place] - mean) * factor * weight[place] + bias[place]


@compiled
def norm(hidden: Any, addresses: Any, epsilon: float, into: Any) -> None:
    """A layer norm of some positions, [position, width]; ``addresses`` of its weights and biases."""
    width = into.shape[1]
    weight, bias = carray(floats(addresses[0]), (width,)), carray(floats(addresses[1]), (width,))
    for position in range(len(hidden)):
        _normed(hidden[position], weight, bias, epsilon, into[position])


@reordered
def attend(query: Any, keys: Any, values: Any, scale: float, pattern: Any, mixed: Any) -> None:
    """What one head of one position, [d_head], takes from the positions it sees, [position, d_head]."""
    count, width = len(keys), len(query)
    fours = count // 4 * 4  # what is read and written for one is there for three others
    for place in range(0, fours, 4):
        first = second = third = fourth = np.float32(0)
        for number in range(width):
            first += query[number] * keys[place, number]
            second += query[number] * keys[place + 1, number]
            third += query[number] * keys[place + 2, number]
            fourth += query[number] * keys[place + 3, number]
        pattern[place], pattern[place + 1] = first, second
        pattern[place + 2], pattern[place + 3] = third, fourth
    for place in range(fours, count):
        score = np.float32(0)
        for number in range(width):
            score += query[number] * keys[place, number]
        pattern[place] = score
    _softmax(pattern, scale)
    mixed[:] = np.float32(0)
    for place in range(0, fours, 4):
        one, two, three, four = pattern[place], pattern[place + 1], pattern[place + 2], pattern[place + 3]
        for number in range(width):
            mixed[number] += (one * values[place, number] + two * values[place + 1, number]) + (
                three * values[place + 2, number] + four * values[place + 3, number]
            )
    for place in range(fours, count):
        for number in range(width):
            mixed[number] += pattern[place] * values[place, number]


@reordered
def _softmax(pattern: Any, scale: float) -> None:
    """Make a pattern of scores that are not scaled yet, [key]."""
    highest = np.float32(-np.inf)
    for place in range(len(pattern)):
        pattern[place] *= np.float32(scale)
        highest = max(highest, pattern[place])
    total = np.float32(0)
    for place in range(len(pattern)):
        pattern[place] = exp(pattern[place] - highest)
        total += pattern[place]
    for place in range(len(pattern)):
        pattern[place] /= total


@compiled
def add(one: Any, other: Any, into: Any) -> None:
    """The sums of two rows of numbers."""
    for place in range(len(into)):
        into[place] = one[place] + other[place]


@reordered
def scale_and_shift(values: Any, scale: int, bias: int, begin: int) -> None:
    """Give products of rows from ``begin`` on, [row], what lies at two addresses; 0 for nothing."""
    end = begin + len(values)
    if scale:
        scales = carray(floats(scale), (end,))
        for place in range(len(values)):
            values[place] *= scales[begin + place]
    if bias:
        biases = carray(floats(bias), (end,))
        for place in range(len(values)):
            values[place] += biases[begin + place]
