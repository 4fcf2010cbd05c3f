"""Words along a number line: a line a word, its dot at its value, its stem from zero."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from vectarium.drawing.palette import Look

MEAN_NOTE = "* no word of this space: the mean of its tokens."


@dataclass(frozen=True)
class Reading:
    """A word at a value; one whose vector is the mean of its tokens is marked."""

    name: str
    value: float
    composite: bool = False


class NumberLine(QWidget):
    """Draws `Reading`s from top to bottom. Positive blue, negative red, as everywhere."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.readings: tuple[Reading, ...] = ()
        self.setAccessibleName("Number line")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_look(self, look: Look) -> None:
        self.look = look
        self.updateGeometry()
        self.update()

    def show_readings(self, readings: tuple[Reading, ...]) -> None:
        self.readings = readings
        self.setAccessibleDescription("; ".join(f"{each.name} {each.value:.2f}" for each in readings))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.look.px(200), self.look.px(24) * (len(self.readings) + 1) + self.look.px(4))

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.readings:
            return
        look, theme = self.look, self.look.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(look.mono(12))
        metrics = painter.fontMetrics()
        names = min(
            max(metrics.horizontalAdvance(each.name + " *" * each.composite) for each in self.readings)
            + look.px(10),
            self.width() * 0.42,
        )
        numbers = metrics.horizontalAdvance("−00.00") + look.px(6)
        left, right = names + look.px(14), self.width() - numbers - look.px(8)
        values = [each.value for each in self.readings if math.isfinite(each.value)]
        low, high = min(0.0, *values) if values else 0.0, max(0.0, *values) if values else 1.0
        span = (high - low) or 1.0
        line = look.px(24)
        top = line

        def across(value: float) -> float:
            return left + (value - low) / span * (right - left)

        step = tick_step(span, max(2, int((right - left) / look.px(56))))
        painter.setPen(QPen(QColor(theme.line), 1))
        bottom = top + line * len(self.readings)
        for count in range(math.ceil(low / step), math.floor(high / step) + 1):
            x = across(count * step)
            painter.setPen(QPen(QColor(theme.secondary if count == 0 else theme.line), 1))
            painter.drawLine(QPointF(x, top - look.px(4)), QPointF(x, bottom))
            painter.setPen(QColor(theme.secondary))
            painter.drawText(
                QRectF(x - look.px(40), 0, look.px(80), top - look.px(4)),
                Qt.AlignmentFlag.AlignCenter,
                f"{count * step:g}".replace("-", "−"),
            )
        for index, reading in enumerate(self.readings):
            y = top + line * (index + 0.5)
            row = QRectF(0, top + line * index, names, line)
            painter.setPen(QColor(theme.text))
            name = marked(metrics, reading.name, int(names), composite=reading.composite)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            if not math.isfinite(reading.value):
                continue
            color = QColor(theme.positive if reading.value >= 0 else theme.negative)
            painter.setPen(QPen(color, look.px(2)))
            painter.drawLine(QPointF(across(0), y), QPointF(across(reading.value), y))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(QPointF(across(reading.value), y), look.px(5), look.px(5))
            painter.setPen(QColor(theme.secondary))
            painter.drawText(
                QRectF(self.width() - numbers, y - line / 2, numbers, line),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                f"{reading.value:.2f}".replace("-", "−"),
            )
        painter.end()


def marked(metrics: QFontMetrics, name: str, width: int, *, composite: bool) -> str:
    """`name` in so many pixels; the mark of a word that is the mean of its tokens is never cut off."""
    star = " *" if composite else ""
    room = width - metrics.horizontalAdvance(star)
    return metrics.elidedText(name, Qt.TextElideMode.ElideRight, room) + star


def tick_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 5 times a power of ten that leaves at most `most` ticks in `span`."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= most)
