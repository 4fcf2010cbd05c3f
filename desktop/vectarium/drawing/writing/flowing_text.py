"""A text as large readable prose whose tokens can be coloured, hovered, selected and stretched over."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.writing.prose_layout import ProseLayout, shown
from vectarium.drawing.writing.token_colors import Classes

CACHED_PIECES = 20_000
PIECES_AT_ONCE = 4_000  # words laid out in one turn of the event loop, some 20 ms


@dataclass(frozen=True, eq=False)
class Marks:
    """How the tokens are drawn beyond their text."""

    classes: Classes = field(
        default_factory=lambda: np.empty(0, np.int8)
    )  # [token] index into `colors`, or -1
    colors: tuple[QColor, ...] = ()
    by_hand: frozenset[int] = frozenset()  # tokens that someone chose
    seen_from: int = 0  # tokens before it are out of the model's sight
    caret_after: int | None = None  # the token after which the text goes on
    headings: tuple[tuple[int, int], ...] = ()  # characters drawn as names of who speaks


class FlowingText(QAbstractScrollArea):
    """Shows `text` whose tokens have the characters `spans`. Follows the end while it is in sight."""

    clicked = Signal(object)  # token, or None beside the text
    hovered = Signal(object)  # token or None
    opened = Signal(int)  # token, by Enter or a double click
    stretch_changed = Signal(object)  # (first token, one past the last) or None

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._layout = ProseLayout(self._advances)
        self._go_on = QTimer(self)
        self._go_on.setSingleShot(True)
        self._go_on.timeout.connect(self._lay_out_more)
        self._cache: dict[str, tuple[float, ...]] = {}
        self._text = ""
        self._spans: npt.NDArray[np.int64] = np.empty((0, 2), np.int64)
        self._marks = Marks()
        self._selected: int | None = None
        self._lit: int | None = None
        self._link: tuple[int, int] | None = None
        self._under_mouse: int | None = None
        self._pressed: int | None = None
        self._stretch: tuple[int, int] | None = None
        self.take_key: Callable[[QKeyEvent], bool] = lambda event: False  # whether it knew the key
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A small pane gives its other parts their room first.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("The text as the model writes it")
        self.set_look(look)

    # What is shown

    def set_look(self, look: Look) -> None:
        self._look = look
        self._font = look.words(19)
        self._metrics = QFontMetricsF(self._font)
        self._line_height = round(self._metrics.height() * 1.42)
        self._pad = look.px(20)
        self.setMinimumHeight(2 * self._line_height)
        self._cache.clear()
        self._layout.clear()
        self._reflow()

    def set_text(self, text: str, spans: npt.NDArray[np.int64]) -> None:
        """Show `text` with tokens at `spans`, [token, 2] characters."""
        if self._stretch is not None and (self._stretch[1] > len(spans) or not text.startswith(self._text)):
            self._set_stretch(None)
        self._text, self._spans = text, spans
        self.setAccessibleDescription(text[-1000:])
        self._reflow()

    def set_marks(self, marks: Marks) -> None:
        """Colour the tokens."""
        self._marks = marks
        self.viewport().update()

    def set_selected(self, token: int | None) -> None:
        """Frame one token and bring it into sight; None frames none."""
        if token != self._selected:
            self._selected = token
            if token is not None:
                self.show_token(token)
            self.viewport().update()

    def set_link(self, link: tuple[int, int] | None) -> None:
        """Frame two tokens between which attention is pointed at."""
        if link != self._link:
            self._link = link
            self.viewport().update()

    def set_lit(self, token: int | None) -> None:
        """Light one token up."""
        if token != self._lit:
            self._lit = token
            self.viewport().update()

    @property
    def stretch(self) -> tuple[int, int] | None:
        """The tokens that were drawn over with the mouse: the first and one past the last."""
        return self._stretch

    def show_token(self, token: int) -> None:
        """Scroll until a token is in sight."""
        rects = self.token_rects(token)
        if not rects:
            return
        bar, shown_height = self.verticalScrollBar(), self.viewport().height()
        if rects[0].top() < 0:
            bar.setValue(int(bar.value() + rects[0].top() - self._pad))
        elif rects[-1].bottom() > shown_height:
            bar.setValue(int(bar.value() + rects[-1].bottom() - shown_height + self._pad))

    # Layout

    def _advances(self, piece: str) -> tuple[float, ...]:
        known = self._cache.get(piece)
        if known is None:
            if len(self._cache) > CACHED_PIECES:
                self._cache.clear()
            width = self._metrics.horizontalAdvance
            if len(piece) <= 64:
                edges = [width(piece[:count]) for count in range(len(piece) + 1)]
            else:  # one shaping a character would take quadratic time
                edges = np.concatenate([[0.0], np.cumsum([width(character) for character in piece])]).tolist()
            known = self._cache[piece] = tuple(edges)
        return known

    def _reflow(self) -> None:
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - self._line_height
        # As if the scroll bar were there: when it comes, no word moves.
        room = max(self._look.px(60), self.width() - bar.sizeHint().width() - 2 * self._pad)
        done = self._layout.lay_out(self._text, float(room), PIECES_AT_ONCE)
        self._go_on.start() if not done else self._go_on.stop()
        self._fit(at_end)

    @Slot()
    def _lay_out_more(self) -> None:
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - self._line_height
        if not self._layout.go_on(PIECES_AT_ONCE):
            self._go_on.start()
        self._fit(at_end)

    def _fit(self, at_end: bool) -> None:
        """Let the scroll bar span what is laid out, and stay at the end if it was there."""
        bar = self.verticalScrollBar()
        height = self._layout.lines * self._line_height + 2 * self._pad
        bar.setRange(0, max(0, height - self.viewport().height()))
        bar.setSingleStep(self._line_height)
        bar.setPageStep(self.viewport().height())
        if at_end:
            bar.setValue(bar.maximum())
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._reflow()

    def _top_of(self, line: int) -> float:
        return self._pad + line * self._line_height - self.verticalScrollBar().value()

    def token_rects(self, token: int) -> list[QRectF]:
        """Where a token lies in the viewport, one rectangle a line. None for part of a character."""
        if not 0 <= token < len(self._spans):
            return []
        start, end = (int(edge) for edge in self._spans[token])
        inset = self._line_height * 0.06
        return [
            QRectF(
                left + self._pad,
                self._top_of(line) + inset,
                max(right - left, 1),
                self._line_height - 2 * inset,
            )
            for line, left, right in self._layout.segments(start, min(end, len(self._layout.line)))
            if right > left
        ]

    def token_at(self, point: QPoint | QPointF) -> int | None:
        """The token under a point of the viewport."""
        line = int((point.y() - self._top_of(0)) // self._line_height)
        if not 0 <= line < self._layout.lines:
            return None
        character = self._layout.character_at(point.x() - self._pad, line)
        if character is None:
            return None
        token = int(np.searchsorted(self._spans[:, 0], character, side="right")) - 1
        return token if token >= 0 and character < self._spans[token, 1] else None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first_line = max(0, int(-self._top_of(0) // self._line_height))
        last_line = min(self._layout.lines, first_line + self.viewport().height() // self._line_height + 2)
        begin = self._layout.first_of_line(first_line)
        end = self._layout.first_of_line(last_line)
        first = int(np.searchsorted(self._spans[:, 1], begin, side="right"))
        last = int(np.searchsorted(self._spans[:, 0], end, side="left"))
        for token in range(first, last):
            self._paint_ground(painter, token)
        self._paint_text(painter, first_line, last_line)
        for framed in {self._selected, self._lit, *(self._link or ())}:
            if framed is not None and first <= framed < last:
                self._paint_frame(painter, framed)
        self._paint_caret(painter)

    def _paint_ground(self, painter: QPainter, token: int) -> None:
        marks, theme = self._marks, self._look.theme
        kind = int(marks.classes[token]) if token < len(marks.classes) else -1
        stretched = self._stretch is not None and self._stretch[0] <= token < self._stretch[1]
        seen = token >= marks.seen_from
        if not stretched and (kind < 0 or not seen) and token not in marks.by_hand:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self._look.px(4)
        for rect in self.token_rects(token):
            if kind >= 0 and seen:
                painter.setBrush(marks.colors[kind])
                painter.drawRoundedRect(rect.adjusted(0.5, 0, -0.5, 0), radius, radius)
            if stretched:
                color = QColor(theme.button)
                color.setAlpha(110)
                painter.fillRect(rect, color)
            if token in marks.by_hand:
                painter.setPen(QPen(QColor(theme.text), self._look.px(1.5), Qt.PenStyle.DotLine))
                painter.drawLine(rect.bottomLeft(), rect.bottomRight())
                painter.setPen(Qt.PenStyle.NoPen)

    def _paint_text(self, painter: QPainter, first_line: int, last_line: int) -> None:
        theme = self._look.theme
        drawn = shown(self._text) if len(self._text) < 4096 else None
        seen_from = self._marks.seen_from
        greyed = int(self._spans[seen_from, 0]) if 0 < seen_from < len(self._spans) else 0
        baseline = (self._line_height - self._metrics.height()) / 2 + self._metrics.ascent()
        bold = self._look.words(19)
        bold.setWeight(bold.Weight.DemiBold)
        for fragment in self._layout.fragments_of(first_line, last_line):
            start, end = fragment.start, fragment.end
            text = drawn[start:end] if drawn is not None else shown(self._text[start:end])
            skipped = len(text) - len(text.lstrip()) if self._layout.right[start] == 0.0 else 0
            text = text[skipped:]
            place = QPointF(fragment.x + self._pad, self._top_of(fragment.line) + baseline)
            heading = any(low <= start + skipped and end <= high for low, high in self._marks.headings)
            painter.setFont(bold if heading else self._font)
            faint = text == "⏎" or end <= greyed
            color = theme.tertiary if faint else theme.accent if heading else theme.text
            painter.setPen(QColor(color))
            painter.drawText(place, text)

    def _paint_frame(self, painter: QPainter, token: int) -> None:
        theme = self._look.theme
        chosen = token == self._selected
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 1.8 if chosen else 1.2
        painter.setPen(QPen(QColor(theme.query if chosen else theme.secondary), width * self._look.zoom))
        for rect in self.token_rects(token):
            painter.drawRoundedRect(rect, self._look.px(4), self._look.px(4))

    def _paint_caret(self, painter: QPainter) -> None:
        token = self._marks.caret_after
        x, line = self._layout.end
        if token is not None and token < len(self._spans) - 1:
            rects = self.token_rects(token)
            if not rects:
                return
            left, top = rects[-1].right(), rects[-1].top()
        else:
            left, top = x + self._pad, self._top_of(line) + self._line_height * 0.06
        width = max(2, self._look.px(2))
        color = self._look.theme.accent if self.hasFocus() else self._look.theme.tertiary
        painter.fillRect(QRectF(left, top, width, self._line_height * 0.88), QColor(color))

    # Mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self.token_at(event.position())
            self._set_stretch(None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        token = self.token_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and self._pressed is not None:
            if token is not None and token != self._pressed:
                self._set_stretch((min(token, self._pressed), max(token, self._pressed) + 1))
            return
        self._set_under_mouse(token)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._stretch is None:
            self.clicked.emit(self._pressed)
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        token = self.token_at(event.position())
        if token is not None:
            self.opened.emit(token)

    def leaveEvent(self, event: object) -> None:
        self._set_under_mouse(None)

    def focusInEvent(self, event: object) -> None:
        self.viewport().update()

    def focusOutEvent(self, event: object) -> None:
        self.viewport().update()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def _set_under_mouse(self, token: int | None) -> None:
        if token != self._under_mouse:
            self._under_mouse = token
            self.hovered.emit(token)

    def _set_stretch(self, stretch: tuple[int, int] | None) -> None:
        if stretch != self._stretch:
            self._stretch = stretch
            self.stretch_changed.emit(stretch)
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
            return
        if event.matches(QKeySequence.StandardKey.SelectAll) and len(self._spans):
            self._set_stretch((0, len(self._spans)))
            return
        bar = self.verticalScrollBar()
        moves = {
            Qt.Key.Key_Up: -bar.singleStep(),
            Qt.Key.Key_Down: bar.singleStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_Home: -bar.maximum(),
            Qt.Key.Key_End: bar.maximum(),
        }
        step = moves.get(Qt.Key(event.key()))
        if step is None:
            if not self.take_key(event):
                event.ignore()
        else:
            bar.setValue(bar.value() + step)

    def _copy(self) -> None:
        first, last = self._stretch or (0, len(self._spans))
        if first < last:
            text = self._text[int(self._spans[first, 0]) : int(self._spans[last - 1, 1])]
            QGuiApplication.clipboard().setText(text.encode("utf-8", "replace").decode())

    def caret_rect(self) -> QRect:
        """Where the next token will appear, in the viewport."""
        x, line = self._layout.end
        return QRect(round(x + self._pad), round(self._top_of(line)), 1, self._line_height)
