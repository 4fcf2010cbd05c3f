"""A label for numbers that change many times a second."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QLabel

STEP = 3  # characters


class SteadyLabel(QLabel):
    """Takes room in steps of some characters: not every other number has the whole window laid out anew."""

    def __init__(self) -> None:
        super().__init__()
        self._width = 0

    def setText(self, text: str) -> None:
        super().setText(text)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(self._width, super().sizeHint().height())

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        step = STEP * max(1, metrics.averageCharWidth())
        if self._width - metrics.horizontalAdvance(self.text()) > 3 * step:
            self.setMinimumSize(0, 0)  # or the hint is no smaller
            self._width = 0
        hint = super().sizeHint()
        if self._width < hint.width() or not self._width:
            self._width = -(-hint.width() // step) * step
        self.setFixedSize(self._width, hint.height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._width = 0
            self.setMinimumSize(0, 0)
            self._fit()
