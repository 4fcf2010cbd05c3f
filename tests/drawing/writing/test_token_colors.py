"""The colours of tokens: the right class for a number, and text that can be read on it."""

import numpy as np
import pytest

from vectarium.drawing.palette import THEMES, contrast
from vectarium.drawing.writing.token_colors import MODES, classes, legend


def of(mode, values):
    values = np.array(values, float)
    return classes(mode, values, values, values).tolist()


def test_numbers_fall_into_the_class_that_the_legend_names():
    assert of("probability", [0.0009, 0.001, 0.05, 0.1, 0.5, 1, np.nan]) == [0, 1, 2, 3, 4, 4, -1]
    assert of("rank", [0, 9, 10, 99, 100, 999, 1000, np.nan]) == [0, 0, 1, 1, 2, 2, 3, -1]
    assert of("entropy", [0, 1, 3.9, 4, 6, 11]) == [0, 1, 2, 3, 4, 4]
    assert of("none", [0.5]) == [-1]


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("mode", MODES)
def test_text_can_be_read_on_every_colour(theme, mode):
    shown = legend(mode, theme)
    assert len(shown.names) == len(shown.colors) == len(set(map(str, shown.colors)))
    for color in shown.colors:
        assert contrast(theme.text, color) >= 4.5
