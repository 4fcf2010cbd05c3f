"""Products of short numbers, against NumPy's of long ones."""

import numpy as np
import pytest

from vectarium.machine_code import products


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (200, 64), (50, 769)])
def test_dots(shape):
    random = np.random.default_rng(shape)
    vectors = random.integers(-127, 128, shape, np.int8)
    query = random.integers(-20_000, 20_001, shape[1]).astype(np.int16)
    found = np.empty(shape[0], np.int32)
    products.dots(vectors, query, found)
    assert np.array_equal(found, vectors.astype(np.int64) @ query.astype(np.int64))
