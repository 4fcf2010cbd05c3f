"""Below a cloud of tokens in context: the layer, played or scrubbed, what the axes are of, further texts."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSlider, QToolButton, QWidget

from vectarium.drawing.choice_button import ChoiceButton
from vectarium.drawing.palette import Look

PLAY_MS = 450
BASES = (("context", "axes of these texts"), ("tokens", "axes of W_E"))


class LayersBar(QWidget):
    """`layer_changed` while scrubbing; `texts_chosen` with the texts to lay beside the one on screen."""

    layer_changed = Signal(int)
    basis_chosen = Signal(object)
    texts_chosen = Signal(tuple)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setObjectName("floating")
        self.play = QToolButton()
        self.play.setText("▶")
        self.play.setCheckable(True)
        self.play.setAccessibleName("Play the layers")
        self.play.setToolTip("Go through the layers one after the other")
        self.layer = QSlider(Qt.Orientation.Horizontal)
        self.layer.setAccessibleName("Layer")
        self.layer.setToolTip("The residual stream before the first block (0) and after each block")
        self.layer.setPageStep(1)
        self.number = QLabel()
        self.number.setProperty("role", "number")
        self.basis = ChoiceButton("Axes", "Principal axes of these texts at all layers, or of the tokens W_E")
        self.basis.set_choices(BASES, BASES[0][0])
        self.together = QToolButton()
        self.together.setText("Texts ▾")
        self.together.setProperty("role", "choice")
        self.together.setToolTip("Lay further texts beside yours: one word parts ways in them")
        self.together.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.together)
        self._menu.triggered.connect(self._text_chosen)
        self.together.setMenu(self._menu)
        self._row = QHBoxLayout(self)
        for widget, stretch in (
            (self.play, 0),
            (self.layer, 1),
            (self.number, 0),
            (self.basis, 0),
            (self.together, 0),
        ):
            self._row.addWidget(widget, stretch)
        self._step = QTimer(self)
        self._step.setInterval(PLAY_MS)
        self._step.timeout.connect(self._go_on)
        self.play.toggled.connect(self._play)
        self.layer.valueChanged.connect(self._layer_moved)
        self.basis.chosen.connect(self.basis_chosen)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._row.setContentsMargins(look.px(8), look.px(4), look.px(8), look.px(4))
        self._row.setSpacing(look.px(6))
        self.layer.setMinimumWidth(look.px(50))

    def set_layers(self, layers: int) -> None:
        """Blocks of the model; the residual stream has one stage more."""
        if self.layer.maximum() != layers:
            self.layer.blockSignals(True)
            self.layer.setRange(0, layers)
            self.layer.setValue(layers)
            self.layer.blockSignals(False)
        self._name_layer()

    def set_texts(self, contexts: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
        """(name, texts) each."""
        self._menu.clear()
        self._menu.addAction("Only this text").setData(())
        for name, texts in contexts:
            action = self._menu.addAction(f"{name}: {' · '.join(texts)}")
            action.setData(texts)

    @Slot(object)
    def _text_chosen(self, action: object) -> None:
        self.texts_chosen.emit(tuple(action.data()))  # type: ignore[attr-defined]

    def _name_layer(self) -> None:
        self.number.setText(f"layer {self.layer.value()}")

    @Slot(int)
    def _layer_moved(self, layer: int) -> None:
        self._name_layer()
        self.layer_changed.emit(layer)

    @Slot(bool)
    def _play(self, playing: bool) -> None:
        self.play.setText("⏸" if playing else "▶")
        if playing:
            if self.layer.value() == self.layer.maximum():
                self.layer.setValue(0)
            self._step.start()
        else:
            self._step.stop()

    @Slot()
    def _go_on(self) -> None:
        if self.layer.value() == self.layer.maximum():
            self.play.setChecked(False)
        else:
            self.layer.setValue(self.layer.value() + 1)

    def hideEvent(self, event: QHideEvent) -> None:
        self.play.setChecked(False)
        super().hideEvent(event)
