"""The grid of heads: places, names, keys."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from vectarium.drawing.heads.head_grid import HeadGrid, Thumbnails
from vectarium.drawing.palette import DARK, Look


def thumbnails(layers, heads, cells=8, **more):
    weights = np.tril(np.full((layers, heads, cells, cells), 0.1, np.float32))
    return Thumbnails(weights, layers, "does {}".format, lambda head: "10 %", **more)


@pytest.fixture
def grid(qtbot):
    grid = HeadGrid(Look())
    qtbot.addWidget(grid)
    grid.resize(500, 400)
    with qtbot.waitExposed(grid):
        grid.show()
    return grid


@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (6, 6), (12, 12), (48, 25)])
@pytest.mark.parametrize("averages", [False, True])
def test_every_head_has_a_place_of_its_own(grid, layers, heads, averages):
    grid.show_heads(thumbnails(layers, heads, averages=averages))
    grid.grab()
    places = grid._places.heads
    assert len(places) == layers * heads
    assert len({(rect.left(), rect.top()) for rect in places.values()}) == layers * heads
    assert all(rect.left() >= 0 and rect.right() <= grid.viewport().width() for rect in places.values())
    assert grid._places.height <= grid.viewport().height() + grid.verticalScrollBar().maximum() + 1
    for head, rect in places.items():
        shifted = rect.center().toPoint() - QPoint(0, grid.verticalScrollBar().value())
        assert grid.head_at(shifted) == head


def test_the_pointed_head_is_named(grid, qtbot):
    grid.show_heads(thumbnails(4, 4))
    with qtbot.waitSignal(grid.pointed) as pointed:
        qtbot.mouseMove(grid.viewport(), grid.place_of((2, 1)).center())
    assert pointed.args == [(2, 1)]
    assert grid._words((2, 1)) == "layer 2, head 1: does (2, 1)"
    grid.grab()


def test_the_selected_head_has_a_yellow_frame(grid):
    grid.show_heads(thumbnails(4, 4))
    grid.set_selected((1, 2))
    place = grid.place_of((1, 2))
    picture = grid.viewport().grab().toImage()
    assert picture.pixelColor(place.left() - 2, place.center().y()).name() == DARK.query
    assert grid.accessibleDescription().startswith("layer 1, head 2")


def test_keys_stop_at_the_edges_and_follow_the_order(grid, qtbot):
    order = ((2, 0), (0, 1), (1, 1), (0, 0))
    grid.show_heads(thumbnails(3, 2, order=order))
    grid.set_selected((2, 0))
    chosen = []
    grid.chosen.connect(lambda layer, head: chosen.append((layer, head)))
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert chosen == []
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert chosen == [(0, 1)]
    grid.set_selected((1, 0))  # filtered away
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert chosen[-1] == (2, 0)


def test_a_strong_link_stays_visible_in_a_small_picture(grid):
    cells = np.zeros((12, 12, 64, 64), np.float32)
    cells[5, 5, 40, 13] = 1
    grid.show_heads(Thumbnails(cells, 12, str, str))
    place = grid.place_of((5, 5))
    picture = grid.viewport().grab(place).toImage()
    colors = {
        picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())
    }
    assert DARK.query in colors


def test_the_whole_grid_can_be_saved(grid):
    grid.show_heads(thumbnails(48, 25))
    assert grid.verticalScrollBar().maximum() > 0
    whole = grid.whole()
    assert whole.viewport().height() >= grid._places.height - 1
    assert whole.verticalScrollBar().maximum() == 0
    assert whole.place_of((47, 24)).bottom() <= whole.viewport().height()
    whole.deleteLater()


def test_layers_appear_as_they_come_and_a_user_stays_where_she_scrolled(grid):
    layers = thumbnails(48, 25)
    grid.show_heads(Thumbnails(layers.cells, 1, str, str))
    grid.grab()
    grid.verticalScrollBar().setValue(50)
    grid.set_selected((0, 0))  # as after every answer
    grid.show_heads(Thumbnails(layers.cells, 48, str, str))
    assert grid.verticalScrollBar().value() == 50
    picture = grid.viewport().grab().toImage()
    place = grid.place_of((20, 3))
    assert picture.pixelColor(place.center()).name() != DARK.pane


def test_nothing_listed_is_said(grid):
    blank = grid.viewport().grab().toImage()
    grid.show_heads(thumbnails(2, 2, order=(), nothing="No head has at least 50 %."))
    assert grid.viewport().grab().toImage() != blank


def test_layers_that_are_not_there_yet_are_empty(grid):
    whole = thumbnails(3, 2)
    grid.show_heads(Thumbnails(whole.cells, 1, str, str))
    center = grid.place_of((2, 1)).center() - QPoint(0, 0)
    left = QPoint(grid.place_of((2, 1)).left() + 3, grid.place_of((2, 1)).bottom() - 3)
    here = QPoint(grid.place_of((0, 1)).left() + 3, grid.place_of((0, 1)).bottom() - 3)
    picture = grid.viewport().grab().toImage()
    assert picture.pixelColor(left) == picture.pixelColor(center)
    assert picture.pixelColor(here) != picture.pixelColor(left)
