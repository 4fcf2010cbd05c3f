"""Colours of attention, and pictures with fewer cells than weights."""

import numpy as np
import pytest

from vectarium.drawing.heads.head_colors import strongest


@pytest.mark.parametrize("size", [1, 2, 7, 12, 13])
@pytest.mark.parametrize("step", [1, 2, 5, 12, 20])
@pytest.mark.parametrize("of", [np.maximum, np.minimum])
def test_of_neighbours_the_strongest_stays(size, step, of):
    weights = np.random.default_rng(size).random((3, size, size + 2), np.float32)
    before = weights.copy()
    found = strongest(weights, step, (-2, -1), of)
    rows, columns = (np.arange(0, length, step) for length in weights.shape[1:])
    assert np.array_equal(found, of.reduceat(of.reduceat(weights, rows, axis=1), columns, axis=2))
    assert np.array_equal(weights, before)
