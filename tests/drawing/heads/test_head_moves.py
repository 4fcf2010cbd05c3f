"""What a head moves, drawn."""

from PySide6.QtGui import QColor

from vectarium.drawing.heads.head_moves import HeadMoves, Moves
from vectarium.drawing.palette import DARK, Look


def moves_of(count):
    sources = tuple((f"token{index}", 1 / count, float(index)) for index in range(count))
    return Moves("here", sources, 3.0, 30.0, (("up", 1.5),), (("down", -0.5),), "they differ by 0 at most")


def test_lengths_in_words(qtbot):
    view = HeadMoves(Look())
    qtbot.addWidget(view)
    view.show_moves(moves_of(4))
    assert view.lines()[1] == "‖ΔE‖ = 3.000, 10.0 % of the residual stream’s 30.00 there"
    view.show_moves(None)
    assert view.lines() == []


def test_the_bars_are_weights_and_lengths(qtbot):
    view = HeadMoves(Look())
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.show()
    view.show_moves(moves_of(3))
    picture = view.widget().grab().toImage()
    pixels = [
        picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())
    ]
    weights, lengths = (pixels.count(QColor(color).name()) for color in (DARK.query, DARK.value))
    # Weights of a third each fill one bar together; lengths of 2, 1 and 0 one and a half.
    assert 1.2 < lengths / weights < 1.8


def test_a_thousand_sources_can_be_scrolled(qtbot):
    view = HeadMoves(Look(zoom=2.0))
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.show()
    view.show_moves(moves_of(1000))
    qtbot.waitUntil(lambda: view.verticalScrollBar().maximum() > 20_000)
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    assert not view.grab().isNull()
