"""Where two texts part: the token that each has there, and how likely the model found it."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from vectarium.drawing.distribution_rows import percent
from vectarium.drawing.palette import Look

TOP, ROW = 28, 30  # pixels at 100 %


@dataclass(frozen=True)
class Way:
    """How one of the texts goes on."""

    label: str  # of its token, or what there is in its place
    probability: float | None  # the model's own; None while it is not known, or where there is no token
    detail: str  # its rank, and how it came there


class PartingBars(QWidget):
    """Draws two `Way`s one below the other, as bars on one scale."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._after = ""
        self._ways: tuple[Way, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Where the two texts part")
        self.setToolTip("The token that each text has where they part, and the model's own probability of it")

    def set_look(self, look: Look) -> None:
        self._look = look
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(300), self._look.px(TOP + 2 * ROW + 8))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._look.px(200), self.sizeHint().height())

    @property
    def ways(self) -> tuple[Way, ...]:
        return self._ways

    def show_ways(self, after: str, ways: tuple[Way, Way]) -> None:
        """Show how two texts go on `after` what they share."""
        if (after, ways) != (self._after, self._ways):
            self._after, self._ways = after, ways
            self.setAccessibleDescription(
                " or ".join(f"{way.label} {_percent(way.probability)}" for way in ways)
            )
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        px, theme = self._look.px, self._look.theme
        painter.setFont(self._look.words(12))
        painter.setPen(QColor(theme.secondary))
        head = QRectF(px(14), 0, self.width() - px(28), px(TOP))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextForceLeftToRight
        shown = painter.fontMetrics().elidedText(self._after, Qt.TextElideMode.ElideLeft, int(head.width()))
        painter.drawText(head, middle, shown)
        metrics = QFontMetricsF(self._look.words(12))
        details = max((metrics.horizontalAdvance(way.detail) for way in self._ways), default=0.0)
        for index, way in enumerate(self._ways):
            row = QRectF(px(14), px(TOP) + index * px(ROW), head.width(), px(ROW))
            self._paint_way(painter, way, row, details)

    def _paint_way(self, painter: QPainter, way: Way, row: QRectF, details: float) -> None:
        px, theme = self._look.px, self._look.theme
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextForceLeftToRight
        font, number_font, detail_font = self._look.mono(16), self._look.mono(14), self._look.words(12)
        label_width = min(px(150), row.width() / 3)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        label = QRectF(row.left(), row.top(), label_width, row.height())
        painter.drawText(
            label, middle, metrics.elidedText(way.label, Qt.TextElideMode.ElideRight, label_width - px(6))
        )
        wide = row.width() >= label_width + px(90 + 80) + details
        right = row.right() - (details + px(10) if wide else 0)
        if wide:
            painter.setFont(detail_font)
            painter.setPen(QColor(theme.secondary))
            painter.drawText(row, middle | Qt.AlignmentFlag.AlignRight, way.detail)
        painter.setFont(number_font)
        painter.setPen(QColor(theme.query if way.probability is not None else theme.secondary))
        number = QRectF(right - px(90), row.top(), px(90), row.height())
        painter.drawText(number, middle | Qt.AlignmentFlag.AlignRight, _percent(way.probability))
        track = QRectF(label.right(), row.center().y() - px(6), number.left() - label.right(), px(12))
        if track.width() < px(20):
            return
        radius = px(3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(track, radius, radius)
        if way.probability is not None:
            gradient = QLinearGradient(track.topLeft(), track.topRight())
            gradient.setColorAt(0, QColor(theme.key))
            gradient.setColorAt(0.6, QColor(theme.query))
            painter.setBrush(gradient)
            track.setWidth(max(1.0, track.width() * way.probability))
            painter.drawRoundedRect(track, min(radius, track.width() / 2), radius)


def _percent(probability: float | None) -> str:
    return percent(probability) if probability is not None else "–"
