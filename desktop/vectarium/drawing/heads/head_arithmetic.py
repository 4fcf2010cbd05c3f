"""How one weight comes about: query and key as bars, their products, and the arithmetic in numbers."""

from html import escape
from math import log10

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from vectarium.attention.head_numbers import Arithmetic
from vectarium.drawing.palette import Look

HINT = "Point at a cell to see how its number comes about; click to hold it."


def plain(value: float) -> str:
    """Four significant digits, powers of ten only where they are needed."""
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        digits = max(0, 3 - int(np.floor(log10(abs(value)))))
        text = f"{value:,.{min(digits, 4)}f}"
    else:
        mantissa, exponent = f"{value:.2e}".split("e")
        text = f"{mantissa} · 10<sup>{int(exponent)}</sup>".replace("<sup>-", "<sup>−")
    return text.replace("-", "−")


class _Bars(QWidget):
    """Three rows of bars around zero: q, k and their products, component by component."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._rows: tuple[tuple[str, npt.NDArray[np.float64]], ...] = ()
        self.high = 20  # pixels of a row at 100 %
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_look(self, look: Look) -> None:
        self._look = look
        self.updateGeometry()
        self.update()

    def show_rows(self, rows: tuple[tuple[str, npt.NDArray[np.float64]], ...]) -> None:
        self._rows = rows
        self.setVisible(bool(rows))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 3 * self._look.px(self.high))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 3 * self._look.px(self.high))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, look = self._look.theme, self._look
        painter = QPainter(self)
        painter.setFont(look.mono(12))
        left = QFontMetrics(look.mono(12)).horizontalAdvance("qᵢkᵢ ") + look.px(4)
        height = self.height() / 3
        for index, (name, values) in enumerate(self._rows):
            top = index * height
            ink = (theme.query, theme.key, theme.text)[index]
            painter.setPen(QColor(ink))
            painter.drawText(
                QRectF(0, top, left, height), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name
            )
            middle = top + height / 2
            painter.fillRect(QRectF(left, middle, self.width() - left, 1), QColor(theme.line))
            step = (self.width() - left) / max(1, len(values))
            tallest = float(np.abs(values).max(initial=0)) or 1.0
            for place, value in enumerate(values.tolist()):
                size = value / tallest * (height / 2 - 1)
                color = (theme.query, theme.key, theme.positive if value > 0 else theme.negative)[index]
                bar = QRectF(left + place * step, middle, max(1.0, step - 1), -size).normalized()
                painter.fillRect(bar, QColor(color))


class HeadArithmetic(QWidget):
    """Shows an `Arithmetic`, or a hint."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._bars = _Bars(look)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.px(4))
        layout.addWidget(self._bars)
        layout.addWidget(self._text)
        layout.addStretch(0)
        self._shown: tuple[Arithmetic, str, str, bool] | None = None
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._look = look
        self._text.setMinimumHeight(3 * QFontMetrics(look.mono(13)).lineSpacing())
        self._say()

    def set_tall(self, tall: bool) -> None:
        """Whether there is room for high bars."""
        self._bars.high = 44 if tall else 20
        self._bars.updateGeometry()

    def say(self, text: str = HINT) -> None:
        """A sentence in place of the arithmetic."""
        self._shown = None
        self._bars.show_rows(())
        self._text.setText(f'<span style="color:{self._look.theme.secondary}">{escape(text)}</span>')

    def show_arithmetic(self, cell: Arithmetic, query: str, key: str, queries_down: bool) -> None:
        """The cell of the tokens `query` and `key`."""
        self._shown = (cell, query, key, queries_down)
        self._bars.show_rows((("qᵢ", cell.q), ("kᵢ", cell.k), ("qᵢkᵢ", cell.products)))
        self._say()

    @property
    def text(self) -> str:
        return self._text.text()

    def _say(self) -> None:
        if self._shown is None:
            self.say()
            return
        cell, query, key, queries_down = self._shown
        theme = self._look.theme

        def ink(color: str, text: str) -> str:
            return f'<span style="color:{color}">{text}</span>'

        name = f"{ink(theme.query, escape(query))} → {ink(theme.key, escape(key))}"
        size = len(cell.q)
        root = f"√{size}" if abs(cell.scaling * size**0.5 - 1) < 1e-6 else plain(1 / cell.scaling)
        steps = f"Σ qᵢkᵢ = <b>{plain(cell.dot)}</b> &nbsp;÷ {root} = <b>{plain(cell.scaled)}</b>"
        line = "row’s" if queries_down else "column’s"
        if cell.later:
            rest = f"later than the query: −∞, and e<sup>−∞</sup> = {ink(theme.query, '<b>0</b>')}"
        elif cell.total == 0:
            rest = "the only key is the first token, which is hidden"
        else:
            without = " without the first token" if cell.without_first else ""
            rest = (
                f"e<sup>{plain(cell.scaled)}</sup> = <b>{plain(cell.exponential)}</b> &nbsp;÷ the {line} sum"
                f"{without} <b>{plain(cell.total)}</b> = "
                + ink(theme.query, f"<b>{plain(cell.weight)}</b> ({100 * cell.weight:.1f} %)")
            )
        self._text.setText(f"{name}<br>{steps} &nbsp;→ {rest}")
