"""A line of text whose beginning gives way where it does not fit."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy


class ElidedLabel(QLabel):
    """Shows `set_line`, plain text, without its beginning if need be."""

    def __init__(self) -> None:
        super().__init__()
        self._line = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_line(self, line: str) -> None:
        """Show `line`."""
        self._line = line
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._line, Qt.TextElideMode.ElideLeft, self.width())
        if shown != self.text():
            self.setText(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
