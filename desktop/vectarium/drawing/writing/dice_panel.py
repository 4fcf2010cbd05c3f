"""The dice with its buttons: how a token was drawn, other rolls, and a thousand of them."""

import secrets

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.writing.dice import Chances, DiceBar, DiceCounts

ROLLS = 1000


class DicePanel(QWidget):
    """Rolls change nothing in the text; a click on the bar chooses that token for it."""

    chosen = Signal(int)  # entry of the chances

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._chances: Chances | None = None
        self._random = np.random.default_rng(secrets.randbits(64))
        self._counts = np.empty(0, np.int64)
        self._title = QLabel()
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setWordWrap(True)
        self.bar = DiceBar(look)
        self._said = QLabel()
        self._said.setProperty("role", "small")
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setWordWrap(True)
        self.roll = QPushButton("Roll again")
        self.roll.setToolTip("Draw another number and see where it falls; the text stays as it is")
        self.thousand = QPushButton(f"× {ROLLS:,}")
        self.thousand.setToolTip("Roll a thousand times and count, beside what theory expects")
        self.counts = DiceCounts(look)
        self.roll.clicked.connect(self._roll)
        self.thousand.clicked.connect(self._roll_many)
        self.bar.chosen.connect(self.chosen)
        buttons = QHBoxLayout()
        buttons.addWidget(self.roll)
        buttons.addWidget(self.thousand)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        for widget in (self._title, self.bar):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        layout.addWidget(self._said)
        layout.addWidget(self.counts)
        layout.addStretch(1)
        self._layout = layout
        self.show_step(None, None, "", "")
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(look.px(8))

    def show_step(self, chances: Chances | None, uniform: float | None, title: str, said: str) -> None:
        """Show how a token was drawn: the title names it, `said` is a sentence below."""
        self._chances = chances
        self._counts = np.empty(0, np.int64)
        self._title.setText(title)
        self._said.setText(said)
        self.bar.show_draw(chances, uniform)
        self.counts.show_counts(None, self._counts)
        for widget in (self.bar, self.roll, self.thousand):
            widget.setVisible(chances is not None)

    @Slot()
    def _roll(self) -> None:
        if self._chances is None:
            return
        uniform = float(self._random.random())
        self.bar.show_draw(self._chances, uniform)
        label = self._chances.labels[self._chances.entry_at(uniform)]
        self._said.setText(
            f"This roll would have written {label}. Click the bar to put a token into the text."
        )

    @Slot()
    def _roll_many(self) -> None:
        if self._chances is None:
            return
        edges = self._chances.edges()
        fallen = np.searchsorted(edges[1:-1], self._random.random(ROLLS), side="right")
        counts = np.bincount(fallen, minlength=len(self._chances.labels))
        if len(self._counts):
            counts = counts + self._counts
        self._counts = counts
        self.counts.show_counts(self._chances, counts)
        self._said.setText(
            f"{int(counts.sum()):,} rolls; the yellow marks are where theory expects the bars."
        )
