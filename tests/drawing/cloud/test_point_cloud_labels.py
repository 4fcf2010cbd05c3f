"""Which points may get a label, against a count cell by cell."""

import numpy as np
import pytest

from vectarium.drawing.cloud import point_cloud_labels as labels
from vectarium.drawing.cloud.point_cloud_camera import Projected

CELL, SIZE = (120.0, 46.0), (700.0, 420.0)


@pytest.fixture(scope="module")
def projected() -> Projected:
    """20,000 points, more than are looked at at once; dense in the middle, some outside, some behind."""
    random = np.random.default_rng(4)
    x, y = (random.normal((350.0, 210.0), 90, (20_000, 2))).astype(np.float32).T
    x[::50], y[::50] = random.uniform(-100, 800, 400), random.uniform(-100, 500, 400)
    x[7::500] = y[7::500] = np.nan
    return Projected(x, y, np.ones(20_000, np.float32))


@pytest.mark.parametrize("step", [1, 3])
def test_the_first_point_of_every_cell_is_a_candidate(projected, step):
    among = np.arange(0, 20_000, step)
    expected: dict[tuple[int, int], int] = {}
    for row in among.tolist():
        x, y = float(projected.x[row]), float(projected.y[row])
        if 0 <= x < SIZE[0] and 0 <= y < SIZE[1]:
            expected.setdefault((int(x // CELL[0]), int(y // CELL[1])), row)
    found = list(labels.candidates(projected, *SIZE, CELL, among))
    assert found == sorted(expected.values())
    assert found[-1] > 4096  # not all of them are among the first


def test_no_point_is_looked_at_before_it_is_asked_for(projected):
    asked = labels.candidates(projected, *SIZE, CELL, np.array([*range(4096), 10**9]))
    assert next(asked) == 0
    with pytest.raises(IndexError):
        list(asked)
