"""A token that flies from where it was drawn to where it is written."""

from PySide6.QtCore import QEasingCurve, QPoint, QPropertyAnimation, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from vectarium.drawing.palette import Look


class Flight(QWidget):
    """Floats above everything in a window, and lets the mouse through."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look, self._label = look, ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._move = QPropertyAnimation(self, b"pos", self)
        self._move.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._move.finished.connect(self.hide)
        self.hide()

    def set_look(self, look: Look) -> None:
        self._look = look

    def start(self, label: str, begin: QRect, end: QRect, window: QWidget, milliseconds: int) -> None:
        """Fly from one rectangle of the screen to another, both within `window`."""
        self.stop()
        if self.parentWidget() is not window:
            self.setParent(window)
        self._label = label
        px = self._look.px
        width = QFontMetrics(self._look.mono(15)).horizontalAdvance(label) + px(20)
        self.resize(width, px(28))
        from_, to = window.mapFromGlobal(begin.center()), window.mapFromGlobal(end.center())
        self._move.setDuration(round(0.85 * milliseconds))  # to be there before it is text
        self._move.setStartValue(from_ - QPoint(width // 2, px(14)))
        self._move.setEndValue(to - QPoint(0, px(14)))
        self.move(self._move.startValue())
        self.show()
        self.raise_()
        self._move.start()

    def stop(self) -> None:
        """Be gone at once."""
        self._move.stop()
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, px = self._look.theme, self._look.px
        painter.setPen(QPen(QColor(theme.query), px(1.5)))
        painter.setBrush(QColor(theme.raised_more))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), px(6), px(6))
        painter.setFont(self._look.mono(15))
        painter.setPen(QColor(theme.text))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._label)
