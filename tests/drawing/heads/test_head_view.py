"""The matrix of a head: where its cells are, what mouse and keys do, that a strong link stays visible."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent

from vectarium.drawing.heads.head_view import HeadView
from vectarium.drawing.heads.head_view_layout import Frame
from vectarium.drawing.heads.head_view_painting import Matrix, paint_cells
from vectarium.drawing.palette import DARK, LIGHT, Look


def matrix_of(count, **kind):
    weights = np.tril(np.ones((count, count), np.float32))
    weights /= weights.sum(axis=1, keepdims=True)
    return Matrix(weights, tuple(f"token{index}" for index in range(count)), **kind)


@pytest.fixture
def view(qtbot):
    view = HeadView(Look())
    qtbot.addWidget(view)
    view.resize(600, 500)
    with qtbot.waitExposed(view):
        view.show()
    view.show_matrix(matrix_of(8))
    return view


@pytest.mark.parametrize("queries_down", [True, False])
def test_a_cell_is_found_where_it_is(view, queries_down):
    view.set_queries_down(queries_down)
    for query, key in ((0, 0), (5, 2), (7, 7)):
        place = view.place_of(query, key)
        assert view._cell_at(place.center()) == (query, key)
    side, top = view.place_of(5, 2).center().y(), view.place_of(5, 2).center().x()
    other = view.place_of(2, 2).center()
    assert (side != other.y()) == queries_down
    assert (top != other.x()) == (not queries_down)


def test_pointing_and_clicking(view, qtbot):
    cells = []
    view.pointed.connect(cells.append)
    with qtbot.waitSignal(view.pointed):
        qtbot.mouseMove(view, view.place_of(4, 1).center().toPoint())
    assert cells[-1] == (4, 1)
    with qtbot.waitSignal(view.clicked) as clicked:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.place_of(3, 2).center().toPoint())
    assert clicked.args == [3, 2]


def test_arrow_keys_walk_the_cells(view, qtbot):
    view.set_queries_down(True)
    view.set_marked(6)
    cells = []
    view.pointed.connect(cells.append)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Escape):
        qtbot.keyClick(view, key)
    assert cells == [(6, 6), (6, 5), (5, 5), None]


def test_the_wheel_zooms_around_the_mouse_and_a_double_click_shows_all(view, qtbot):
    view.show_matrix(matrix_of(200))
    fitted = view.frame.cell
    at = view.place_of(120, 40).center()
    wheel = QWheelEvent(
        at,
        view.mapToGlobal(at),
        QPoint(),
        QPoint(0, 1200),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    view.wheelEvent(wheel)
    assert view.frame.cell > 4 * fitted
    assert view._cell_at(at) == (120, 40)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert view.frame.cell == pytest.approx(fitted)


def test_dragging_moves_and_is_no_click(view, qtbot):
    view.show_matrix(matrix_of(100))
    view._zoom(8, view.frame.area.center())
    clicks = []
    view.clicked.connect(lambda *cell: clicks.append(cell))
    before = view.place_of(50, 50)
    start = view.frame.area.center().toPoint()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(view, start + QPoint(40, 30))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 30))
    assert view.place_of(50, 50).topLeft() - before.topLeft() == QPointF(40, 30)
    assert clicks == []


def test_a_frame_never_leaves_its_cells():
    frame = Frame(QRectF(100, 50, 300, 200), 40).fitted(30)
    assert frame.cell == 5
    near = frame.zoomed(4, QPointF(250, 150), 60)
    for by in (QPointF(9999, 9999), QPointF(-9999, -9999)):
        moved = near.moved(by)
        rows, columns = moved.visible()
        assert rows.start >= 0
        assert rows.stop <= 40
        assert len(columns) * moved.cell >= 300
    shown = near.showing(39, 0)
    assert shown.area.contains(shown.rect(39, 0).center())
    assert near.zoomed(1e-9, QPointF(250, 150), 60).cell == frame.cell


def painted(matrix, size, dots=False, look=None):
    look = look or Look()
    canvas = QImage(size, size, QImage.Format.Format_ARGB32)
    canvas.fill(QColor(look.theme.pane))
    painter = QPainter(canvas)
    paint_cells(
        painter, look, Frame(QRectF(0, 0, size, size), len(matrix.labels)).fitted(60), matrix, True, dots
    )
    painter.end()
    return canvas


@pytest.mark.parametrize("look", [Look(DARK), Look(LIGHT)])
def test_a_single_strong_link_among_many_tokens_stays_visible(qapp, look):
    values = np.zeros((1024, 1024), np.float32)
    values[700, 301] = 1
    canvas = painted(Matrix(values, ("x",) * 1024), 200, look=look)
    colors = {canvas.pixelColor(x, y).name() for x in range(200) for y in range(200)}
    assert look.theme.query in colors


def test_scores_are_blue_and_red_and_later_keys_are_empty(qapp):
    values = np.array([[3, 3], [-3, 1]], np.float32)
    canvas = painted(Matrix(values, ("a", "b"), weights=False), 100)
    assert canvas.pixelColor(5, 5).name() == DARK.positive
    assert canvas.pixelColor(5, 55).name() == DARK.negative
    assert canvas.pixelColor(75, 5).name() == DARK.pane


def test_a_dots_area_is_its_weight(qapp):
    areas = []
    for weight in (0.2, 0.4, 0.8):
        canvas = painted(Matrix(np.array([[weight]], np.float32), ("a",)), 40, dots=True)
        yellow = QColor(DARK.query).name()
        areas.append(sum(canvas.pixelColor(x, y).name() == yellow for x in range(40) for y in range(40)))
    assert areas[1] / areas[0] == pytest.approx(2, rel=0.25)
    assert areas[2] / areas[1] == pytest.approx(2, rel=0.25)


def test_a_matrix_of_one_token_and_none(view):
    view.show_matrix(matrix_of(1))
    view.grab()
    view.show_matrix(matrix_of(8, weights=False, infinity=True))
    view.grab()
    view.show_matrix(None)
    view.grab()
