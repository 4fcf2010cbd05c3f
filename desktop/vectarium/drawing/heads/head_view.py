"""One head, large: its matrix with the tokens along both sides, to point at, zoom into and move about."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from vectarium.drawing.heads.head_view_labels import label_room, paint_axes, paint_labels
from vectarium.drawing.heads.head_view_layout import Frame
from vectarium.drawing.heads.head_view_painting import Matrix, paint_cells
from vectarium.drawing.palette import Look

LARGEST, CLOSEST = 72, 110  # pixels of a cell at 100 %, fitted and zoomed in
EMPTY = Frame(QRectF(), 0)


class HeadView(QWidget):
    """Shows a `Matrix`. The wheel zooms, dragging moves, a double-click fits; arrow keys walk the cells."""

    pointed = Signal(object)  # (query, key) | None
    clicked = Signal(int, int)  # query, key

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._matrix: Matrix | None = None
        self._queries_down = True
        self._dots = True
        self._frame = EMPTY
        self._zoomed = False
        self._cell: tuple[int, int] | None = None  # query, key under the mouse or the cursor
        self._lit: int | None = None
        self._marked: int | None = None
        self._held: tuple[int, int] | None = None
        self._dragged: QPointF | None = None
        self._moved = False
        self._picture: QPixmap | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(60, 60)
        self.setAccessibleName("One head's attention")

    # What is shown

    def set_look(self, look: Look) -> None:
        self._look = look
        self._arrange()

    def show_matrix(self, matrix: Matrix | None) -> None:
        """Show other numbers. The zoom stays while the number of tokens does."""
        old = self._matrix
        self._matrix = matrix
        if old is None or matrix is None or len(old.labels) != len(matrix.labels):
            self._zoomed = False
            count = len(matrix.labels) if matrix is not None else 0
            if self._cell is not None and max(self._cell) >= count:
                self._cell = None
        self._arrange()

    def set_queries_down(self, queries_down: bool) -> None:
        """Queries down the side and keys along the top, or the other way round."""
        self._queries_down = queries_down
        self._arrange()

    def set_dots(self, dots: bool) -> None:
        """Dots whose area is the weight, or filled cells."""
        self._dots = dots
        self._redraw()

    def set_marked(self, query: int | None) -> None:
        """Frame the row or column of the selected token."""
        self._marked = query
        self.update()

    def set_held(self, cell: tuple[int, int] | None) -> None:
        """Frame the cell (query, key) whose arithmetic is shown."""
        self._held = cell
        self.update()

    def set_lit(self, token: int | None) -> None:
        """Light a token up that is pointed at elsewhere."""
        self._lit = token
        self.update()

    @property
    def matrix(self) -> Matrix | None:
        return self._matrix

    @property
    def frame(self) -> Frame:
        return self._frame

    def place_of(self, query: int, key: int) -> QRectF:
        """Where a cell is in the widget."""
        return self._frame.rect(*self._down_across(query, key))

    def _down_across(self, query: int, key: int) -> tuple[int, int]:
        return (query, key) if self._queries_down else (key, query)

    # Layout

    def _arrange(self) -> None:
        matrix = self._matrix
        self._picture = None
        if matrix is None:
            self._frame = EMPTY
            self.update()
            return
        largest, count = self._look.px(LARGEST), len(matrix.labels)
        fitted = Frame(self._area(matrix.labels, largest), count).fitted(largest).cell
        # Small labels need less room, and some more of it again when they are zoomed in.
        area = self._area(matrix.labels, max(fitted, self._look.px(13)))
        if self._zoomed:
            self._frame = Frame(area, count, self._frame.cell, self._frame.origin).bounded()
        else:
            self._frame = Frame(area, count).fitted(largest)
        self.update()

    def _area(self, labels: tuple[str, ...], cell: float) -> QRectF:
        """What cells of about that size and their labels leave for the matrix."""
        look = self._look
        side, top = label_room(look, labels, cell)
        line = QFontMetrics(look.words(12))
        left = max(line.horizontalAdvance("queries ↓ ") + look.px(6), min(side, 0.34 * self.width()))
        above = max(2.6 * line.height(), min(top, 0.34 * self.height()))
        right = min(top, 0.12 * self.width())  # where the last slanted label ends
        width, height = self.width() - left - right, self.height() - above - look.px(4)
        return QRectF(left, above, max(10.0, width), max(10.0, height))

    def _redraw(self) -> None:
        self._picture = None
        self.update()

    def _set_frame(self, frame: Frame) -> None:
        self._frame = frame
        self._zoomed = frame.cell > frame.fitted(self._look.px(LARGEST)).cell * 1.001
        self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._look.theme.pane))
        matrix = self._matrix
        if matrix is None:
            return
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(QColor(self._look.theme.pane))
            canvas = QPainter(self._picture)
            paint_cells(canvas, self._look, self._frame, matrix, self._queries_down, self._dots)
            canvas.end()
        painter.drawPixmap(0, 0, self._picture)
        self._paint_marks(painter)
        cell = self._cell or self._held
        queries, keys = set(), set()
        if cell is not None:
            queries.add(cell[0])
            keys.add(cell[1])
        if self._marked is not None:
            queries.add(self._marked)
        if self._lit is not None and self._cell is None:
            queries.add(self._lit)
            keys.add(self._lit)
        lit = (frozenset(queries), frozenset(keys))
        paint_labels(
            painter,
            self._look,
            self._frame,
            matrix.labels,
            self._queries_down,
            lit if self._queries_down else lit[::-1],
        )
        paint_axes(painter, self._look, self._frame, self._queries_down)

    def _paint_marks(self, painter: QPainter) -> None:
        look, frame = self._look, self._frame
        painter.save()
        painter.setClipRect(frame.area.adjusted(-1, -1, 1, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._marked is not None and self._marked < frame.count:
            painter.setPen(QPen(QColor(look.theme.accent), look.px(1.5)))
            painter.drawRect(self._line(self._marked, query=True))
        if self._lit is not None and self._cell is None and self._lit < frame.count:
            painter.setPen(QPen(QColor(look.theme.secondary), 1, Qt.PenStyle.DotLine))
            for query in (True, False):
                painter.drawRect(self._line(self._lit, query))
        for cell, width in ((self._held, 1.5), (self._cell, 2)):
            if cell is not None and max(cell) < frame.count:
                painter.setPen(QPen(QColor(look.theme.text), look.px(width)))
                painter.drawRect(self.place_of(*cell))
        painter.restore()

    def _line(self, token: int, query: bool) -> QRectF:
        """The row or column of a query or a key."""
        if query == self._queries_down:
            return self._frame.rect(token, 0, 1, self._frame.count)
        return self._frame.rect(0, token, self._frame.count, 1)

    # Mouse and keyboard

    def _point(self, cell: tuple[int, int] | None) -> None:
        if cell != self._cell:
            self._cell = cell
            self.update()
            self.pointed.emit(cell)

    def _cell_at(self, point: QPointF) -> tuple[int, int] | None:
        found = self._frame.at(point)
        return None if found is None else self._down_across(*found)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None and event.buttons() & Qt.MouseButton.LeftButton:
            by = event.position() - self._dragged
            if self._moved or by.manhattanLength() > self._look.px(6):
                self._moved = True
                self._dragged = event.position()
                self._set_frame(self._frame.moved(by))
            return
        self._point(self._cell_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged, self._moved = event.position(), False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            moved, self._dragged = self._moved, None
            cell = self._cell_at(event.position())
            if not moved and cell is not None:
                self.clicked.emit(*cell)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._set_frame(self._frame.fitted(self._look.px(LARGEST)))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        if turned and self._matrix is not None:
            self._zoom(1.0015**turned, event.position())

    def _zoom(self, factor: float, around: QPointF) -> None:
        self._set_frame(self._frame.zoomed(factor, around, self._look.px(CLOSEST)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        if self._matrix is None or not self._frame.count:
            super().keyPressEvent(event)
        elif key in steps:
            self._walk(*steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._cell is not None:
            self.clicked.emit(*self._cell)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom(0.8 if key == Qt.Key.Key_Minus else 1.25, self._frame.area.center())
        elif key == Qt.Key.Key_0:
            self._set_frame(self._frame.fitted(self._look.px(LARGEST)))
        elif key == Qt.Key.Key_Escape and self._cell is not None:
            self._point(None)
        else:
            super().keyPressEvent(event)

    def _walk(self, down: int, across: int) -> None:
        last = self._frame.count - 1
        start = self._marked if self._marked is not None else last
        at = self._down_across(*(self._cell or (min(start, last), min(start, last))))
        if self._cell is not None:
            at = (min(max(at[0] + down, 0), last), min(max(at[1] + across, 0), last))
        frame = self._frame.showing(*at)
        if frame is not self._frame:
            self._set_frame(frame)
        self._point(self._down_across(*at))
