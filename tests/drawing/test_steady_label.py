"""Numbers that change do not move what stands around them, and are never cut off."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QWidget

from vectarium.drawing.steady_label import SteadyLabel


class Layouts(QObject):
    """Counts how often a widget was asked to lay itself out."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.fixture
def row(qtbot):
    """A window with a steady label between two others."""
    window = QWidget()
    qtbot.addWidget(window)
    window.label, window.layouts = SteadyLabel(), Layouts()
    layout = QHBoxLayout(window)
    for widget in (QLabel("before"), window.label, QLabel("after")):
        layout.addWidget(widget)
    window.installEventFilter(window.layouts)
    window.label.setText("1,000 tokens")
    window.show()
    qtbot.waitExposed(window)
    return window


def settled(row):
    QApplication.processEvents()
    return row.layouts.count


def test_other_digits_lay_next_to_nothing_out(row, qtbot):
    before = settled(row)
    for count in range(1000, 1300, 7):
        row.label.setText(f"{count:,} tokens of the text")
        natural = QLabel(row.label.text())
        qtbot.addWidget(natural)
        assert row.label.width() >= natural.sizeHint().width()
        settled(row)
    assert settled(row) <= before + 2  # some digits are wider


@pytest.mark.parametrize("text", ["", "5", "1,000,000 tokens of a much longer text that is out of sight"])
def test_much_more_and_much_less_text_takes_other_room(row, qtbot, text):
    before, width = settled(row), row.label.width()
    row.label.setText(text)
    qtbot.waitUntil(lambda: row.layouts.count > before)
    natural = QLabel(text)
    qtbot.addWidget(natural)
    assert (row.label.width() > width) == (len(text) > 24)
    assert row.label.width() >= natural.sizeHint().width() * bool(text)


def test_a_larger_font_takes_more_room(row, qtbot):
    width, font = row.label.width(), row.label.font()
    font.setPointSizeF(2 * font.pointSizeF())
    row.label.setFont(font)
    assert row.label.width() > 1.6 * width
