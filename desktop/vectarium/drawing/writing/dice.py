"""The draw of a token made visible: the kept tokens side by side, and the random number that fell on one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from vectarium.drawing.distribution_rows import percent
from vectarium.drawing.palette import Look, mix

ROWS = 6


@dataclass(frozen=True, eq=False)
class Chances:
    """The kept tokens of a step in rank order. The last entry may be all others together."""

    labels: tuple[str, ...]
    drawn: npt.NDArray[np.float64]  # [entry] the probability of being drawn; they sum to 1
    others: int = 0  # tokens in the last entry, 0 if it is one token

    def entry_at(self, uniform: float) -> int:
        """The entry on which a number in [0, 1) falls."""
        edges = np.cumsum(self.drawn)
        return min(int(np.searchsorted(edges, uniform * edges[-1], side="right")), len(self.labels) - 1)

    def edges(self) -> npt.NDArray[np.float64]:
        """[entry + 1] where the entries begin and end between 0 and 1."""
        edges = np.concatenate([[0.0], np.cumsum(self.drawn)])
        shares: npt.NDArray[np.float64] = edges / edges[-1]
        return shares


class DiceBar(QWidget):
    """The cumulative bar with the number that fell on it."""

    chosen = Signal(int)  # entry that was clicked

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._chances: Chances | None = None
        self._uniform: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("The dice: tokens as wide as they are likely to be drawn")
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._look = look
        self.updateGeometry()
        self.update()

    def show_draw(self, chances: Chances | None, uniform: float | None) -> None:
        """Show a draw; without a number the token was chosen by hand."""
        self._chances, self._uniform = chances, uniform
        if chances is not None and uniform is not None:
            label = chances.labels[chances.entry_at(uniform)]
            self.setAccessibleDescription(f"The random number {uniform:.6f} fell on {label}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(180), self._look.px(84))

    def _bar(self) -> QRectF:
        px = self._look.px
        return QRectF(px(4), px(34), max(1, self.width() - px(8)), px(24))

    def _entry_at(self, x: float) -> int | None:
        bar = self._bar()
        if self._chances is None or not bar.left() <= x <= bar.right():
            return None
        return self._chances.entry_at(min((x - bar.left()) / bar.width(), 1 - 1e-12))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._chances is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, px, bar = self._look.theme, self._look.px, self._bar()
        edges = self._chances.edges()
        painter.setFont(self._look.mono(11))
        metrics = QFontMetrics(self._look.mono(11))
        for entry, label in enumerate(self._chances.labels):
            left = bar.left() + float(edges[entry]) * bar.width()
            width = float(edges[entry + 1] - edges[entry]) * bar.width()
            if width < 0.4:
                continue
            others = bool(self._chances.others) and entry == len(self._chances.labels) - 1
            share = entry / max(4, min(len(self._chances.labels) - 1, 12))
            color = QColor(theme.faint) if others else mix(theme.query, theme.key, min(1.0, share))
            painter.fillRect(
                QRectF(left, bar.top(), max(0.4, width - (1 if width > 3 else 0)), bar.height()), color
            )
            if width > px(30):
                painter.setPen(QColor(theme.secondary))
                text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, int(width - 2))
                painter.drawText(QPointF(left, bar.bottom() + px(4) + metrics.ascent()), text)
        if self._uniform is not None:
            self._paint_number(painter, bar, metrics)

    def _paint_number(self, painter: QPainter, bar: QRectF, metrics: QFontMetrics) -> None:
        assert self._chances is not None
        assert self._uniform is not None
        theme, px = self._look.theme, self._look.px
        x = bar.left() + self._uniform * bar.width()
        painter.setPen(QPen(QColor(theme.text), px(2)))
        painter.drawLine(QPointF(x, bar.top() - px(6)), QPointF(x, bar.bottom() + px(3)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.text))
        top = bar.top() - px(6)
        painter.drawPolygon(
            QPolygonF(
                [QPointF(x - px(5), top - px(5)), QPointF(x + px(5), top - px(5)), QPointF(x, top + px(2))]
            )
        )
        label = self._chances.labels[self._chances.entry_at(self._uniform)]
        text = f"u = {self._uniform:.4f} → {label}"
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(bar.width()))
        width = metrics.horizontalAdvance(text)
        left = min(max(bar.left(), x - width / 2), bar.right() - width)
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(left, px(4) + metrics.ascent()), text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        entry = self._entry_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and entry is not None:
            self.chosen.emit(entry)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            entry, chances = self._entry_at(event.pos().x()), self._chances
            tip = ""
            if entry is not None and chances is not None:
                edges = chances.edges()
                tip = (
                    f"{chances.labels[entry]}: drawn with {percent(float(chances.drawn[entry]))}, "
                    f"for u from {edges[entry]:.4f} to {edges[entry + 1]:.4f}"
                )
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)  # type: ignore[arg-type]


class DiceCounts(QWidget):
    """How often each token came in many rolls, beside how often it should have come."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._chances: Chances | None = None
        self._counts: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Counts of many rolls beside their expectation")
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._look = look
        self._resize()

    def show_counts(self, chances: Chances | None, counts: npt.NDArray[np.int64]) -> None:
        """`counts`, [entry], of the entries of `chances`; none of them hides the table."""
        self._chances, self._counts = chances, counts
        self._resize()
        if chances is not None and len(counts):
            total = int(counts.sum())
            self.setAccessibleDescription(
                "; ".join(
                    f"{label} {count} of {total * share:.0f} expected"
                    for label, count, share in zip(chances.labels, counts, chances.drawn, strict=True)
                )[:1000]
            )

    def _rows(self) -> int:
        return min(len(self._counts), ROWS)

    def _resize(self) -> None:
        rows = self._rows() + (1 if self._rows() else 0)
        self.setFixedHeight(rows * self._look.px(20))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        chances = self._chances
        if chances is None or not self._rows():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, px = self._look.theme, self._look.px
        row, label_width, number = px(20), px(62), px(82)
        font = self._look.mono(11)
        painter.setFont(font)
        metrics = QFontMetrics(font)
        total = int(self._counts.sum())
        scale = max(float(chances.drawn.max()), float(self._counts.max()) / total)
        painter.setPen(QColor(theme.secondary))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, self.width(), row), right, "came / expected")
        for entry in range(self._rows()):
            top = (entry + 1) * row
            painter.setPen(QColor(theme.text))
            label = metrics.elidedText(
                chances.labels[entry], Qt.TextElideMode.ElideRight, label_width - px(4)
            )
            painter.drawText(QRectF(0, top, label_width, row), Qt.AlignmentFlag.AlignVCenter, label)
            room = self.width() - label_width - number
            bar = QRectF(
                label_width, top + row * 0.25, max(1.0, room * self._counts[entry] / total / scale), row * 0.5
            )
            painter.fillRect(bar, mix(theme.pane, theme.accent, 0.8))
            expected = label_width + room * float(chances.drawn[entry]) / scale
            painter.setPen(QPen(QColor(theme.query), px(2)))
            painter.drawLine(QPointF(expected, top + px(2)), QPointF(expected, top + row - px(2)))
            painter.setPen(QColor(theme.text))
            text = f"{self._counts[entry]} / {total * float(chances.drawn[entry]):.0f}"
            painter.drawText(QRectF(0, top, self.width(), row), right, text)
