"""What the cloud of the Embeddings pane shows: points on three axes, and what stands out among them."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from vectarium.drawing.cloud.cloud_menu import axis_line, ends_line
from vectarium.drawing.cloud.point_cloud_scene import Scene
from vectarium.drawing.space import vector_scenes
from vectarium.drawing.space.vector_stage import VectorStage
from vectarium.session.context_reading import ContextReading
from vectarium.session.vector_reading import VectorReading


class EmbeddingsCloud(QObject):
    """Fills the cloud of `stage` from what `reading` and `context` know."""

    described = Signal(str, str)  # the points and axes drawn in a line, and in full

    def __init__(
        self, reading: VectorReading, context: ContextReading, stage: VectorStage, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._reading, self._context = reading, context
        self._cloud, self._view = stage.cloud, stage.view
        self._nearest, self._layers = stage.panels.nearest, stage.layers
        self.columns = (0, 1, 2)  # which three of the axes are drawn
        self._axis_place = 0
        self._view.columns_chosen.connect(self._use_columns)
        self._view.axis_asked.connect(self._ask_axis)
        self._view.scene_changed.connect(self.draw)
        self._nearest.own.toggled.connect(self.draw)
        self._nearest.count.valueChanged.connect(self.draw)
        reading.axis_made.connect(self._use_axis)
        context.axis_made.connect(self._use_axis)

    def start_anew(self) -> None:
        """Another space is shown, on its first three components."""
        self.columns = (0, 1, 2)

    def place_points(self, *, keep_view: bool = False) -> None:
        opened, axes = self._reading.opened, self._reading.axes
        assert opened is not None
        if max(self.columns) >= max(len(axes), 3):
            self.columns = (0, 1, 2)  # an axis of one's own that this text cannot have
        paths = self._context.paths if self._reading.in_context else None
        extent = paths.places if paths is not None else ()
        points = self._reading.coordinates
        cloud = vector_scenes.cloud_of(points, opened.labels, axes, self.columns, extent)
        self._cloud.set_cloud(cloud, keep_view=keep_view)
        self._view.set_axes(axes, self.columns)
        drawn = [axes[column] for column in self.columns if column < len(axes)]
        shares = " · ".join(axis_line(axis).replace("   ", " ") for axis in drawn)
        lines = "\n".join(f"{axis.name}: {ends_line(axis)}" for axis in drawn)
        self.described.emit(
            f"{len(opened.words):,} points · {shares}",
            f"{opened.dim} dimensions. Share of the variance of each axis drawn.\n{lines}",
        )

    @Slot()
    def draw(self) -> None:
        """What stands out: the arithmetic, and in context the paths."""
        reading, paths = self._reading, self._context.paths
        if reading.opened is None:
            return
        scene, evaluated = self._arithmetic(), reading.evaluated
        shown = self._context.shown
        if reading.in_context and paths is not None and shown is not None:
            lines = vector_scenes.trajectories(
                paths.places,
                [stream.names for stream in shown.streams],
                self._context.lenses(),
                self._context.selected(),
                self.columns,
                self._layers.layer.value(),
            )
            single = evaluated is None or len(evaluated.terms) < 2
            scene = lines if single else replace(scene, paths=lines.paths)
        self._cloud.set_scene(scene)

    def _arithmetic(self) -> Scene:
        evaluated, listed = self._reading.evaluated, self._nearest.listed
        points = self._reading.coordinates
        if evaluated is None or listed is None or evaluated.tip.shape[-1] != points.shape[-1]:
            return Scene()  # the same values on a new axis are on their way
        return vector_scenes.arithmetic(
            evaluated,
            listed,
            self._nearest.limit,
            points,
            self.columns,
            chain=self._view.chain.isChecked(),
            isolated=self._view.isolate.isChecked(),
        )

    # Axes

    @Slot(tuple)
    def _use_columns(self, columns: tuple[int, int, int]) -> None:
        self.columns = columns
        self.place_points(keep_view=True)
        self.draw()

    @Slot(int, str)
    def _ask_axis(self, place: int, text: str) -> None:
        self._axis_place = place
        if self._reading.in_context:
            self._context.make_axis(text, self._layers.layer.value())
        else:
            self._reading.make_axis(text)

    @Slot(int)
    def _use_axis(self, index: int) -> None:
        columns = list(self.columns)
        columns[self._axis_place] = index
        self._use_columns((columns[0], columns[1], columns[2]))
