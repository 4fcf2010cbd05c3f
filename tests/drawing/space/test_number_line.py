"""Words along a number line."""

import pytest
from PySide6.QtGui import QFontMetrics

from vectarium.drawing.palette import LIGHT, Look
from vectarium.drawing.space.number_line import NumberLine, Reading, marked, tick_step


@pytest.mark.parametrize(
    ("span", "most", "step"),
    [(5.0, 5, 1.0), (5.0, 4, 2.0), (0.03, 4, 0.01), (1.0, 2, 0.5), (990.0, 3, 500.0)],
)
def test_ticks_stand_at_round_numbers_and_are_not_too_many(span, most, step):
    assert tick_step(span, most) == pytest.approx(step)


def test_positive_values_lie_right_of_zero_and_negative_left(qtbot):
    line = NumberLine(Look(LIGHT))
    qtbot.addWidget(line)
    line.show_readings((Reading("low", -2.0), Reading("high", 3.0), Reading("none", float("nan"))))
    line.resize(400, line.sizeHint().height())
    picture = line.grab().toImage()
    theme = LIGHT
    places: dict[str, list[int]] = {theme.positive: [], theme.negative: []}
    for x in range(picture.width()):
        for y in range(picture.height()):
            name = picture.pixelColor(x, y).name()
            if name in places:
                places[name].append(x)
    assert places[theme.negative]
    assert places[theme.positive]
    assert max(places[theme.negative]) < min(places[theme.positive]) + 3
    assert "low -2.00" in line.accessibleDescription()


def test_it_is_as_tall_as_its_words(qtbot):
    line = NumberLine(Look())
    qtbot.addWidget(line)
    line.show_readings(tuple(Reading(f"word{each}", each) for each in range(10)))
    ten = line.sizeHint().height()
    line.show_readings(())
    assert ten > 10 * 20 > line.sizeHint().height()
    assert not line.grab().isNull()


def test_the_mark_of_a_mean_is_never_cut_off(qapp):
    metrics = QFontMetrics(Look().mono(12))
    name = marked(metrics, "octopuses", metrics.horizontalAdvance("octo…  *"), composite=True)
    assert name.startswith("oct")
    assert name.endswith("… *")
    assert marked(metrics, "one", 200, composite=False) == "one"
