"""A text as large readable prose, and where its tokens and characters lie."""

from array import array
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.text.text_area import TextArea
from vectarium.drawing.writing.prose_layout import Fragment, ProseLayout, spelled
from vectarium.drawing.writing.prose_painting import Marks, paint

CACHED_PIECES = 4_000  # of text, some 300 bytes each
PIECES_AT_ONCE = 4_000  # words laid out in one turn of the event loop, some 20 ms
SMALLEST, LARGEST = 19, 30  # pixels at 100 %
SHARE_OF_LINE = 26  # a line has about twice as many characters as it is font sizes long


class FlowingText(TextArea):
    """Shows `text` whose tokens have the characters `spans`. Follows the end while it is in sight."""

    stretch_changed = Signal(object)  # (first token, one past the last) or None

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = look
        self.laid_out = ProseLayout(self._advances)
        self._go_on = QTimer(self)
        self._go_on.setSingleShot(True)
        self._go_on.timeout.connect(self._lay_out_more)
        self._cache: dict[str, Sequence[float]] = {}
        self._spans: npt.NDArray[np.int64] = np.empty((0, 2), np.int64)
        self.marks = Marks()
        self.selected: int | None = None
        self.lit: int | None = None
        self.link: tuple[int, int] | None = None
        self._stretch: tuple[int, int] | None = None
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A small pane gives its other parts their room first.
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName("The text as the model writes it")
        self.set_look(look)

    # What is shown

    def set_look(self, look: Look) -> None:
        self.look = look
        self._pad = look.px(20)
        self._set_font_size(self._fitting_size())
        self._reflow()

    def _room(self) -> int:
        # As if the scroll bar were there: when it comes, no word moves.
        return max(
            self.look.px(60), self.width() - self.verticalScrollBar().sizeHint().width() - 2 * self._pad
        )

    def _fitting_size(self) -> int:
        """The more room, the larger: a line stays about as many characters long."""
        return min(max(SMALLEST, int(self._room() / self.look.zoom / SHARE_OF_LINE)), LARGEST)

    def _set_font_size(self, size: int) -> None:
        self._size = size
        self.font_of_text = self.look.words(size)
        self._metrics = QFontMetricsF(self.font_of_text)
        self._line_height = round(self._metrics.height() * 1.42)
        self.setMinimumHeight(2 * self._line_height)
        self._cache.clear()
        self.laid_out.clear()

    def bold_font(self) -> QFont:
        """For the names of who speaks."""
        return self.look.words(self._size, QFont.Weight.DemiBold)

    def set_text(self, text: str, spans: npt.NDArray[np.int64]) -> None:
        """Show `text` with tokens at `spans`, [token, 2] characters."""
        grown, end, caret = text.startswith(self.text), self.laid_out.end[1], self._cursor.caret
        at_end = caret == len(self.text)
        if grown and self._cursor.selected:
            self._cursor = replace(self._cursor, text=text)
        else:
            self._cursor = self._cursor.with_text(text)
        self._spans = spans
        self._find_stretch()
        self.setAccessibleDescription(text[-1000:])
        # The last word may move to a line of its own; all before it stays as it is drawn.
        stays = grown and (at_end or caret == self._cursor.caret)
        self._reflow(max(0, end - 1) if stays else 0)

    def set_marks(self, marks: Marks) -> None:
        """Colour the tokens."""
        before, self.marks = self.marks, marks
        first = marks.first_other(before)
        rects = self.token_rects(first) if first else []
        self._update_from(rects[0].top() if rects else 0)

    def _update_from(self, top: float) -> None:
        """Draw what lies there and below anew."""
        area = self.viewport().rect()
        area.setTop(max(0, int(top)))
        self.viewport().update(area)

    def set_selected(self, token: int | None) -> None:
        """Frame one token and bring it into sight; None frames none."""
        if token != self.selected:
            self.selected = token
            if token is not None:
                self.show_token(token)
            self.viewport().update()

    def set_link(self, link: tuple[int, int] | None) -> None:
        """Frame two tokens between which attention is pointed at."""
        if link != self.link:
            self.link = link
            self.viewport().update()

    def set_lit(self, token: int | None) -> None:
        """Light one token up."""
        if token != self.lit:
            self.lit = token
            self.viewport().update()

    @property
    def selection(self) -> tuple[int, int]:
        """The first character of the selected text, and one past the last."""
        return self._cursor.selection

    @property
    def stretch(self) -> tuple[int, int] | None:
        """The tokens of which characters are selected: the first and one past the last."""
        return self._stretch

    def _find_stretch(self) -> None:
        start, end = self._cursor.selection
        first = int(self._spans[:, 1].searchsorted(start, "right"))
        last = int(self._spans[:, 0].searchsorted(end, "left"))
        stretch = (first, last) if start < end and first < last else None
        if stretch != self._stretch:
            self._stretch = stretch
            self.stretch_changed.emit(stretch)

    # Layout

    def _advances(self, piece: str) -> Sequence[float]:
        known = self._cache.get(piece)
        if known is None:
            if len(self._cache) >= CACHED_PIECES:
                self._cache.clear()
            width = self._metrics.horizontalAdvance
            if len(piece) <= 64:
                edges = [width(spelled(piece[:count])) for count in range(len(piece) + 1)]
            else:  # one shaping a character would take quadratic time
                widths = [width(spelled(character)) for character in piece]
                edges = np.concatenate([[0.0], np.cumsum(widths)]).tolist()
            known = self._cache[piece] = array("d", edges)
        return known

    def _reflow(self, first_line: int = 0) -> None:
        """Lay the text out, which changed from a line on."""
        at_end = self._is_at_end()
        done = self.laid_out.lay_out(self.text, float(self._room()), PIECES_AT_ONCE)
        self._go_on.start() if not done else self._go_on.stop()
        self._fit(at_end, first_line)

    @Slot()
    def _lay_out_more(self) -> None:
        at_end = self._is_at_end()
        if not self.laid_out.go_on(PIECES_AT_ONCE):
            self._go_on.start()
        self._fit(at_end)

    def _is_at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - self._line_height

    def _fit(self, at_end: bool, first_line: int = 0) -> None:
        """Let the scroll bar span what is laid out, and stay at the end if it was there."""
        bar = self.verticalScrollBar()
        height = self.laid_out.lines * self._line_height + 2 * self._pad
        bar.setRange(0, max(0, height - self.viewport().height()))
        bar.setSingleStep(self._line_height)
        bar.setPageStep(self.viewport().height())
        if at_end:
            bar.setValue(bar.maximum())
        self._update_from(self._top_of(first_line) if first_line else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitting_size() != self._size:
            self._set_font_size(self._fitting_size())
        self._reflow()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    # Where things lie, in the viewport

    def _top_of(self, line: int) -> float:
        return self._pad + line * self._line_height - self.verticalScrollBar().value()

    def lines_in(self, area: QRect) -> tuple[int, int]:
        """The first line that a part of the viewport shows, and one past the last."""
        first = max(0, int((area.top() - self._top_of(0)) // self._line_height))
        return first, min(self.laid_out.lines, first + area.height() // self._line_height + 2)

    def tokens_of_lines(self, first_line: int, last_line: int) -> tuple[int, int]:
        """The first token in these lines, and one past the last."""
        begin, end = self.laid_out.first_of_line(first_line), self.laid_out.first_of_line(last_line)
        first = int(self._spans[:, 1].searchsorted(begin, "right"))
        return first, int(self._spans[:, 0].searchsorted(end, "left"))

    def first_seen_character(self) -> int:
        """Characters before it are out of the model's sight."""
        seen_from = self.marks.seen_from
        return int(self._spans[seen_from, 0]) if 0 < seen_from < len(self._spans) else 0

    def baseline_of(self, fragment: Fragment) -> QPointF:
        """Where the text of a fragment is drawn."""
        ascent = (self._line_height - self._metrics.height()) / 2 + self._metrics.ascent()
        return QPointF(fragment.x + self._pad, self._top_of(fragment.line) + ascent)

    def rects_of(self, start: int, end: int) -> list[QRectF]:
        """Where characters lie, one rectangle a line."""
        inset = self._line_height * 0.06
        return [
            QRectF(
                left + self._pad,
                self._top_of(line) + inset,
                max(right - left, 1),
                self._line_height - 2 * inset,
            )
            for line, left, right in self.laid_out.segments(start, min(end, len(self.laid_out.line)))
            if right > left
        ]

    def token_rects(self, token: int) -> list[QRectF]:
        """Where a token lies. None for part of a character."""
        if not 0 <= token < len(self._spans):
            return []
        return self.rects_of(int(self._spans[token, 0]), int(self._spans[token, 1]))

    def token_at(self, point: QPoint | QPointF) -> int | None:
        """The token under a point."""
        line = int((point.y() - self._top_of(0)) // self._line_height)
        if not 0 <= line < self.laid_out.lines:
            return None
        character = self.laid_out.character_at(point.x() - self._pad, line)
        if character is None:
            return None
        token = int(self._spans[:, 0].searchsorted(character, "right")) - 1
        return token if token >= 0 and character < self._spans[token, 1] else None

    def end_rect(self) -> QRect:
        """Where the next token will appear."""
        return self._rect_at(*self.laid_out.end)

    def caret_rect(self) -> QRect:
        """Where the caret before a character is drawn."""
        return self._rect_at(*self.laid_out.caret(self._cursor.caret))

    def _rect_at(self, x: float, line: int) -> QRect:
        inset = self._line_height * 0.06
        return QRect(
            round(x + self._pad),
            round(self._top_of(line) + inset),
            max(2, self.look.px(2)),
            round(self._line_height - 2 * inset),
        )

    def character_at(self, position: QPoint) -> int:
        """The character before which a click puts the caret."""
        line = int((position.y() - self._top_of(0)) // self._line_height)
        return self.laid_out.caret_at(position.x() - self._pad, min(max(line, 0), self.laid_out.lines - 1))

    def line_edge(self, side: int) -> int:
        """The place at the beginning (0) or the end (1) of the caret's line."""
        _, line = self.laid_out.caret(self._cursor.caret)
        return self.laid_out.caret_at(float("inf") if side else float("-inf"), line)

    def line_step(self) -> int:
        """Pixels from a line to the next."""
        return self._line_height

    def input_font(self) -> QFont:
        """The font that what is typed is drawn in."""
        return self.font_of_text

    def show_token(self, token: int) -> None:
        """Scroll until a token is in sight."""
        if rects := self.token_rects(token):
            self._bring_into_sight(rects[0].top(), rects[-1].bottom())

    def show_caret(self) -> None:
        """Scroll to the caret and draw it."""
        rect = self.caret_rect()
        self._bring_into_sight(rect.top(), rect.bottom())
        self._caret_on = True
        self.viewport().update()
        self.updateMicroFocus()

    def _bring_into_sight(self, top: float, bottom: float) -> None:
        bar, shown_height = self.verticalScrollBar(), self.viewport().height()
        if top < 0:
            bar.setValue(int(bar.value() + top - self._pad))
        elif bottom > shown_height:
            bar.setValue(int(bar.value() + bottom - shown_height + self._pad))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        paint(painter, self, event.rect())
