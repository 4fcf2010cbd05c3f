"""One line that says what the colours of the tokens mean."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.writing.token_colors import Legend

BY_HAND = "by hand"


class ColorLegend(QWidget):
    """Draws a `Legend`; what does not fit into the line goes on in the next."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._legend = Legend("", (), ())
        self._by_hand = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend")

    def set_look(self, look: Look) -> None:
        self._look = look
        self._fit()

    def show_legend(self, legend: Legend, by_hand: bool) -> None:
        """Show what the colours mean, and the dotted line if there is one."""
        if (legend, by_hand) != (self._legend, self._by_hand):
            self._legend, self._by_hand = legend, by_hand
            self.setAccessibleDescription(f"{legend.title}: {', '.join(legend.names)}")
            self.setToolTip(legend.title)
            self.setVisible(bool(legend.names) or by_hand)
            self._fit()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(160), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._look.px(120), self._look.px(22))

    def _places(self) -> list[tuple[str, QColor | None, QRectF]]:
        """Each entry with its rectangle: the title without a colour first."""
        px = self._look.px
        metrics = QFontMetrics(self._look.words(12))
        names: list[tuple[str, QColor | None]] = list(
            zip(self._legend.names, self._legend.colors, strict=True)
        )
        if self._by_hand:
            names.append((BY_HAND, None))
        title = self._legend.title
        room = sum(metrics.horizontalAdvance(name) + px(18) for name, _ in [*names, (title, None)])
        if title and room < self.width() - px(28):
            names.insert(0, (title, None))
        left, top, height = px(20), px(5), metrics.height() + px(4)
        places = []
        for name, color in names:
            width = metrics.horizontalAdvance(name) + px(12 if color is not None else 6)
            if left + width > self.width() - px(8) and left > px(20):
                left, top = px(20), top + height + px(3)
            places.append((name, color, QRectF(left, top, width, height)))
            left += width + px(6)
        return places

    def _fit(self) -> None:
        places, px = self._places(), self._look.px
        self.setFixedHeight(round(places[-1][2].bottom()) + px(4) if places else 1)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, px = self._look.theme, self._look.px
        painter.setFont(self._look.words(12))
        for name, color, rect in self._places():
            if color is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(color)
                painter.drawRoundedRect(rect, px(4), px(4))
            elif name == BY_HAND:
                painter.setPen(QPen(QColor(theme.text), px(1.5), Qt.PenStyle.DotLine))
                painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            painter.setPen(QColor(theme.text if color is not None else theme.secondary))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, name)
