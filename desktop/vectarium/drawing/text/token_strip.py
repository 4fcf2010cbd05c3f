"""The text as rows of token boxes with a caret: what `TokenEditor` edits, drawn."""

from itertools import repeat

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QMargins, QObject, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.text.text_area import TextArea
from vectarium.drawing.text.token_box import BoxPainter, Face
from vectarium.drawing.text.token_layout import Boxes, Flow, Ints, flow

Bools = npt.NDArray[np.bool_]

LINES_SHOWN = 3
WINDOW_SHARE = 0.2
AROUND = QMargins(1, 1, 1, 1)  # a caret, on a scaled screen
EMPTY = Boxes((), np.empty(0, np.int64), np.empty((0, 2), np.int64))


class TokenStrip(TextArea):
    """Draws `Boxes` in lines, with the caret and the selected stretch of their text."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._boxes = EMPTY
        self._flow: Flow = flow(np.empty(0, np.int64), 1, 1)
        self._selected: int | None = None
        self._lit: int | None = None
        self._link: tuple[int, int] | None = None
        self._measured: Ints = np.empty(0, np.int64)  # [box] pixels, in however much room
        self._drawn_by_model: Bools = np.empty(0, bool)  # [box]
        self._seen = (0, 0)
        self._streams = False
        self._placeholder = ""
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.set_look(look)

    # What is shown

    def set_look(self, look: Look) -> None:
        self._look = look
        self._painter = BoxPainter(look)
        self._label_font, self._metrics = self._painter.font, self._painter.metrics
        self._gap, self._box_height = look.px(7), self._painter.height
        self._line_height = self._box_height + self._gap
        self._measured = self._measured[:0]
        self._reflow()
        self.updateGeometry()
        self.viewport().update()

    def set_placeholder(self, text: str) -> None:
        """What an empty strip says."""
        self._placeholder = text
        self.viewport().update()

    def set_boxes(self, text: str, boxes: Boxes, streams: bool = False) -> None:
        """Show `boxes`, which cover `text`.

        While it `streams` in, a second line makes room for all that can be seen: with each line everything
        below the strip would move.
        """
        if streams != self._streams:
            self._streams = streams
            self.updateGeometry()
        caret, plain = self.caret_rect(), not (self._cursor.selected or self._preedit)
        self._cursor = self._cursor.with_text(text)
        known = len(self._boxes) if boxes.begins_with(self._boxes) else 0
        self._boxes, self._measured = boxes, self._measured[:known]
        scroll = self.verticalScrollBar().value()
        self._reflow()
        self._scroll_to_caret()
        moved = scroll != self.verticalScrollBar().value()
        self._update_from(max(0, known - 1) if plain and not moved else 0)
        if self.hasFocus():
            self.viewport().update(caret.marginsAdded(AROUND))
            self.viewport().update(self.caret_rect().marginsAdded(AROUND))
        self.updateMicroFocus()
        self.setAccessibleDescription(text[:1000])

    def set_marks(self, generated: Bools, seen: tuple[int, int]) -> None:
        """Which boxes the model wrote, [box], and the first and one past the last that it sees."""
        boxes = self._boxes_in(self.viewport().rect())
        before = self._marks_of(boxes)
        self._drawn_by_model, self._seen = generated, seen
        changed = np.flatnonzero((before != self._marks_of(boxes)).any(axis=0))
        if changed.size:
            self._update_from(boxes.start + int(changed[0]))

    def _marks_of(self, boxes: slice) -> Bools:
        """Whether the model wrote and sees each of some boxes, [2, box]."""
        places = np.arange(boxes.start, boxes.stop)
        drawn = np.zeros(len(places), bool)
        known = self._drawn_by_model[boxes]
        drawn[: len(known)] = known
        seen = (self._boxes.ids[boxes] < 0) | (places >= self._seen[0]) & (places < self._seen[1])
        return np.stack([drawn, seen | (self._seen == (0, 0))])

    def _update_from(self, box: int) -> None:
        """Draw a box and what comes after it anew."""
        area = self.viewport().rect()
        if box:
            area.setTop(max(0, self.box_rect(box).top()))
        self.viewport().update(area)

    def set_selected(self, box: int | None) -> None:
        """Mark one box, and scroll to it; None marks none."""
        if box != self._selected:
            self._selected = box
            if box is not None and box < len(self._boxes):
                self._scroll_to_line(self._flow.line_of(box))
            self.viewport().update()

    def set_lit(self, box: int | None) -> None:
        """Light one box up, as when the mouse is on it."""
        if box != self._lit:
            self._lit = box
            self.viewport().update()

    def set_link(self, link: tuple[int, int] | None) -> None:
        """Frame a query in yellow and a key in teal."""
        if link != self._link:
            self._link = link
            self.viewport().update()

    def box_rect(self, box: int) -> QRect:
        """Where a box lies in the viewport, in logical pixels."""
        line = self._flow.line_of(box)
        top = line * self._line_height - self.verticalScrollBar().value()
        return QRect(int(self._flow.left[box]) + self._gap, top, int(self._flow.width[box]), self._box_height)

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(400), self._lines_shown() * self._line_height - self._gap + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._look.px(220), self.sizeHint().height())

    def _lines_shown(self) -> int:
        """As many as there are, up to three, but no more than a fifth of the window."""
        most = int(self.window().height() * WINDOW_SHARE) // self._line_height
        lines = LINES_SHOWN if self._streams and self._flow.lines > 1 else self._flow.lines
        return max(1, min(lines, LINES_SHOWN, most))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.window().installEventFilter(self)

    def _reflow(self) -> None:
        room = self.viewport().width() - 2 * self._gap
        boxes = self._boxes
        known = len(self._measured)
        sizes = repeat(1) if boxes.sizes is None else boxes.sizes[known:].tolist()
        more = map(self._painter.width_of, boxes.labels[known:], boxes.ids[known:].tolist(), sizes)
        widths = np.fromiter(more, np.int64, len(boxes) - known)
        self._measured = np.concatenate([self._measured, widths])
        lines = self._lines_shown()
        self._flow = flow(np.minimum(self._measured, max(room, 1)), self._gap, max(room, 1))
        whole = max(1, (self.viewport().height() + self._gap) // self._line_height)  # lines in sight
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, self._flow.lines - whole) * self._line_height)
        bar.setSingleStep(self._line_height)
        bar.setPageStep(whole * self._line_height)
        bar.setValue(round(bar.value() / self._line_height) * self._line_height)
        if lines != self._lines_shown():
            self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._reflow()
        self.show_caret()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(self._look.theme.window))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if len(self._boxes):
            boxes = self._boxes_in(event.rect())
            for box in range(boxes.start, boxes.stop):
                self._paint_box(painter, box)
        elif self._placeholder and not self._preedit:
            painter.setFont(self._look.words(14))
            painter.setPen(QColor(self._look.theme.tertiary))
            area = self.viewport().rect().adjusted(self._gap + self._look.px(6), 0, 0, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._placeholder)
        if self.hasFocus():
            self._paint_caret(painter)

    def _boxes_in(self, area: QRect) -> slice:
        """The boxes of the lines that a part of the viewport shows."""
        scroll, lines = self.verticalScrollBar().value(), self._flow.lines
        first = min(max(0, (scroll + area.top()) // self._line_height), lines)
        last = min(lines, (scroll + area.bottom()) // self._line_height + 1)
        return slice(int(self._flow.line_starts[first]), int(self._flow.line_starts[max(first, last)]))

    def _face(self, box: int) -> Face:
        token = int(self._boxes.ids[box])
        return Face(
            self._boxes.labels[box],
            token,
            self._boxes.size(box),
            written=box < len(self._drawn_by_model) and bool(self._drawn_by_model[box]),
            lit=box == self._lit,
            linked=self._link.index(box) if self._link is not None and box in self._link else -1,
            selected=box == self._selected,
            # Of what has no token yet nobody knows whether the model sees it.
            seen=token < 0 or self._seen[0] <= box < self._seen[1] or self._seen == (0, 0),
        )

    def _paint_box(self, painter: QPainter, box: int) -> None:
        rect, face = self.box_rect(box), self._face(box)
        start, end = self._cursor.selection
        first, last = (int(edge) for edge in self._boxes.spans[box])
        if start < end and first < end and last > start:
            self._painter.paint_ground(painter, face, QRectF(rect))
            self._paint_text_selection(painter, box, QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5))
            self._painter.paint_words(painter, face, QRectF(rect))
        else:
            picture = self._painter.picture(face, rect.size(), self.devicePixelRatioF())
            painter.drawPixmap(rect.topLeft(), picture)

    def _paint_text_selection(self, painter: QPainter, box: int, rect: QRectF) -> None:
        start, end = self._cursor.selection
        first, last = (int(edge) for edge in self._boxes.spans[box])
        if start < end and first < end and last > start:
            left = self._x_in_box(box, max(start, first)) if start > first else int(rect.left())
            right = self._x_in_box(box, min(end, last)) if end < last else int(rect.right())
            color = QColor(self._look.theme.button)
            color.setAlpha(110)
            painter.fillRect(QRectF(left, rect.top() + 1, right - left, rect.height() - 2), color)

    def _paint_caret(self, painter: QPainter) -> None:
        rect = self.caret_rect()
        if self._preedit:
            painter.setFont(self._label_font)
            width = self._metrics.horizontalAdvance(self._preedit)
            area = QRect(rect.left(), rect.top(), width + self._look.px(4), rect.height())
            painter.fillRect(area, QColor(self._look.theme.raised_more))
            painter.setPen(QColor(self._look.theme.text))
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._preedit)
            painter.drawLine(area.bottomLeft(), area.bottomRight())
        elif self._caret_on:
            painter.fillRect(rect, QColor(self._look.theme.text))

    # Places

    def caret_rect(self) -> QRect:
        """Where the caret is drawn, in the viewport."""
        width = max(2, self._look.px(2))
        inset = self._look.px(4)
        height = self._metrics.height()
        if not len(self._boxes):
            return QRect(self._gap, (self.viewport().height() - height) // 2, width, height)
        box = self._box_of_character(self._cursor.caret)
        rect = self.box_rect(box)
        return QRect(self._x_in_box(box, self._cursor.caret), rect.top() + inset, width, height)

    def _box_of_character(self, index: int) -> int:
        """The box that the caret before character `index` is drawn in; at the end of the text the last."""
        box = int(np.searchsorted(self._boxes.spans[:, 1], index, side="right"))
        return min(box, len(self._boxes) - 1)

    def _x_in_box(self, box: int, index: int) -> int:
        """The x of the caret before character `index` of the text."""
        rect = self.box_rect(box)
        start, end = (int(edge) for edge in self._boxes.spans[box])
        label = self._boxes.labels[box]
        text_width = self._metrics.horizontalAdvance(label)
        left = rect.left() + (rect.width() - text_width) // 2
        if end == start:
            return rect.left()
        share = (index - start) / (end - start)
        if len(label) == end - start:
            return left + self._metrics.horizontalAdvance(label[: index - start])
        return left + round(text_width * share)

    def character_at(self, position: QPoint) -> int:
        """The character before which a click at `position` puts the caret."""
        if not len(self._boxes):
            return 0
        line = (position.y() + self.verticalScrollBar().value()) // self._line_height
        line = max(0, min(line, self._flow.lines - 1))
        box = self._flow.box_at(line, position.x() - self._gap, self._gap)
        start, end = (int(edge) for edge in self._boxes.spans[box])
        edges = range(start, end + 1)
        return min(edges, key=lambda index: abs(self._x_in_box(box, index) - position.x()), default=start)

    def box_at(self, position: QPoint) -> int | None:
        """The box under a point of the viewport."""
        line = (position.y() + self.verticalScrollBar().value()) // self._line_height
        box = self._flow.box_at(line, position.x() - self._gap, self._gap)
        return box if box >= 0 and self.box_rect(box).contains(position) else None

    def line_edge(self, side: int) -> int:
        """The character at the beginning (0) or after the end (1) of the caret's line."""
        if not len(self._boxes):
            return 0
        line = self._flow.line_of(self._box_of_character(self._cursor.caret))
        box = int(self._flow.line_starts[line + side]) - side
        return int(self._boxes.spans[box, side])

    def line_step(self) -> int:
        """Pixels from a line to the next."""
        return self._line_height

    def input_font(self) -> QFont:
        """The font that what is typed is drawn in."""
        return self._label_font

    def _scroll_to_line(self, line: int) -> None:
        bar, top = self.verticalScrollBar(), line * self._line_height
        if top < bar.value():
            bar.setValue(top)
        elif top + self._line_height > bar.value() + self.viewport().height():
            bar.setValue(top + self._line_height - self.viewport().height())

    def show_caret(self) -> None:
        """Scroll to the caret and draw it."""
        self._scroll_to_caret()
        self.viewport().update()
        self.updateMicroFocus()

    def _scroll_to_caret(self) -> None:
        if len(self._boxes):
            self._scroll_to_line(self._flow.line_of(self._box_of_character(self._cursor.caret)))
        self._caret_on = True
