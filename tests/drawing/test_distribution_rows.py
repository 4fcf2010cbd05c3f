"""How a probability is written."""

import pytest

from vectarium.drawing.distribution_rows import percent


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100.0 %"),
        (0.99999, "> 99.9 %"),
        (0.9994, "99.9 %"),
        (0.52, "52.0 %"),
        (0.0031, "0.31 %"),
        (0.00004, "0.0040 %"),
        (1e-9, "< 0.0001 %"),
    ],
)
def test_percent(share, text):
    assert percent(share) == text
