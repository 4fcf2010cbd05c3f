"""A line that finds a point of a space by its name."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QToolButton

from vectarium.drawing.palette import Look
from vectarium.drawing.space.completion_list import CompletionList
from vectarium.messages_vectors import Completions

MISSED_AFTER_MS = 300  # of no further key


class SearchBox(QLineEdit):
    """`typed` asks for completions at every key; `chosen` gives a point's row, `entered` an expression."""

    typed = Signal(str)
    missed = Signal(str)  # nothing begins so: what is spelt alike?
    chosen = Signal(int)
    entered = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setPlaceholderText("Find a word")
        self.setAccessibleName("Find a word")
        self.setToolTip(
            "Finds a point by its name: ␣ is a leading space, and “king” finds “King” and “␣king” too"
        )
        self.setProperty("role", "mono")
        self.setClearButtonEnabled(True)
        for button in self.findChildren(QToolButton):
            button.setToolTip("Look for nothing (Escape)")
            button.setAccessibleName("Clear")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.completions = CompletionList(self)
        self.completions.taken.connect(self._take)
        self._found: Completions | None = None
        self._entered = False  # Return came before the completions
        self._missing = QTimer(self)
        self._missing.setSingleShot(True)
        self._missing.setInterval(MISSED_AFTER_MS)
        self._missing.timeout.connect(self._ask_alike)
        self.textEdited.connect(self._edited)
        self.returnPressed.connect(self._return)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.completions.set_look(look)
        self.setMinimumWidth(look.px(84))
        self.setMaximumWidth(look.px(220))

    def forget(self) -> None:
        """What was found are points of another space or text now."""
        self._found, self._entered = None, False
        self._missing.stop()
        self.completions.close()

    @property
    def word(self) -> str:
        """What is looked for; a space may be typed as it is drawn."""
        return self.text().replace("␣", " ")

    @Slot()
    def _edited(self) -> None:
        self._entered = False
        self._missing.stop()
        if self.word:
            self.typed.emit(self.word)
        else:
            self.completions.close()

    def show_completions(self, found: Completions) -> None:
        """Offer what was found, as long as it is what is looked for."""
        if found.typed != self.word or not self.hasFocus():
            return
        self._found = found
        heading = ""
        if not found.rows:
            heading = "No word is spelt like this" if found.alike else "No word begins like this"
            if not found.alike:
                self._missing.start()
        elif found.alike:
            heading = "No such word; spelt alike:"
        elif self._entered:
            self._return()
            return
        meanings = zip(found.rows, found.expressions, strict=True)
        entries = (expression if row is None else row for row, expression in meanings)
        self.completions.offer(tuple(zip(found.labels, entries, strict=True)), heading)

    @Slot()
    def _ask_alike(self) -> None:
        self.missed.emit(self.word)

    @Slot()
    def _return(self) -> None:
        """Take the first of what was found; what is only spelt alike has to be chosen."""
        found = self._found
        if found is None or found.typed != self.word:
            self._entered = True
            if self.word:
                self.typed.emit(self.word)
        elif found.rows and not found.alike:
            self._take(found.expressions[0] if found.rows[0] is None else found.rows[0])

    @Slot(object)
    def _take(self, meaning: int | str) -> None:
        self._entered = False
        self.completions.close()
        self.selectAll()
        if isinstance(meaning, int):
            self.chosen.emit(meaning)
        else:
            self.entered.emit(meaning)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        super().keyPressEvent(event)
