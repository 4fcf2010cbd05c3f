"""One of several texts beside one another: a head, the text as prose, and a line of facts."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from vectarium.drawing.futures.column_prose import ColumnProse
from vectarium.drawing.palette import Look
from vectarium.drawing.writing.prose_painting import Marks


@dataclass(frozen=True, eq=False)
class ColumnText:
    """What a column shows."""

    text: str = ""
    spans: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))  # [token, 2]
    marks: Marks = field(default_factory=Marks)
    facts: str = ""
    tip: str = ""  # what the facts mean


class TextColumn(QFrame):
    """Composes `head`, the text and the facts; `index` is its place among the columns."""

    hovered = Signal(int, object)  # index, token or None
    opened = Signal(int, int)  # index, token

    def __init__(self, look: Look, index: int, head: QWidget) -> None:
        super().__init__()
        self.setObjectName("column")
        self.index, self.head = index, head
        self.text = ColumnProse(look)
        self.text.setAccessibleName(f"Text {index + 1}")
        self._facts = QLabel()
        self._facts.setProperty("role", "small")
        self._facts.setWordWrap(True)
        self._facts.setTextFormat(Qt.TextFormat.PlainText)
        self._facts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._layout = QVBoxLayout(self)
        self._layout.setSpacing(0)
        self._layout.addWidget(head)
        self._layout.addWidget(self.text, 1)
        self._layout.addWidget(self._facts)
        self.text.token_hovered.connect(self._hovered)
        self.text.token_opened.connect(self._opened)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._facts.setContentsMargins(look.px(12), look.px(6), look.px(8), look.px(8))
        self.setMinimumWidth(look.px(122))

    def show_text(self, shown: ColumnText) -> None:
        """Show a text with its tokens' colours."""
        self.text.show_text(shown.text, shown.spans)
        self.text.set_marks(shown.marks)
        if shown.facts != self._facts.text():
            self._facts.setText(shown.facts)
            self._facts.setToolTip(shown.tip)

    def show_facts(self, shown: bool) -> None:
        """The facts make way where there is no room."""
        self._facts.setVisible(shown)

    @property
    def facts(self) -> str:
        return self._facts.text()

    @Slot(object)
    def _hovered(self, token: int | None) -> None:
        self.hovered.emit(self.index, token)

    @Slot(int)
    def _opened(self, token: int) -> None:
        self.opened.emit(self.index, token)
