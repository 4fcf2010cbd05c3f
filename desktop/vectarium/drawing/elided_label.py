"""A line of text of which a part gives way where it does not fit."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy


class ElidedLabel(QLabel):
    """Shows a lead, plain text, and what follows it, if need be without the beginning of that."""

    def __init__(self) -> None:
        super().__init__()
        self._lead = self._line = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_line(self, lead: str, line: str) -> None:
        """Show `line` after `lead`."""
        self._lead, self._line = lead, line
        self._fit()

    def _fit(self) -> None:
        metrics = self.fontMetrics()
        room = self.width() - metrics.horizontalAdvance(self._lead)
        shown = self._lead + metrics.elidedText(self._line, Qt.TextElideMode.ElideLeft, max(0, room))
        if shown != self.text():
            self.setText(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
