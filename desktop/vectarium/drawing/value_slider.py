"""A slider with its name and an exact entry beside it."""

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QWidget

from vectarium.drawing.palette import Look

STEPS = 1000


class ValueSlider(QWidget):
    """A number from `low` to `high`. With `logarithmic` the steps grow with it, and `low` is 0."""

    changed = Signal(float)

    def __init__(
        self,
        name: str,
        look: Look,
        *,
        low: float,
        high: float,
        decimals: int,
        tip: str,
        role: str = "",
        logarithmic: bool = False,
        zero: str = "",
    ) -> None:
        """`zero` is what the entry shows in place of `low`."""
        super().__init__()
        self._low, self._high, self._decimals, self._logarithmic = low, high, decimals, logarithmic
        self._label = QLabel(name)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, STEPS)
        self._slider.setPageStep(STEPS // 10)
        self._slider.setSingleStep(STEPS // 100)
        self._slider.setProperty("role", role)
        self._entry = QDoubleSpinBox()
        self._entry.setDecimals(decimals)
        self._entry.setRange(low, high)
        self._entry.setSingleStep(max(10**-decimals, (high - low) / 100 if not logarithmic else 1))
        self._entry.setKeyboardTracking(False)
        self._entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._entry.setSpecialValueText(zero)
        for widget in (self._label, self._slider, self._entry):
            widget.setToolTip(tip)
        self._slider.setAccessibleName(f"{name} slider")
        self._entry.setAccessibleName(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._label)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._entry)
        self._slider.valueChanged.connect(self._slid)
        self._entry.valueChanged.connect(self._entered)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._label.setFixedWidth(look.px(84))
        self._entry.setFixedWidth(look.px(68))
        self.layout().setSpacing(look.px(8))  # type: ignore[union-attr]

    @property
    def value(self) -> float:
        return self._entry.value()

    def set_value(self, value: float) -> None:
        """Show `value` without telling anybody. A file may bring one beyond the ends of the slider."""
        with QSignalBlocker(self._entry), QSignalBlocker(self._slider):
            self._entry.setRange(min(self._low, value), max(self._high, value))
            self._entry.setValue(value)
            self._slider.setValue(self._step_of(value))

    def set_high(self, high: float) -> None:
        """Change the upper end; the value is cut to it silently."""
        self._high = high
        with QSignalBlocker(self._entry), QSignalBlocker(self._slider):
            self._entry.setMaximum(high)
            self._slider.setValue(self._step_of(self._entry.value()))

    @Slot(int)
    def _slid(self, step: int) -> None:
        with QSignalBlocker(self._entry):
            self._entry.setValue(self._value_of(step))
        self.changed.emit(self._entry.value())

    @Slot(float)
    def _entered(self, value: float) -> None:
        with QSignalBlocker(self._slider):
            self._slider.setValue(self._step_of(value))
        self.changed.emit(value)

    def _value_of(self, step: int) -> float:
        if self._logarithmic:
            return self._low if step == 0 else math.exp(step / STEPS * math.log(self._high))
        return round(self._low + step / STEPS * (self._high - self._low), self._decimals)

    def _step_of(self, value: float) -> int:
        value = min(max(value, self._low), self._high)
        if self._logarithmic:
            return 0 if value < 1 else max(1, round(math.log(value) / math.log(self._high) * STEPS))
        return round((value - self._low) / (self._high - self._low) * STEPS)
