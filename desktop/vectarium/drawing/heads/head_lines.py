"""Attention as lines between two columns of tokens: queries on one side, keys on the other."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from vectarium.drawing.palette import Look

FAINTEST = 0.02  # lines of smaller weights are not drawn
SMOOTH = 500  # lines; more of them are drawn without smoothing, many times as fast
LABEL = 0.3  # a column's share of the width


@dataclass(frozen=True, eq=False)
class Lines:
    """A pattern and its tokens. `heads` are those it is made of, by name, if they are to be told apart."""

    pattern: npt.NDArray[np.float32]  # [query, key]
    labels: tuple[str, ...]
    heads: tuple[tuple[str, npt.NDArray[np.float32]], ...] = ()


class HeadLines(QScrollArea):
    """Point at a token for its lines alone; a click holds them, another lets them go. A double-click on the
    swatch of a head shows it alone, another one all again."""

    pointed = Signal(object)  # token | None

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.sheet = _Sheet(look)
        self.sheet.pointed.connect(self.pointed)
        self.setWidget(self.sheet)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_lines(self, lines: Lines | None) -> None:
        self.sheet.show_lines(lines)

    def set_marked(self, query: int | None) -> None:
        """Mark the selected token."""
        self.sheet.set_marked(query)


class _Sheet(QWidget):
    pointed = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._line = QFontMetrics(look.mono(12)).height()
        self._lines: Lines | None = None
        self._marked: int | None = None
        self.over: tuple[str, int] | None = None  # "query" or "key", and which
        self.held: tuple[str, int] | None = None
        self.alone: str | None = None  # the name of the one head that is shown
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Attention as lines from queries to keys")

    def set_look(self, look: Look) -> None:
        self._look = look
        self._line = QFontMetrics(look.mono(12)).height()
        self.updateGeometry()
        self.update()

    def show_lines(self, lines: Lines | None) -> None:
        self._lines = lines
        count = len(lines.labels) if lines is not None else 0
        names = [name for name, _ in lines.heads] if lines is not None else []
        self.alone = self.alone if self.alone in names else None
        for name in ("over", "held"):
            one = getattr(self, name)
            if one is not None and one[1] >= count:
                setattr(self, name, None)
        self.updateGeometry()
        self.update()

    def set_marked(self, query: int | None) -> None:
        self._marked = query
        self.update()

    def _row(self) -> float:
        """A line's height: all in the room there is, and never too small to read."""
        count = len(self._lines.labels) if self._lines is not None else 1
        return max(self._line, min((self.height() - self._top()) / max(1, count), 2.0 * self._line))

    def _top(self) -> float:
        return 1.5 * self._line

    def sizeHint(self) -> QSize:
        count = len(self._lines.labels) if self._lines is not None else 0
        return QSize(200, round((count + 2) * self._line))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def place_of(self, side: str, token: int) -> QRectF:
        """Where a token stands: queries on the left, keys on the right."""
        width = self.width() * LABEL
        left = 0.0 if side == "query" else self.width() - width
        return QRectF(left, self._top() + token * self._row(), width, self._row())

    def _pattern(self) -> npt.NDArray[np.float32]:
        """What the numbers speak of: all heads in one, or the one that is shown alone."""
        assert self._lines is not None
        return dict(self._lines.heads).get(self.alone or "", self._lines.pattern)

    def _colors(self) -> list[str]:
        theme = self._look.theme
        names = (theme.query, theme.key, theme.value, theme.positive, theme.found)
        return [*names, theme.temperature, theme.accent, theme.secondary]

    def swatches(self) -> list[tuple[str, QRectF]]:
        """The heads that can be shown alone, and where their swatches are."""
        if self._lines is None or not self._lines.heads:
            return []
        metrics, pad = QFontMetrics(self._look.mono(12)), self._look.px(6)
        widths = [metrics.horizontalAdvance(name) + metrics.height() + pad for name, _ in self._lines.heads]
        left = (self.width() - sum(widths)) / 2
        found = []
        for (name, _), width in zip(self._lines.heads, widths, strict=True):
            found.append((name, QRectF(left, 0, width, self._top())))
            left += width
        return found

    def shown(self) -> list[tuple[int, int, float]]:
        """The lines that are drawn: query, key, weight."""
        if self._lines is None:
            return []
        pattern = self._pattern()
        one = self.over or self.held
        wanted = pattern >= FAINTEST
        if one is not None:
            only = np.zeros_like(wanted)
            if one[0] == "query":
                only[one[1]] = True
            else:
                only[:, one[1]] = True
            wanted = (pattern > 0.001) & only
        found = np.argwhere(wanted)
        return [(int(query), int(key), float(pattern[query, key])) for query, key in found]

    def paintEvent(self, event: QPaintEvent) -> None:
        lines, theme, look = self._lines, self._look.theme, self._look
        if lines is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pad = look.px(8)
        one = self.over or self.held
        ends: set[tuple[str, int]] = set() if one is None else {one}
        colors = self._colors()
        drawn = [
            (query, key, weight)
            for query, key, weight in self.shown()
            if self._crosses(event.rect().top(), event.rect().bottom(), query, key)
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(drawn) <= SMOOTH)
        for query, key, weight in drawn:
            apart = [
                (float(pattern[query, key]), colors[index % len(colors)])
                for index, (name, pattern) in enumerate(lines.heads)
                if self.alone in (None, name)
            ]
            for strength, ink in apart or [(weight, theme.query)]:
                self._paint_line(painter, query, key, strength, ink)
            if one is not None and weight >= FAINTEST:
                ends |= {("query", query), ("key", key)}
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_swatches(painter, colors)
        painter.setFont(look.words(12))
        head = QRectF(0, 0, self.width() * LABEL, self._top())
        for text, ink, align, rect in (
            ("queries", theme.query, Qt.AlignmentFlag.AlignRight, head),
            ("keys", theme.key, Qt.AlignmentFlag.AlignLeft, head.translated(self.width() * (1 - LABEL), 0)),
        ):
            painter.setPen(QColor(ink))
            painter.drawText(rect.adjusted(pad, 0, -pad, 0), align | Qt.AlignmentFlag.AlignVCenter, text)
        painter.setFont(look.mono(12))
        for index, label in enumerate(lines.labels):
            for side, ink, align in (
                ("query", theme.query, Qt.AlignmentFlag.AlignRight),
                ("key", theme.key, Qt.AlignmentFlag.AlignLeft),
            ):
                rect = self.place_of(side, index)
                if rect.bottom() < event.rect().top() or rect.top() > event.rect().bottom():
                    continue
                if (side, index) in ends or (side == "query" and index == self._marked):
                    painter.fillRect(rect.adjusted(0, 1, 0, -1), QColor(theme.raised_more))
                faint = one is not None and (side, index) not in ends
                painter.setPen(QColor(theme.secondary if faint else ink))
                inside = rect.adjusted(pad, 0, -pad, 0)
                share = self._weight(one, side, index)
                text = label if share is None else self._with_weight(label, share, side)
                text = painter.fontMetrics().elidedText(
                    text, Qt.TextElideMode.ElideRight, int(inside.width())
                )
                painter.drawText(inside, align | Qt.AlignmentFlag.AlignVCenter, text)

    def _crosses(self, top: float, bottom: float, query: int, key: int) -> bool:
        """Whether a line passes through a stretch of the sheet."""
        first, last = min(query, key), max(query, key)
        return self._top() + (last + 1) * self._row() >= top and self._top() + first * self._row() <= bottom

    def _paint_line(self, painter: QPainter, query: int, key: int, weight: float, ink: str) -> None:
        start, end = self.place_of("query", query), self.place_of("key", key)
        color = QColor(ink)
        color.setAlphaF(min(1.0, 0.1 + 0.9 * weight**0.5))
        painter.setPen(QPen(color, max(1.0, self._look.px(7) * weight)))
        painter.drawLine(QPointF(start.right(), start.center().y()), QPointF(end.left(), end.center().y()))

    def _paint_swatches(self, painter: QPainter, colors: list[str]) -> None:
        painter.setFont(self._look.mono(12))
        side = QFontMetrics(self._look.mono(12)).height() * 0.6
        for index, (name, rect) in enumerate(self.swatches()):
            on = self.alone in (None, name)
            square = QRectF(rect.left(), rect.center().y() - side / 2, side, side)
            painter.setPen(QColor(colors[index % len(colors)]))
            painter.setBrush(QColor(colors[index % len(colors)]) if on else Qt.BrushStyle.NoBrush)
            painter.drawRect(square)
            painter.setPen(QColor(self._look.theme.text if on else self._look.theme.secondary))
            text = rect.adjusted(side + self._look.px(3), 0, 0, 0)
            painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        for name, rect in self.swatches():
            if rect.contains(event.position()):
                self.alone = None if self.alone == name else name
                self.update()

    def _weight(self, one: tuple[str, int] | None, side: str, index: int) -> float | None:
        """The weight between the token that is looked at and one on the other side."""
        if one is None or one[0] == side or self._lines is None:
            return None
        cell = (one[1], index) if one[0] == "query" else (index, one[1])
        weight = float(self._pattern()[cell])
        return weight if weight >= 0.005 else None

    @staticmethod
    def _with_weight(label: str, weight: float, side: str) -> str:
        share = f"{100 * weight:.0f} %"
        return f"{label}  {share}" if side == "key" else f"{share}  {label}"

    def _at(self, point: QPointF) -> tuple[str, int] | None:
        if self._lines is None:
            return None
        index = int((point.y() - self._top()) // self._row())
        if not 0 <= index < len(self._lines.labels):
            return None
        for side in ("query", "key"):
            if self.place_of(side, index).contains(point):
                return side, index
        return None

    def _point(self, over: tuple[str, int] | None) -> None:
        if over != self.over:
            self.over = over
            self.update()
            self.pointed.emit(None if over is None else over[1])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            one = self._at(event.position())
            self.held = None if one == self.held else one
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = len(self._lines.labels) if self._lines is not None else 0
        key = Qt.Key(event.key())
        if not count or key not in (
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_Escape,
        ):
            super().keyPressEvent(event)
            return
        side, index = self.held or ("query", count if key == Qt.Key.Key_Up else -1)
        if key == Qt.Key.Key_Escape:
            self.held = None
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.held = ("query" if key == Qt.Key.Key_Left else "key", max(0, min(index, count - 1)))
        else:
            step = -1 if key == Qt.Key.Key_Up else 1
            self.held = side, max(0, min(index + step, count - 1))
        self.update()
