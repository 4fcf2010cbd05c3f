"""Below the columns: play them together, and the random numbers they are drawn with."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from vectarium.drawing.choice_button import toggle
from vectarium.drawing.futures.column_head import SeedEntry
from vectarium.drawing.palette import Look
from vectarium.drawing.writing.transport_bar import TransportBar


class ColumnsBar(TransportBar):
    """A transport bar with its own words, and the seed."""

    seed_changed = Signal(int)
    common_changed = Signal(bool)
    new_seed_asked = Signal()

    def __init__(self, look: Look) -> None:
        self._seeds = QHBoxLayout()
        super().__init__(look)
        for button, tip in (
            (self.back, "Take the last token of every column back (←)"),
            (self.play, "Let the model write on in all columns (Ctrl+Space; Space pauses)"),
            (self.step, "Let the model write one token in every column (→ or Space)"),
            (self.stop, "Back to the text that all columns continue; Play then writes the same again"),
        ):
            button.setToolTip(tip)
        self.common = toggle("Common seed", "Draw all columns with the same random numbers, or each its own")
        self.common.setChecked(True)
        self.seed = SeedEntry("Common seed", "The same seed and settings write the same columns again")
        self.new_seed = QPushButton("New")
        self.new_seed.setToolTip("Draw with other random numbers from the next token on")
        self.new_seed.setAccessibleName("New seed")
        seeds = QWidget()
        seeds.setLayout(self._seeds)
        self._seeds.setContentsMargins(0, 0, 0, 0)
        for widget in (self.common, self.seed, self.new_seed):
            self._seeds.addWidget(widget)
        self.layout().addWidget(seeds)  # type: ignore[union-attr]
        self.common.toggled.connect(self.common_changed)
        self.seed.entered.connect(self.seed_changed)
        self.new_seed.clicked.connect(self.new_seed_asked)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        super().set_look(look)
        self._seeds.setSpacing(look.px(6))
        if hasattr(self, "seed"):
            self.seed.setFixedWidth(look.px(104))

    def show_seed(self, seed: int, common: bool) -> None:
        """Show the common seed, which counts only where there is one."""
        self.seed.show_seed(seed)
        self.seed.setEnabled(common)
        self.new_seed.setEnabled(common)
        with QSignalBlocker(self.common):
            self.common.setChecked(common)
