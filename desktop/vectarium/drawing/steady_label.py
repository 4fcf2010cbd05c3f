"""A label for numbers that change many times a second."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QLabel

STEP = 4  # characters


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
        hint, step = super().sizeHint(), STEP * max(1, self.fontMetrics().averageCharWidth())
        if not hint.width() <= self._width < hint.width() + 2 * step:
            self._width = -(-hint.width() // step) * step
        self.setFixedSize(self._width, hint.height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
