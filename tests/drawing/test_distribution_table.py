"""What the rows of the table look like: their ground, their bars, and what is cut."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from vectarium.drawing.distribution_rows import BAR, TOKEN, Rows
from vectarium.drawing.distribution_table import DistributionTable
from vectarium.drawing.palette import DARK, Look

SHARES = np.array([0.6, 0.25, 0.1, 0.05])


def rows(**more):
    logits = np.log(SHARES).astype(np.float32)
    labels = tuple("abcd")
    scaled = logits.astype(np.float64)
    return Rows(labels, np.arange(4), logits, logits, scaled, SHARES, SHARES, 3, False, **more)


@pytest.fixture
def table(qtbot):
    table = DistributionTable(Look())
    qtbot.addWidget(table)
    table.resize(620, 300)
    table.show_rows(rows())
    table.show()
    qtbot.waitExposed(table)
    return table


def ground_of(table, row):
    """The colour at the very left of a row, where nothing is written."""
    place = table.visualRect(table.model().index(row, TOKEN)).center()
    return table.viewport().grab().toImage().pixelColor(1, place.y())


def length_of_bar(table, row):
    """How many pixels along the middle of a bar are not the track's, as a share of the widest."""
    area, image = table.visualRect(table.model().index(row, BAR)), table.viewport().grab().toImage()
    look = Look()
    left, width = area.left() + look.px(6), area.width() - 3 * look.px(6) - look.px(78)
    colors = [image.pixelColor(left + x, area.center().y()) for x in range(width)]
    return sum(color != QColor(DARK.raised) for color in colors) / width


def test_a_row_that_is_selected_or_pointed_at_has_another_ground(table, qtbot):
    table.selectRow(1)
    QTest.mouseMove(table.viewport(), table.visualRect(table.model().index(2, TOKEN)).center())
    qtbot.waitUntil(lambda: ground_of(table, 2) == QColor(DARK.raised))
    assert ground_of(table, 1) == QColor(DARK.raised_more)
    assert ground_of(table, 0) == ground_of(table, 3) == QColor(DARK.pane)
    QTest.mouseMove(table.viewport(), QPoint(5, table.viewport().height() - 5))
    qtbot.waitUntil(lambda: ground_of(table, 2) == QColor(DARK.pane))


def test_bars_are_as_long_as_tokens_are_likely(table):
    for row, share in enumerate(SHARES):
        assert length_of_bar(table, row) == pytest.approx(share, abs=0.03)


def test_an_empty_table_and_one_scrolled_to_its_end_are_painted(table, qtbot):
    table.resize(300, 70)
    table.verticalScrollBar().setValue(table.verticalScrollBar().maximum())
    assert table.rowAt(table.viewport().height() - 1) == 3
    assert ground_of(table, 3) == QColor(DARK.pane)
    table.show_rows(None)
    image = table.viewport().grab().toImage()
    middle = image.pixelColor(image.width() // 2, image.height() // 2)
    assert middle == QColor(DARK.pane)
