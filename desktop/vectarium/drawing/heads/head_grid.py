"""Every head of every layer as a small picture of its pattern, to point at and to choose from."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from vectarium.drawing.heads.head_colors import image, weight_colors, weight_share
from vectarium.drawing.heads.head_grid_layout import Places, by_layer, sorted_heads
from vectarium.drawing.palette import Look

Head = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """What the grid shows: the heads of the first `ready` layers have a picture."""

    cells: npt.NDArray[np.float32]  # [layer, head, query, key] weights, 0 where the key comes later
    ready: int
    names: dict[Head, str]  # what a head does, in words
    numbers: dict[Head, str]  # by what it is sorted
    order: tuple[Head, ...] | None = None  # sorted or filtered; None for rows of layers
    averages: bool = False


class HeadGrid(QAbstractScrollArea):
    """A click or the arrow keys choose a head, Shift and a click adds one to those shown together."""

    chosen = Signal(int, int)  # layer, head
    added = Signal(int, int)
    pointed = Signal(object)  # Head | None

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._shown: Thumbnails | None = None
        self._queries_down = True
        self._selected: Head = (0, 0)
        self._added: frozenset[Head] = frozenset()
        self._pointed: Head | None = None
        self._places = Places((), {}, (), 0, 0, 0)
        self._images: dict[Head | tuple[str, int], QImage] = {}
        self._picture: QPixmap | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName("Attention heads, a row for each layer")

    # What is shown

    def set_look(self, look: Look) -> None:
        self._look = look
        self._images.clear()
        self._arrange()

    def show_heads(self, shown: Thumbnails | None) -> None:
        """Show these pictures in place of the old ones."""
        self._shown = shown
        self._images.clear()
        self._arrange()

    def set_queries_down(self, queries_down: bool) -> None:
        """Whether queries run down the side and keys along the top, or the other way round."""
        self._queries_down = queries_down
        self._images.clear()
        self._redraw()

    def set_selected(self, head: Head, added: frozenset[Head] = frozenset()) -> None:
        """Frame a head in yellow, and those that are shown together with it."""
        self._selected, self._added = head, added
        self.setAccessibleDescription(self._words(head))
        self._scroll_to(head)
        self.viewport().update()

    def head_at(self, point: QPoint) -> Head | None:
        """The head whose picture is at a point of the viewport."""
        inside = QPointF(point.x(), point.y() + self.verticalScrollBar().value())
        return next((head for head, rect in self._places.heads.items() if rect.contains(inside)), None)

    def place_of(self, head: Head) -> QRect:
        """Where a head's picture is in the viewport."""
        rect = self._places.heads[head]
        return rect.translated(0, -self.verticalScrollBar().value()).toRect()

    # Layout

    def _arrange(self) -> None:
        shown = self._shown
        self._picture = None
        if shown is None:
            self._places = Places((), {}, (), 0, 0, 0)
        else:
            size, layers, heads = self.viewport().size(), *shown.cells.shape[:2]
            metrics = QFontMetrics(self._look.mono(12))
            if shown.order is None:
                self._places = by_layer(layers, heads, shown.averages, size, self._look, metrics)
            else:
                self._places = sorted_heads(shown.order, size, self._look, metrics)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, round(self._places.height) - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._look.px(30))
        self.viewport().update()

    def _scroll_to(self, head: Head) -> None:
        rect = self._places.heads.get(head)
        bar = self.verticalScrollBar()
        if rect is not None and bar.maximum():
            top, bottom = round(rect.top()) - self._look.px(8), round(rect.bottom()) + self._look.px(24)
            if top < bar.value():
                bar.setValue(top)
            elif bottom > bar.value() + self.viewport().height():
                bar.setValue(bottom - self.viewport().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._redraw()

    def _redraw(self) -> None:
        self._picture = None
        self.viewport().update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if self._shown is None:
            return
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.viewport().size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            canvas = QPainter(self._picture)
            canvas.translate(0, -self.verticalScrollBar().value())
            self._paint_all(canvas)
            canvas.end()
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for head in self._added:
            self._frame(painter, head, Qt.PenStyle.DashLine)
        self._frame(painter, self._selected, Qt.PenStyle.SolidLine)
        if self._pointed is not None and self._pointed in self._places.heads:
            self._paint_enlarged(painter, self._pointed)

    def _paint_all(self, painter: QPainter) -> None:
        look, shown = self._look, self._shown
        assert shown is not None
        painter.setFont(look.mono(12))
        for label in self._places.labels:
            painter.setPen(QColor(look.theme.secondary))
            painter.save()
            painter.translate(label.rect.center())
            painter.rotate(label.turned)
            rect = QRectF(0, 0, label.rect.width(), label.rect.height())
            if label.turned:
                rect = QRectF(0, 0, label.rect.height(), label.rect.width())
            rect.moveCenter(QPointF(0, 0))
            painter.drawText(rect, label.align | Qt.AlignmentFlag.AlignVCenter, label.text)
            painter.restore()
        top = self.verticalScrollBar().value()
        window = QRectF(0, top, self.viewport().width(), self.viewport().height())
        for head, rect in self._places.heads.items():
            if rect.intersects(window):
                self._paint_head(painter, head, rect)
                if shown.order is not None:
                    self._paint_number(painter, head, rect)
        for kind, index, rect in self._places.averages:
            if rect.intersects(window):
                self._paint_average(painter, kind, index, rect)

    def _paint_head(self, painter: QPainter, head: Head, rect: QRectF) -> None:
        shown = self._shown
        assert shown is not None
        if head[0] < shown.ready:
            if head not in self._images:
                self._images[head] = self._image_of(shown.cells[head], rect.width())
            painter.drawImage(rect, self._images[head])
        painter.setPen(QColor(self._look.theme.line))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect)

    def _paint_average(self, painter: QPainter, kind: str, index: int, rect: QRectF) -> None:
        shown = self._shown
        assert shown is not None
        if (kind == "layer" and index >= shown.ready) or (kind == "head" and shown.ready < len(shown.cells)):
            return
        key = (kind, index)
        if key not in self._images:
            cells = shown.cells[index] if kind == "layer" else shown.cells[:, index]
            self._images[key] = self._image_of(cells.mean(axis=0), rect.width())
        painter.drawImage(rect, self._images[key])

    def _paint_number(self, painter: QPainter, head: Head, rect: QRectF) -> None:
        assert self._shown is not None
        room = QRectF(rect.left(), rect.bottom(), rect.width(), self._places.caption)
        painter.setPen(QColor(self._look.theme.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, f"{head[0]}·{head[1]}")
        painter.setPen(QColor(self._look.theme.query))
        room.translate(0, self._places.caption)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self._shown.numbers.get(head, ""))

    def _frame(self, painter: QPainter, head: Head, style: Qt.PenStyle) -> None:
        if head in self._places.heads:
            around = self._look.px(2)
            rect = QRectF(self.place_of(head)).adjusted(-around, -around, around, around)
            painter.setPen(QPen(QColor(self._look.theme.query), around, style))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect)

    def _paint_enlarged(self, painter: QPainter, head: Head) -> None:
        """The picture under the mouse, large, with its name."""
        shown, look = self._shown, self._look
        assert shown is not None
        small = QRectF(self.place_of(head))
        metrics = QFontMetrics(look.words(12))
        text = self._words(head)
        view = QRectF(self.viewport().rect())
        pad = look.px(8)
        width = min(view.width(), max(metrics.horizontalAdvance(text) + 2 * pad, small.width() * 2 + 2 * pad))
        side = min(max(small.width() * 2, look.px(110)), view.height() / 2, width - 2 * pad)
        side = side if head[0] < shown.ready and side > small.width() else 0
        wrapped = metrics.boundingRect(
            QRect(0, 0, round(width) - 2 * pad, 1000), Qt.TextFlag.TextWordWrap, text
        )
        plate = QRectF(0, 0, width, side + wrapped.height() + 2.5 * pad)
        plate.moveCenter(QPointF(small.center().x(), 0))
        below = small.bottom() + pad + plate.height() <= view.height()
        plate.moveTop(small.bottom() + pad if below else max(0, small.top() - pad - plate.height()))
        plate.moveLeft(max(0, min(plate.left(), view.width() - width)))
        painter.setPen(QColor(look.theme.line))
        painter.setBrush(QColor(look.theme.raised_more))
        painter.drawRoundedRect(plate, look.px(8), look.px(8))
        if side:
            picture = QRectF(plate.center().x() - side / 2, plate.top() + pad, side, side)
            painter.fillRect(picture, QColor(look.theme.pane))
            painter.drawImage(picture, self._image_of(shown.cells[head], side))
        words = plate.adjusted(pad, side + 1.5 * pad, -pad, -pad)
        painter.setFont(look.words(12))
        painter.setPen(QColor(look.theme.text))
        painter.drawText(words, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter, text)

    def _image_of(self, cells: npt.NDArray[np.float32], size: float) -> QImage:
        """The cells, reduced by maximum where there are more than pixels: a strong link stays visible."""
        count = len(cells)
        step = max(1, -(-count // max(1, int(size * self.devicePixelRatioF()))))
        if step > 1:
            edges = np.arange(0, count, step)
            cells = np.maximum.reduceat(np.maximum.reduceat(cells, edges, axis=0), edges, axis=1)
        hidden = ~np.tri(len(cells), dtype=bool)
        if not self._queries_down:
            cells, hidden = cells.T, hidden.T
        return image(weight_share(cells), weight_colors(self._look.theme), hidden)

    def _words(self, head: Head) -> str:
        does = self._shown.names.get(head, "") if self._shown is not None else ""
        return f"layer {head[0]}, head {head[1]}" + (f": {does}" if does else "")

    # Mouse and keyboard

    def _point(self, head: Head | None) -> None:
        if head != self._pointed:
            self._pointed = head
            self.viewport().update()
            self.pointed.emit(head)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self.head_at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        head = self.head_at(event.position().toPoint())
        if head is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.added.emit(*head)
        else:
            self.chosen.emit(*head)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._places.rows:
            super().keyPressEvent(event)
            return
        to = self._places.beside(self._selected, *step)
        if to != self._selected:
            self._point(None)
            self.chosen.emit(*to)
