"""The first ranks in machine code, against those that NumPy finds."""

import math

import numpy as np
import pytest
from numba import njit

from vectarium.machine_code import ranks
from vectarium.ranking import LEADING, rank, read_only
from vectarium.softmax import entropy_bits, sums


def looked(logits):
    found, numbers = np.empty(ranks.ROOM, np.int64), np.empty(2)
    count = ranks.look(read_only(logits.astype(np.float32)), LEADING, found, numbers)
    return found[:count].tolist(), numbers.tolist()


@njit
def exponential(values):
    return np.array([ranks.exp(value) for value in values])


def test_the_exponential_function():
    values = np.concatenate((np.linspace(-87, 0, 100_001), -np.geomspace(1e-300, 1, 1000)))
    assert exponential(values) == pytest.approx(np.exp(values), rel=5e-16)
    assert exponential(np.zeros(1))[0] == 1


@pytest.mark.parametrize("size", [LEADING, LEADING + 1, 1000, 1024, 1500, 4096, 50_257])
@pytest.mark.parametrize("spread", [0.01, 3, 200])
def test_what_is_found_is_what_numpy_finds(size, spread):
    logits = (np.random.default_rng(size).normal(size=size) * spread).astype(np.float32)
    found, (total, weighted) = looked(logits)
    assert LEADING <= len(found) <= ranks.ROOM
    assert found == rank(logits).order[: len(found)].tolist()
    expected = sums(logits, float(logits.max()), 1.0)
    assert total == pytest.approx(expected.total, rel=1e-14)
    assert entropy_bits(total, weighted) == pytest.approx(expected.entropy_bits, rel=1e-12, abs=1e-14)


def test_equal_logits_rank_by_token():
    random = np.random.default_rng(0)
    logits = np.round(random.normal(size=4096) * 40)
    logits[random.random(4096) < 0.1] = -0.0
    found, _ = looked(logits)
    assert found == rank(logits).order[: len(found)].tolist()


def test_what_is_almost_impossible_adds_nothing():
    logits = np.linspace(-1e30, -2e30, 500)
    logits[77] = 5
    found, (total, weighted) = looked(np.concatenate((logits, [4])))
    assert found[:3] == [77, 500, 0]
    assert (total, weighted) == pytest.approx((1 + math.exp(-1), -math.exp(-1)), rel=1e-15)


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_left_to_others(broken):
    logits = np.random.default_rng(0).normal(size=4096)
    logits[4000] = broken
    assert looked(logits)[0] == []


def test_too_many_equal_logits_are_left_to_others():
    assert looked(np.zeros(4096))[0] == []
    assert looked(np.zeros(LEADING - 1))[0] == []
