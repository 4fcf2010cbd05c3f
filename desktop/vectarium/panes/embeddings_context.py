"""Tokens of the text on their way through the layers, as a space of the Embeddings pane."""

from PySide6.QtCore import QObject, Signal, Slot

from vectarium.drawing.space.layers_bar import LayersBar
from vectarium.panes.embeddings_cloud import EmbeddingsCloud
from vectarium.session.context_reading import ContextReading
from vectarium.session.vector_reading import VectorReading


class EmbeddingsContext(QObject):
    """Shows what `context` knows at the layer of the bar, while `reading` is in context."""

    waiting = Signal()  # there are no paths yet
    shown = Signal()
    text_changed = Signal()  # the points are those of another text

    def __init__(
        self,
        reading: VectorReading,
        context: ContextReading,
        layers: LayersBar,
        drawn: EmbeddingsCloud,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._reading, self._context, self._layers, self._drawn = reading, context, layers, drawn
        context.changed.connect(self.show)
        layers.layer_changed.connect(self._layer_changed)
        layers.basis_chosen.connect(context.set_basis)
        layers.texts_chosen.connect(context.set_others)

    @Slot()
    def show(self) -> None:
        """Show the paths, or other names along them."""
        reading = self._reading
        if not reading.in_context:
            return
        self._layers.set_layers(self._context.layers)
        opened = self._context.space(self._layers.layer.value())
        if opened is None:
            reading.opened = None
            self.waiting.emit()
            return
        known, reading.opened = reading.opened, opened
        self._drawn.place_points(keep_view=known is not None)
        self.shown.emit()
        if known is None or known.words != opened.words:
            self.text_changed.emit()
        elif known.axes != opened.axes:
            reading.again()
        self._drawn.draw()

    @Slot(int)
    def _layer_changed(self, layer: int) -> None:
        opened = self._context.space(layer)
        if opened is not None:
            self._reading.opened = opened
            self._drawn.place_points(keep_view=True)
            self._drawn.draw()
            self._context.set_layer(layer)
            self._reading.again()
