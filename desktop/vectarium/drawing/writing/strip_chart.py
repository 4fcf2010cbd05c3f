"""Two numbers of every token along the text: how likely it was, and how undecided the model was before it."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from vectarium.drawing.palette import Look, mix

Floats = npt.NDArray[np.float64]
LOWEST = 1e-4


class StripChart(QWidget):
    """Probabilities as bars on a logarithmic scale, entropy as a line; NaN is left out."""

    clicked = Signal(int)  # token
    hovered = Signal(object)  # token or None

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._probability: Floats = np.empty(0)
        self._entropy: Floats = np.empty(0)
        self._most = 1.0
        self._selected: int | None = None
        self._lit: int | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Probability and entropy along the text")
        self.setToolTip(
            "What the model itself thought of each token, typed or drawn: at temperature 1, no cuts. "
            "Bars: its probability; line: the entropy before it. A click selects the token"
        )
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._look = look
        self.updateGeometry()
        self.update()

    def set_values(self, probability: Floats, entropy_bits: Floats, most_bits: float) -> None:
        """Show [token] numbers; no entropy is above `most_bits`."""
        self._probability, self._entropy, self._most = probability, entropy_bits, max(most_bits, 1e-9)
        self.update()

    def set_marked(self, selected: int | None, lit: int | None) -> None:
        """Mark the selected token and the one under the mouse."""
        if (selected, lit) != (self._selected, self._lit):
            self._selected, self._lit = selected, lit
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(200), self._look.px(74))

    def _area(self) -> QRectF:
        px = self._look.px
        return QRectF(px(46), px(8), max(1, self.width() - px(46 + 58)), self.height() - px(16))

    def token_at(self, x: float) -> int | None:
        """The token at an x of the widget."""
        area, count = self._area(), len(self._probability)
        token = int((x - area.left()) / area.width() * count) if count else -1
        return token if 0 <= token < count and x >= area.left() else None

    def height_of(self, probability: Floats) -> Floats:
        """[token] the bars' share of the height: 0 at a ten-thousandth and below, 1 at certainty."""
        with np.errstate(invalid="ignore", divide="ignore"):
            share: Floats = 1 - np.log10(np.clip(probability, LOWEST, 1)) / np.log10(LOWEST)
        return share

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme, px, area = self._look.theme, self._look.px, self._area()
        painter.setFont(self._look.words(11))
        right = Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(theme.query))
        labels = QRectF(0, area.top() - px(7), area.left() - px(6), px(16))
        painter.drawText(labels, right | middle, "100 %")
        painter.drawText(labels.translated(0, area.height() / 2 + px(0)), right | middle, "1 %")
        painter.drawText(labels.translated(0, area.height()), right | middle, "0.01 %")
        painter.setPen(QColor(theme.accent))
        labels = QRectF(area.right() + px(6), area.top() - px(7), px(54), px(16))
        painter.drawText(labels, middle, f"{self._most:.0f} bits")
        painter.drawText(labels.translated(0, area.height()), middle, "0 bits")
        painter.setPen(QPen(QColor(theme.line), 1))
        for share in (0.0, 0.5, 1.0):
            y = area.top() + share * area.height()
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        if len(self._probability):
            self._paint_values(painter, area)

    def _paint_values(self, painter: QPainter, area: QRectF) -> None:
        theme, count = self._look.theme, len(self._probability)
        width = area.width() / count
        heights = np.nan_to_num(self.height_of(self._probability)) * area.height()
        lefts = area.left() + np.arange(count) * width
        color = mix(theme.pane, theme.query, 0.62)
        if width >= 1:
            thickness = max(1.0, width - (1 if width > 3 else 0))
            for left, height in zip(lefts.tolist(), heights.tolist(), strict=True):
                painter.fillRect(QRectF(left, area.bottom() - height, thickness, height), color)
        else:  # more tokens than pixels: the least likely in each pixel shows
            pixels = np.floor(lefts).astype(int)
            firsts = np.flatnonzero(np.r_[True, pixels[1:] != pixels[:-1]])
            for left, height in zip(
                pixels[firsts].tolist(), np.minimum.reduceat(heights, firsts).tolist(), strict=True
            ):
                painter.fillRect(QRectF(left, area.bottom() - height, 1, height), color)
        for token, mark in ((self._lit, theme.text), (self._selected, theme.query)):
            if token is not None and token < count:
                box = QRectF(area.left() + token * width, area.top(), max(2.0, width), area.height())
                tint = QColor(mark)
                tint.setAlpha(60)
                painter.fillRect(box, tint)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.accent), self._look.px(1.4)))
        known = np.flatnonzero(~np.isnan(self._entropy))
        for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
            xs = lefts[run] + width / 2
            ys = area.bottom() - self._entropy[run] / self._most * area.height()
            points = [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
            painter.drawPolyline(QPolygonF(points))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        token = self.token_at(event.position().x())
        if token is not None:
            self.clicked.emit(token)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.hovered.emit(self.token_at(event.position().x()))

    def leaveEvent(self, event: object) -> None:
        self.hovered.emit(None)
