"""Above a column: its temperature, what else shapes it, and what to do with it."""

from dataclasses import replace

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.documents.to_write import LARGEST_SEED
from vectarium.drawing.palette import Look
from vectarium.drawing.rows import FittingRow
from vectarium.drawing.sampling_controls import SamplingControls
from vectarium.sampling import SamplingSettings

HOTTEST = 10.0
KEEP_TIP = "Go on with this column as the text: a branch; undo brings the old text back"


class SeedEntry(QDoubleSpinBox):
    """A whole number of 32 bits; one that is none cannot be written into it."""

    entered = Signal(int)

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.setDecimals(0)
        self.setRange(0, LARGEST_SEED)
        self.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.setKeyboardTracking(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.valueChanged.connect(self._changed)

    def show_seed(self, seed: int) -> None:
        """Show a seed without telling anybody."""
        with QSignalBlocker(self):
            self.setValue(seed)

    @Slot(float)
    def _changed(self, value: float) -> None:
        self.entered.emit(int(value))


class ColumnHead(FittingRow):
    """`settings_changed` from the temperature or from the sliders that a button brings."""

    settings_changed = Signal(int, object)  # index, SamplingSettings
    seed_changed = Signal(int, int)  # index, seed
    keep_asked = Signal(int)  # index

    def __init__(self, look: Look, index: int, settings: SamplingSettings) -> None:
        super().__init__("columnHead")
        self._look, self._index, self._settings = look, index, settings
        self._vocabulary_size = 0
        self._seed, self._own_seed = 0, False
        self._sliders: _Sliders | None = None
        name = QLabel("T")
        name.setProperty("role", "temperature")
        self.temperature = QDoubleSpinBox()
        self.temperature.setRange(0, HOTTEST)
        self.temperature.setDecimals(2)
        self.temperature.setSingleStep(0.1)
        self.temperature.setKeyboardTracking(False)
        self.temperature.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.temperature.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.temperature.setAccessibleName(f"Temperature of column {index + 1}")
        self.temperature.setToolTip(
            "The temperature of this column, from 0 (always the most likely) to 10; arrow keys change it"
        )
        name.setBuddy(self.temperature)
        self.more = QToolButton()
        self.more.setText("▾")
        self.more.setProperty("role", "column")
        self.more.setAccessibleName(f"Settings of column {index + 1}")
        self.more.setToolTip("All settings of this column: temperature, top-k, top-p, min-p and its seed")
        self.keep = QToolButton()
        self.keep.setText("Keep")
        self.keep.setProperty("role", "choice")
        self.keep.setAccessibleName(f"Keep column {index + 1}")
        self.keep.setToolTip(KEEP_TIP)
        for widget in (name, self.temperature, self.more):
            self.row.addWidget(widget)
        self.row.addStretch(1)
        self.row.addWidget(self.keep)
        self.optional = (self.keep,)
        self.temperature.valueChanged.connect(self._temperature_changed)
        self.more.clicked.connect(self.open_sliders)
        self.keep.clicked.connect(self._keep)
        self.show_settings(settings)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._look = look
        self.row.setContentsMargins(look.px(10), look.px(7), look.px(6), look.px(7))
        self.row.setSpacing(look.px(5))
        self.temperature.setFixedWidth(look.px(54))

    def show_settings(self, settings: SamplingSettings) -> None:
        """Show `settings` without telling anybody."""
        self._settings = settings
        with QSignalBlocker(self.temperature):
            self.temperature.setValue(settings.temperature)
        if self._sliders is not None:
            self._sliders.controls.set_settings(settings)

    def set_keepable(self, keepable: bool) -> None:
        """Whether there is anything to keep."""
        self.keep.setEnabled(keepable)
        if self._sliders is not None:
            self._sliders.keep.setEnabled(keepable)

    def show_seed(self, seed: int, own: bool) -> None:
        """Show the column's seed, which counts where it has its `own`."""
        self._seed, self._own_seed = seed, own
        if self._sliders is not None:
            self._sliders.show_seed(seed, own)

    def set_vocabulary_size(self, size: int) -> None:
        """No more than all tokens can be kept."""
        self._vocabulary_size = size
        if self._sliders is not None:
            self._sliders.controls.set_vocabulary_size(size)

    @Slot()
    def open_sliders(self) -> None:
        """Show all settings below the button."""
        if self._sliders is None:
            self._sliders = _Sliders(self, self._look, self._settings)
            self._sliders.controls.changed.connect(self._tell)
            self._sliders.seed.entered.connect(self._seed_entered)
            self._sliders.keep.clicked.connect(self._keep)
            if self._vocabulary_size:
                self._sliders.controls.set_vocabulary_size(self._vocabulary_size)
        self._sliders.show_seed(self._seed, self._own_seed)
        self._sliders.keep.setEnabled(self.keep.isEnabled())
        self._sliders.open_below(self.more)

    @Slot(float)
    def _temperature_changed(self, value: float) -> None:
        self._tell(replace(self._settings, temperature=value))

    @Slot(object)
    def _tell(self, settings: SamplingSettings) -> None:
        self.show_settings(settings)
        self.settings_changed.emit(self._index, settings)

    @Slot(int)
    def _seed_entered(self, seed: int) -> None:
        self.seed_changed.emit(self._index, seed)

    @Slot()
    def _keep(self) -> None:
        if self._sliders is not None:
            self._sliders.hide()
        self.keep_asked.emit(self._index)


class _Sliders(QFrame):
    """A window of its own that closes with a click beside it."""

    def __init__(self, parent: QWidget, look: Look, settings: SamplingSettings) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("floating")
        self._look = look
        self.controls = SamplingControls(look, settings)
        self.seed = SeedEntry("Seed of this column", "The seed of this column's random numbers")
        self._why = QLabel("seed")
        self._why.setProperty("role", "secondary")
        row = QHBoxLayout()
        row.addWidget(self._why)
        row.addStretch(1)
        row.addWidget(self.seed)
        self.keep = QPushButton("Keep this column")
        self.keep.setToolTip(KEEP_TIP)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.controls)
        self._layout.addLayout(row)
        self._layout.addWidget(self.keep)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._look = look
        margin = look.px(12)
        self._layout.setContentsMargins(margin, margin, margin, margin)
        self.seed.setFixedWidth(look.px(120))

    def show_seed(self, seed: int, own: bool) -> None:
        self.seed.setEnabled(own)
        self._why.setText("seed" if own else "seed: the common one")
        self.seed.show_seed(seed)

    def open_below(self, button: QWidget) -> None:
        self.setFixedWidth(self._look.px(320))
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(0, button.height() + self._look.px(4)))
        room = button.screen().availableGeometry()
        x = max(room.left(), min(corner.x(), room.right() - self.width()))
        y = max(room.top(), min(corner.y(), room.bottom() - self.height()))
        self.move(x, y)
        self.show()
        self.controls.setFocus()
