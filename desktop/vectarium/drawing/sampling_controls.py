"""The sliders that shape how a token is drawn, with presets and a line of plain words."""

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.value_slider import ValueSlider
from vectarium.sampling import SamplingSettings

PRESETS = (
    ("GPT-2 default", SamplingSettings(temperature=1.0, top_k=50)),
    ("The model itself", SamplingSettings()),
    ("Always the most likely", SamplingSettings(temperature=0.0)),
    ("Careful", SamplingSettings(temperature=0.7, top_p=0.9)),
    ("Without repeating itself", SamplingSettings(temperature=0.7, top_p=0.9, repetition_penalty=1.2)),
    ("Wild", SamplingSettings(temperature=2.0)),
)


def in_words(settings: SamplingSettings) -> str:
    """What the settings do, for someone who has never heard of them."""
    before = ""
    if settings.repetition_penalty != 1:
        change = "less" if settings.repetition_penalty > 1 else "more"
        before = f"Tokens that the model sees in the text are made {change} likely. "
    return before + _temperature_and_cuts(settings)


def _temperature_and_cuts(settings: SamplingSettings) -> str:
    if settings.temperature == 0:
        return "Always the most likely token: the same text every time."
    if settings.temperature < 1:
        first = "Sharper than the model: likely words gain"
    elif settings.temperature > 1:
        first = "Flatter than the model: unlikely words gain"
    else:
        first = "The model's own probabilities"
    cuts = []
    if settings.top_k:
        cuts.append(f"the {settings.top_k:,} most likely" if settings.top_k > 1 else "the most likely")
    if settings.top_p < 1:
        cuts.append(f"the most likely that hold {100 * settings.top_p:g} % together")
    if settings.min_p > 0:
        cuts.append(f"those at least {100 * settings.min_p:g} % as likely as the first")
    if not cuts:
        return first + "; every token can be drawn."
    return first + "; only " + ", and of these ".join(cuts) + " can be drawn."


class SamplingControls(QWidget):
    """Temperature, top-k, top-p, min-p and repetition penalty."""

    changed = Signal(object)  # SamplingSettings

    def __init__(self, look: Look, settings: SamplingSettings) -> None:
        super().__init__()
        self._settings = settings
        title = QLabel("Sampling")
        title.setProperty("role", "title")
        self._presets = QToolButton()
        self._presets.setText("Presets ▾")
        self._presets.setProperty("role", "quiet")
        self._presets.setToolTip("Set all five at once")
        self._presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._presets)
        for name, preset in PRESETS:
            menu.addAction(name).setData(preset)
        menu.triggered.connect(self._preset_chosen)
        self._presets.setMenu(menu)
        temperature = ValueSlider(
            "temperature",
            look,
            low=0,
            high=10,
            decimals=2,
            role="temperature",
            tip="Divides the logits before the softmax: 0 always takes the most likely token, "
            "1 is the model itself, more makes all tokens alike",
        )
        top_k = ValueSlider(
            "top-k",
            look,
            low=0,
            high=50257,
            decimals=0,
            logarithmic=True,
            zero="all",
            tip="Only this many of the most likely tokens can be drawn; 0 is all of them",
        )
        top_p = ValueSlider(
            "top-p",
            look,
            low=0,
            high=1,
            decimals=3,
            tip="Only the fewest most likely tokens that hold this share of the probability can be drawn",
        )
        min_p = ValueSlider(
            "min-p",
            look,
            low=0,
            high=1,
            decimals=3,
            tip="Only tokens at least this fraction as likely as the most likely one can be drawn",
        )
        penalty = ValueSlider(
            "repetition",
            look,
            low=0.5,
            high=2,
            decimals=2,
            tip="The repetition penalty: before all else, the logits of tokens that the model sees "
            "are divided by it, and those below 0 multiplied; 1 changes nothing",
        )
        self._sliders = {
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "min_p": min_p,
            "repetition_penalty": penalty,
        }
        self._words = QLabel()
        self._words.setProperty("role", "small")
        self._words.setWordWrap(True)
        head = QHBoxLayout()
        self._beyond = (title, self._presets, top_k, top_p, min_p, penalty, self._words)
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._presets)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        for slider in self._sliders.values():
            layout.addWidget(slider)
            slider.changed.connect(self._slid)
        layout.addWidget(self._words)
        self.set_settings(settings)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.layout().setSpacing(look.px(8))  # type: ignore[union-attr]

    def set_settings(self, settings: SamplingSettings) -> None:
        """Show `settings` without telling anybody."""
        self._settings = settings
        for name, slider in self._sliders.items():
            slider.set_value(getattr(settings, name))
        self._words.setText(in_words(settings))

    def show_temperature_alone(self, alone: bool) -> None:
        """Where there is no room for the others."""
        for widget in self._beyond:
            widget.setVisible(not alone)

    def set_vocabulary_size(self, size: int) -> None:
        """No more than all tokens can be kept."""
        self._sliders["top_k"].set_high(size)

    @Slot(float)
    def _slid(self, value: float) -> None:
        """The others stay exactly as they are, also where their sliders can only show them rounded."""
        name = next(name for name, slider in self._sliders.items() if slider is self.sender())
        number = round(value) if name == "top_k" else value
        self._tell(replace(self._settings, **{name: number}))  # type: ignore[arg-type]

    @Slot(object)
    def _preset_chosen(self, action: object) -> None:
        self._tell(action.data())  # type: ignore[attr-defined]

    def _tell(self, settings: SamplingSettings) -> None:
        self.set_settings(settings)
        self.changed.emit(settings)
