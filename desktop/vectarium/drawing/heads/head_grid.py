"""Every head of every layer as a small picture of its pattern, to point at and to choose from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QMargins, QPoint, QPointF, QRect, QRectF, Qt, Signal
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
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from vectarium.drawing.heads.head_grid_layout import Places, by_layer, sorted_heads, wanted_width
from vectarium.drawing.heads.head_grid_painting import Pixels, mosaic, paint_enlarged, paint_labels, stamps
from vectarium.drawing.palette import Look

Head = tuple[int, int]
NOTHING = Places((), {}, (), 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """What the grid shows: the heads of the first `ready` layers have a picture."""

    cells: npt.NDArray[np.float32]  # [layer, head, query, key] weights, 0 where the key comes later
    ready: int
    about: Callable[[Head], str]  # what a head does, in words
    number: Callable[[Head], str]  # by what it is sorted
    order: tuple[Head, ...] | None = None  # sorted or filtered; None for rows of layers
    averages: bool = False
    nothing: str = ""  # what to say where no head is listed


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
        self._places = NOTHING
        self._stamps: dict[tuple[str, int], Pixels] = {}  # "heads" or "mean" and the layer; or "mean heads"
        self._stamp_side = 0
        self._picture: QPixmap | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Attention heads, a row for each layer")

    # What is shown

    def set_look(self, look: Look) -> None:
        self._look = look
        self._stamps.clear()
        self._arrange()

    def show_heads(self, shown: Thumbnails | None) -> None:
        """Show these pictures in place of the old ones. Layers that are known already stay as they are."""
        old, self._shown = self._shown, shown
        if old is None or shown is None or old.cells is not shown.cells or old.ready > shown.ready:
            self._stamps.clear()
        elif old.ready < shown.ready:
            self._stamps.pop(("mean heads", 0), None)
        self._arrange()

    def set_queries_down(self, queries_down: bool) -> None:
        """Whether queries run down the side and keys along the top, or the other way round."""
        self._queries_down = queries_down
        self._stamps.clear()
        self._redraw()

    def set_selected(self, head: Head, added: frozenset[Head] = frozenset()) -> None:
        """Frame a head in yellow, and those that are shown together with it."""
        moved = head != self._selected
        self._selected, self._added = head, added
        self.setAccessibleDescription(self._words(head))
        if moved:
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

    def wanted_width(self, height: int) -> int | None:
        """The width that rows of layers fill at this height; None where any will do."""
        shown = self._shown
        if shown is None or shown.order is not None:
            return None
        layers, heads = shown.cells.shape[:2]
        metrics = QFontMetrics(self._look.mono(12))
        return wanted_width(layers, heads, shown.averages, height, self._look, metrics)

    def whole(self) -> "HeadGrid":
        """A grid of its own, high enough for all of this one; whoever takes it deletes it."""
        copy = HeadGrid(self._look, self)
        copy._queries_down, copy._selected, copy._added = self._queries_down, self._selected, self._added
        copy.resize(self.viewport().width(), max(self.viewport().height(), round(self._places.height)))
        copy.show_heads(self._shown)
        copy.grab()  # what is not on screen is laid out only when it is painted
        return copy

    # Layout

    def _arrange(self) -> None:
        shown = self._shown
        self._picture = None
        if shown is None:
            self._places = NOTHING
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
        painter.fillRect(event.rect(), QColor(self._look.theme.pane))
        if self._shown is None:
            return
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.viewport().size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(QColor(self._look.theme.pane))
            canvas = QPainter(self._picture)
            self._paint_all(canvas, ratio)
            canvas.end()
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for head in self._added:
            self._frame(painter, head, Qt.PenStyle.DashLine)
        self._frame(painter, self._selected, Qt.PenStyle.SolidLine)
        if self._pointed is not None and self._pointed in self._places.heads:
            head, shown = self._pointed, self._shown
            paint_enlarged(
                painter,
                self._look,
                QRectF(self.viewport().rect()),
                QRectF(self.place_of(head)),
                self._words(head),
                shown.cells[head] if head[0] < shown.ready else None,
                self._queries_down,
            )

    def _paint_all(self, painter: QPainter, ratio: float) -> None:
        """The pictures that can be seen, with what stands beside them."""
        shown, places, top = self._shown, self._places, self.verticalScrollBar().value()
        assert shown is not None
        window = QRectF(0, top, self.viewport().width(), self.viewport().height())
        heads = [(head, rect) for head, rect in places.heads.items() if rect.intersects(window)]
        averages = [(kind, index, rect) for kind, index, rect in places.averages if rect.intersects(window)]
        first = next(iter(places.heads.values()), QRectF())
        side = max(1, round(first.width() * ratio))
        if side != self._stamp_side:
            self._stamps.clear()
            self._stamp_side = side
        placed = [
            (rect.translated(0, -top), self._stamp("heads", head[0])[head[1]])
            for head, rect in heads
            if head[0] < shown.ready
        ]
        for kind, index, rect in averages:
            if kind == "layer" and index < shown.ready:
                placed.append((rect.translated(0, -top), self._stamp("mean", index)[0]))
            elif kind == "head" and shown.ready == len(shown.cells):
                placed.append((rect.translated(0, -top), self._stamp("mean heads", 0)[index]))
        if not heads and shown.nothing:
            painter.setFont(self._look.words(13))
            painter.setPen(QColor(self._look.theme.secondary))
            within = self.viewport().rect().marginsRemoved(QMargins(20, 20, 20, 20))
            painter.drawText(within, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, shown.nothing)
        painter.drawImage(0, 0, mosaic(self.viewport().size(), ratio, placed))
        painter.translate(0, -top)
        painter.setPen(QColor(self._look.theme.line))
        painter.drawRects([rect for _, rect in heads])
        paint_labels(painter, self._look, places.labels)
        if shown.order is not None:
            for head, rect in heads:
                self._paint_number(painter, shown, head, rect)

    def _stamp(self, kind: str, layer: int) -> Pixels:
        """The pictures of a layer's heads, of its mean, or of the mean of each head over the layers."""
        if (kind, layer) not in self._stamps:
            assert self._shown is not None
            cells = self._shown.cells
            wanted = cells.mean(axis=0) if kind == "mean heads" else cells[layer]
            if kind == "mean":
                wanted = wanted.mean(axis=0, keepdims=True)
            self._stamps[kind, layer] = stamps(wanted, self._stamp_side, self._queries_down, self._look.theme)
        return self._stamps[kind, layer]

    def _paint_number(self, painter: QPainter, shown: Thumbnails, head: Head, rect: QRectF) -> None:
        room = QRectF(rect.left(), rect.bottom(), rect.width(), self._places.caption)
        painter.setPen(QColor(self._look.theme.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, f"{head[0]}·{head[1]}")
        painter.setPen(QColor(self._look.theme.query))
        room.translate(0, self._places.caption)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown.number(head))

    def _frame(self, painter: QPainter, head: Head, style: Qt.PenStyle) -> None:
        if head in self._places.heads:
            around = self._look.px(2)
            rect = QRectF(self.place_of(head)).adjusted(-around, -around, around, around)
            painter.setPen(QPen(QColor(self._look.theme.query), around, style))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect)

    def _words(self, head: Head) -> str:
        shown = self._shown
        does = shown.about(head) if shown is not None and head[0] < shown.ready else ""
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
