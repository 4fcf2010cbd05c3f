"""How prose is drawn: the ground of its tokens, the text, frames, selection and carets."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from vectarium.drawing.writing.prose_layout import spelled
from vectarium.drawing.writing.token_colors import Classes

if TYPE_CHECKING:
    from vectarium.drawing.writing.flowing_text import FlowingText

SELECTED_ALPHA = 110


@dataclass(frozen=True, eq=False)
class Marks:
    """How the tokens are drawn beyond their text."""

    classes: Classes = field(
        default_factory=lambda: np.empty(0, np.int8)
    )  # [token] index into `colors`, or -1
    colors: tuple[QColor, ...] = ()
    typed: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))  # [token]
    by_hand: frozenset[int] = frozenset()  # tokens that someone chose
    seen_from: int = 0  # tokens before it are out of the model's sight
    headings: tuple[tuple[int, int], ...] = ()  # characters drawn as names of who speaks

    def first_other(self, before: "Marks") -> int:
        """The first token that does not look as it did."""
        alike = (self.seen_from, self.headings, self.colors) == (
            before.seen_from,
            before.headings,
            before.colors,
        )
        count = min(len(self.classes), len(before.classes))
        other = (self.classes[:count] != before.classes[:count]) | (
            self.typed[:count] != before.typed[:count]
        )
        changed = [count, *np.flatnonzero(other)[:1].tolist(), *(self.by_hand ^ before.by_hand)]
        return min(changed) if alike else 0


def paint(painter: QPainter, view: "FlowingText", area: QRect) -> None:
    """Draw what a part of the viewport shows."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    first_line, last_line = view.lines_in(area)
    first, last = view.tokens_of_lines(first_line, last_line)
    for token in range(first, last):
        _paint_ground(painter, view, token)
    _paint_selection(painter, view)
    _paint_text(painter, view, first_line, last_line)
    for framed in {view.selected, view.lit, *(view.link or ())}:
        if framed is not None and first <= framed < last:
            _paint_frame(painter, view, framed)


def _paint_ground(painter: QPainter, view: "FlowingText", token: int) -> None:
    """A drawn token stands on its colour; a typed one has a line in its colour below."""
    marks, look = view.marks, view.look
    kind = int(marks.classes[token]) if token < len(marks.classes) else -1
    colored = kind >= 0 and token >= marks.seen_from
    if not colored and token not in marks.by_hand:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    radius = look.px(4)
    for rect in view.token_rects(token):
        if colored:
            painter.setBrush(marks.colors[kind])
            if marks.typed[token]:
                height = look.px(3)
                line = QRectF(rect.left() + 1, rect.bottom() - height, rect.width() - 2, height)
                painter.drawRect(line)
            else:
                painter.drawRoundedRect(rect.adjusted(0.5, 0, -0.5, 0), radius, radius)
        if token in marks.by_hand:
            painter.setPen(QPen(QColor(look.theme.text), look.px(1.5), Qt.PenStyle.DotLine))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            painter.setPen(Qt.PenStyle.NoPen)


def _paint_selection(painter: QPainter, view: "FlowingText") -> None:
    color = QColor(view.look.theme.button)
    color.setAlpha(SELECTED_ALPHA)
    for rect in view.rects_of(*view.selection):
        painter.fillRect(rect, color)


def _paint_text(painter: QPainter, view: "FlowingText", first_line: int, last_line: int) -> None:
    theme, drawn = view.look.theme, view.laid_out.drawn
    greyed = view.first_seen_character()
    bold = view.bold_font()
    for fragment in view.laid_out.fragments_of(first_line, last_line):
        start, end = fragment.start, fragment.end
        text = drawn[start:end]
        skipped = len(text) - len(text.lstrip()) if view.laid_out.right[start] == 0.0 else 0
        text = text[skipped:]
        heading = any(low <= start + skipped and end <= high for low, high in view.marks.headings)
        painter.setFont(bold if heading else view.font_of_text)
        faint = text == "⏎" or end <= greyed
        painter.setPen(QColor(theme.tertiary if faint else theme.accent if heading else theme.text))
        painter.drawText(view.baseline_of(fragment), spelled(text))


def _paint_frame(painter: QPainter, view: "FlowingText", token: int) -> None:
    look = view.look
    chosen = token == view.selected
    painter.setBrush(Qt.BrushStyle.NoBrush)
    color = QColor(look.theme.query if chosen else look.theme.secondary)
    painter.setPen(QPen(color, (1.8 if chosen else 1.2) * look.zoom))
    for rect in view.token_rects(token):
        painter.drawRoundedRect(rect, look.px(4), look.px(4))


def paint_composed(painter: QPainter, view: "FlowingText", text: str) -> None:
    """What an input method composes, at the caret."""
    look, caret = view.look, QRectF(view.caret_rect())
    painter.setFont(view.font_of_text)
    width = painter.fontMetrics().horizontalAdvance(text) + look.px(4)
    area = QRectF(caret.left(), caret.top(), width, caret.height())
    painter.fillRect(area, QColor(look.theme.raised_more))
    painter.setPen(QColor(look.theme.text))
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)
    painter.drawLine(area.bottomLeft(), QPointF(area.right(), area.bottom()))
