"""A number beside its slider."""

import pytest

from vectarium.drawing.palette import DARK, Look
from vectarium.drawing.value_slider import STEPS, ValueSlider


@pytest.mark.parametrize(("value", "step"), [(1e308, STEPS), (0.1, 0), (1.25, STEPS // 2)])
def test_a_value_beyond_the_ends_is_shown_as_it_is_with_the_slider_at_its_end(qtbot, value, step):
    slider = ValueSlider("repetition", Look(DARK, 1.0), low=0.5, high=2, decimals=2, tip="")
    qtbot.addWidget(slider)
    slider.set_value(value)
    assert slider.value == value
    assert slider._slider.value() == step
    slider.set_value(1.0)
    slider._entry.setValue(50)
    assert slider.value == 2
