"""One line that says what the colours of the tokens mean."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.writing.token_colors import Legend

CHOSEN, TYPED = "chosen by hand", "typed"


class ColorLegend(QWidget):
    """Draws a `Legend`; what does not fit into the line goes on in the next."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._legend = Legend("", (), ())
        self._lines: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend")

    def set_look(self, look: Look) -> None:
        self._look = look
        self._fit()

    def show_legend(self, legend: Legend, *, chosen: bool, typed: bool) -> None:
        """Show what the colours mean, and the lines below tokens that were chosen or typed, if any."""
        lines = ((CHOSEN,) if chosen else ()) + ((TYPED,) if typed and legend.names else ())
        if (legend, lines) != (self._legend, self._lines):
            self._legend, self._lines = legend, lines
            self.setAccessibleDescription(f"{legend.title}: {', '.join((*legend.names, *lines))}")
            self.setToolTip(
                f"{legend.title}. A dotted line is below tokens that you chose among the model's; a line in "
                "the colour is below tokens that were typed."
            )
            self.setVisible(bool(legend.names or lines))
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
        names += [(name, None) for name in self._lines]
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
            elif name in self._lines:
                style = Qt.PenStyle.DotLine if name == CHOSEN else Qt.PenStyle.SolidLine
                line = theme.text if name == CHOSEN else self._legend.colors[-1]
                painter.setPen(QPen(QColor(line), px(1.5 if name == CHOSEN else 3), style))
                painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            painter.setPen(QColor(theme.text if color is not None else theme.secondary))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, name)
