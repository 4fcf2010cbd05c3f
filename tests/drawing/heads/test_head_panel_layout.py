"""How the panel of one head shares its room out."""

import pytest

from vectarium.drawing.heads.head_panel_layout import ALL, NONE, STAGES, Arrangement, arrangement
from vectarium.drawing.palette import DARK, Look


@pytest.mark.parametrize(
    ("size", "arranged"),
    [
        ((1100, 820), Arrangement(258, True, ALL)),  # wide: the arithmetic beside the matrix
        ((500, 900), Arrangement(0, True, ALL)),  # high: below it
        ((540, 400), Arrangement(110, False, ALL)),  # only buttons beside it
        ((320, 300), Arrangement(0, False, STAGES)),
        ((300, 200), Arrangement(0, False, NONE)),
    ],
)
@pytest.mark.parametrize("zoom", [1.0, 2.0])
def test_the_matrix_gets_the_most(size, arranged, zoom):
    width, height = (round(zoom * side) for side in size)
    found = arrangement(width, height, Look(DARK, zoom), round(110 * zoom), round(310 * zoom))
    assert found.column == pytest.approx(arranged.column * zoom, abs=2)
    assert (found.full, found.buttons) == (arranged.full, arranged.buttons)
