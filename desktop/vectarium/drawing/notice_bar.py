"""A line above the panes that says what went wrong and what to do about it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from vectarium.drawing.palette import Look


class NoticeBar(QWidget):
    """Shows one notice at a time; the newest wins."""

    details_asked = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._details_text = ""
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._details = QToolButton()
        self._details.setText("Details")
        self._details.setToolTip("Show what exactly went wrong, to copy into a report")
        self._details.clicked.connect(self._ask_details)
        close = QToolButton()
        close.setText("✕")
        close.setProperty("role", "quiet")
        close.setToolTip("Close this notice")
        close.setAccessibleName("Close notice")
        close.clicked.connect(self.hide)
        self._layout = QHBoxLayout(self)
        self._layout.addWidget(self._label, 1)
        self._layout.addWidget(self._details)
        self._layout.addWidget(close)
        self.setObjectName("notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.set_look(look)
        self.hide()

    def set_look(self, look: Look) -> None:
        self._layout.setContentsMargins(look.px(14), look.px(6), look.px(8), look.px(6))
        self._layout.setSpacing(look.px(8))

    def say(self, text: str, details: str = "") -> None:
        """Show `text`; with `details` there is a button that shows them."""
        self._label.setText(text)
        self._details_text = details
        self._details.setVisible(bool(details))
        self.show()

    @property
    def text(self) -> str:
        return self._label.text()

    def _ask_details(self) -> None:
        self.details_asked.emit(self._details_text)
