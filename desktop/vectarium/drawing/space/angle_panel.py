"""The angles between the vectors of a space, beside those of random vectors of the same size."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from vectarium.drawing.numbers import Numbers
from vectarium.drawing.palette import Look
from vectarium.messages_vectors import AnglesMeasured


class AngleHistogram(QWidget):
    """Bars for the space, a dashed outline for random vectors, degrees below."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.shown: AnglesMeasured | None = None
        self.setAccessibleName("Angle histogram")

    def set_look(self, look: Look) -> None:
        self.look = look
        self.update()

    def show_angles(self, shown: AnglesMeasured | None) -> None:
        self.shown = shown
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.look.px(110))

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self.shown
        if shown is None:
            return
        look, theme = self.look, self.look.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(look.mono(11))
        foot = look.px(22)
        area = QRectF(look.px(8), look.px(6), self.width() - look.px(16), self.height() - foot - look.px(6))
        tallest = max(int(shown.counts.max()), int(shown.random_counts.max()), 1)
        wide = area.width() / len(shown.counts)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        outline = QPainterPath()
        for index, (count, random) in enumerate(
            zip(shown.counts.tolist(), shown.random_counts.tolist(), strict=True)
        ):
            left = area.left() + index * wide
            tall = area.height() * count / tallest
            painter.drawRect(QRectF(left, area.bottom() - tall, max(1.0, wide - 1), tall))
            level = area.bottom() - area.height() * random / tallest
            if index == 0:
                outline.moveTo(left, level)
            outline.lineTo(left, level)
            outline.lineTo(left + wide, level)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.query), look.px(2), Qt.PenStyle.DashLine))
        painter.drawPath(outline)
        painter.setPen(QColor(theme.secondary))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        for degrees in (0, 45, 90, 135, 180):
            x = area.left() + area.width() * degrees / 180
            x = min(max(x, look.px(18)), self.width() - look.px(18))
            place = QRectF(x - look.px(24), area.bottom() + 1, look.px(48), foot)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"{degrees}°")
        painter.end()


class AnglePanel(QWidget):
    """The histogram and what it says in numbers."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.histogram = AngleHistogram(look)
        self.note = QLabel()
        self.note.setProperty("role", "small")
        self.note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.histogram, 1)
        layout.addWidget(self.note)

    @property
    def shown(self) -> AnglesMeasured | None:
        return self.histogram.shown

    def show_angles(self, shown: AnglesMeasured | None) -> None:
        self.histogram.show_angles(shown)
        if shown is None:
            self.note.setText("")
            return
        self.note.setText(
            f"Bars: {shown.pairs:,} random pairs of this space, {shown.mean:.1f}° ± {shown.deviation:.1f}°.\n"
            f"Dashed: as many pairs of random Gaussian vectors of the same dimension, "
            f"{shown.random_mean:.1f}° ± {shown.random_deviation:.1f}°."
        )

    def tables(self) -> list[Numbers]:
        shown = self.shown
        if shown is None:
            return []
        edges = shown.edges.tolist()
        rows = list(
            zip(edges[:-1], edges[1:], shown.counts.tolist(), shown.random_counts.tolist(), strict=True)
        )
        return [("angles", ("from degrees", "to degrees", "pairs", "random pairs"), lambda: rows)]
