"""The seed of the random numbers, how long the model may write, and where it stops."""

import re

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QPushButton, QSpinBox, QWidget

from vectarium.documents.to_write import LARGEST_SEED, LONGEST
from vectarium.drawing.palette import Look

_BETWEEN_STOPS = re.compile(r"(?<!<)\|(?!>)")  # not the bars of <|endoftext|>


class SeedPanel(QWidget):
    """Shows a seed and takes another."""

    seed_changed = Signal(int, bool)  # seed, whether it is fixed
    repeat_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._seed = 0
        self.entry = QLineEdit()
        self.entry.setToolTip("A whole number: the same one draws the same text again")
        self.entry.setAccessibleName("Seed")
        self.fixed = QPushButton("Keep")
        self.fixed.setCheckable(True)
        self.fixed.setProperty("role", "choice")
        self.fixed.setToolTip("Draw with this seed every time; without it, every new start takes a new one")
        self.fixed.setAccessibleName("Keep this seed")
        self.repeat = QPushButton("Repeat")
        self.repeat.setToolTip("Draw the model's last tokens again with the same random numbers")
        self.length = QSpinBox()
        self.length.setRange(0, LONGEST)
        self.length.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.length.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.length.setSpecialValueText("no limit")
        self.length.setToolTip("After how many tokens Play stops by itself; 0 is no limit")
        self.length.setAccessibleName("Maximum length in tokens")
        self.stops = QLineEdit()
        self.stops.setPlaceholderText("none")
        self.stops.setToolTip("Texts after which Play stops, with | between them; \\n is a new line")
        self.stops.setAccessibleName("Stop texts")
        self.said = QLabel()
        self.said.setProperty("role", "small")
        self.said.setWordWrap(True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        for row, (name, widget) in enumerate(
            (("seed", self.entry), ("length", self.length), ("stop at", self.stops))
        ):
            label = QLabel(name)
            label.setProperty("role", "secondary")
            label.setBuddy(widget)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1, 1, 1 if widget is self.entry else 2)
        grid.addWidget(self.fixed, 0, 2)
        grid.addWidget(self.repeat, 3, 1, 1, 2)
        grid.addWidget(self.said, 4, 0, 1, 3)
        grid.setRowStretch(5, 1)
        grid.setColumnStretch(1, 1)
        self._grid = grid
        self.entry.editingFinished.connect(self._entered)
        self.fixed.toggled.connect(self._toggled)
        self.repeat.clicked.connect(self.repeat_asked)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._grid.setSpacing(look.px(8))
        self.entry.setFont(look.mono(13))
        self.entry.setMinimumWidth(look.px(60))
        self.length.setMinimumWidth(look.px(60))

    def show_seed(self, seed: int, fixed: bool) -> None:
        """Show the seed in use."""
        self._seed = seed
        with QSignalBlocker(self.entry), QSignalBlocker(self.fixed):
            if not self.entry.hasFocus() or not self.entry.isModified():
                self.entry.setText(str(seed))
            self.fixed.setChecked(fixed)

    @property
    def stop_texts(self) -> tuple[str, ...]:
        parts = _BETWEEN_STOPS.split(self.stops.text())
        return tuple(part.replace("\\n", "\n") for part in parts if part)

    @Slot()
    def _entered(self) -> None:
        if not self.entry.isModified():
            return
        text = self.entry.text().strip().replace(",", "").replace(" ", "")
        self.entry.setModified(False)
        if not text.isdecimal() or int(text) > LARGEST_SEED:
            self.said.setText(
                f"“{self.entry.text()}” is no seed: write a whole number from 0 to {LARGEST_SEED:,}. "
                f"{self._seed} stays in use."
            )
            self.entry.setText(str(self._seed))
            return
        self.said.setText("")
        self._seed = int(text)
        self.seed_changed.emit(self._seed, True)

    @Slot(bool)
    def _toggled(self, fixed: bool) -> None:
        self.seed_changed.emit(self._seed, fixed)
