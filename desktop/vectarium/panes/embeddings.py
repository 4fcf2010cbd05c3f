"""The Embeddings pane: a vector space in three dimensions, nearest words, vector arithmetic."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout

from vectarium import space_tables
from vectarium.drawing.choice_button import ChoiceButton
from vectarium.drawing.cloud.cloud_menu import axis_line, ends_line
from vectarium.drawing.cloud.point_cloud_scene import Scene
from vectarium.drawing.palette import Look
from vectarium.drawing.space import vector_scenes
from vectarium.drawing.space.vector_stage import VectorStage
from vectarium.files import write_csv
from vectarium.messages import Failed, LoadModel, ModelLoaded
from vectarium.messages_vectors import Completions, Problem
from vectarium.panes.pane import Pane, Table
from vectarium.session.context_reading import ContextReading
from vectarium.session.session import Selection, Session
from vectarium.session.vector_reading import MODEL_SPACES, VectorReading

EXPORTED_NEIGHBOURS = 50


class EmbeddingsPane(Pane):
    """The cloud with its expression box on the left; lists and number lines beside it."""

    title = "Embeddings"
    key = "embeddings"
    help = (
        "<p>Every point is a word (a token, a position) at the first principal components of its space: "
        "the directions in which the points vary most. Every neighbour, rank and number is computed in the "
        "whole space, never in the picture.</p>"
        "<p>Drag to turn, Shift and drag to move, wheel to zoom to the cursor, Home to reset, Space for a "
        "slow rotation. Point at a point for its name, click it for its neighbours.</p>"
        "<p>Type an expression such as <b>king - man + woman</b>. The yellow arrow is the difference, the "
        "dashed one the same difference where the expression takes it, the dotted one what is missing to "
        'the word you expect. Put double quotes around tokens with spaces or signs: <b>" king"</b>.</p>'
    )

    def __init__(self, session: Session, look: Look, space: str = "words", expression: str = "") -> None:
        super().__init__(look)
        self._session = session
        self.reading = VectorReading(session, space, expression, self)
        self.context = ContextReading(session, self)
        self._columns = (0, 1, 2)
        self._axis_place = 0
        self._problem = ""
        self._linking = False
        self._build(look)
        self._listen()
        self._say_waiting()

    def _build(self, look: Look) -> None:
        self.space_button = ChoiceButton("Space", "Which vectors are shown")
        self.space_button.set_choices((("words", "Words · GloVe 50d"),), "words")
        self.tools.addWidget(self.space_button)
        stage = VectorStage(look)
        self.cloud, self.box, self.view = stage.cloud, stage.box, stage.view
        self.layers, self.panels = stage.layers, stage.panels
        self.menu.addSeparator()
        self.menu.addAction("Copy the nearest words", self._copy_neighbours)
        self.menu.addAction("Save the nearest words as CSV …", self._ask_neighbours_path)
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(stage)

    def _listen(self) -> None:
        session, reading, nearest = self._session, self.reading, self.panels.nearest
        session.failed.connect(self._failed)
        session.model_changed.connect(self._model_changed)
        session.selection_changed.connect(self._selection_changed)
        session.hover_changed.connect(self._token_hovered)
        self.space_button.chosen.connect(self.show_space)
        reading.spaces_changed.connect(self._list_spaces)
        reading.opened_changed.connect(self._show_space)
        reading.value_changed.connect(self._show_value)
        reading.axis_made.connect(self._use_axis)
        reading.completed.connect(self._complete)
        reading.panel_answered.connect(self.panels.take)
        reading.problem.connect(self._show_problem)
        reading.failed.connect(self.show_empty)
        self.cloud.clicked.connect(self._clicked)
        self.cloud.hovered.connect(self._hovered)
        self.box.entered.connect(self._entered)
        self.box.chosen.connect(self.evaluate)
        self.box.typed.connect(reading.complete)
        self.view.columns_chosen.connect(self._use_columns)
        self.view.axis_asked.connect(self._ask_axis)
        self.view.isolate_changed.connect(self._draw)
        nearest.asked.connect(self._ask_again)
        nearest.meant.connect(self._look_at)
        nearest.pointed.connect(self.cloud.set_hover)
        nearest.own.toggled.connect(self._draw)
        nearest.count.chosen.connect(self._draw)
        self.panels.asked.connect(reading.ask_panel)
        self.context.changed.connect(self._context_changed)
        self.context.failed.connect(self.show_empty)
        self.layers.layer_changed.connect(self._layer_changed)
        self.layers.basis_chosen.connect(self.context.set_basis)
        self.layers.texts_chosen.connect(self.context.set_others)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.reading.spaces is None:
            self.reading.list_spaces()
        if self.reading.opened is None or self._in_context:
            self._open()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.context.want(False)

    @property
    def settled(self) -> bool:
        return self.reading.settled and (not self._in_context or self.context.settled)

    @property
    def _in_context(self) -> bool:
        return self.reading.space == "context"

    # Spaces

    @Slot(object)
    def show_space(self, key: str) -> None:
        """Show another space."""
        self.reading.choose(key)
        self._columns = (0, 1, 2)
        self._name_space()
        self._say_waiting()
        self._open()

    def _open(self) -> None:
        """Ask for the space to show, if it can be there."""
        self.layers.setVisible(self._in_context)
        self.context.want(self._in_context and self.isVisible())
        if self.reading.needs_model:
            self._say_waiting()
        elif self._in_context:
            self._context_changed()
        elif self.isVisible():
            self.reading.open()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self.reading.spaces = None
        if self.isVisible():
            self.reading.list_spaces()
        if self.reading.space in MODEL_SPACES:
            self.show_space(self.reading.space)

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        if isinstance(failure.request, LoadModel) and self.reading.needs_model:
            self.show_empty(f"{failure.message}\n{failure.advice}")

    @Slot()
    def _list_spaces(self) -> None:
        listed = self.reading.spaces
        assert listed is not None
        choices = tuple((space.key, space.name) for space in listed.spaces)
        self.space_button.set_choices(choices, self.reading.space)
        self.panels.direction.set_examples(listed.directions)
        self.layers.set_texts(listed.contexts)
        self._name_space()

    def _name_space(self) -> None:
        self.space_button.choose(self.reading.space)
        if self.reading.spaces is not None:
            self.box.set_examples(self.reading.spaces.expressions.get(self.reading.space, ()))

    def _say_waiting(self) -> None:
        if self.reading.needs_model:
            self.show_empty("The model is starting. Its vectors will appear here as a cloud of points.")
        elif self._in_context and not len(self._session.tokens):
            self.show_empty("Write something above, and its tokens will appear here, layer by layer.")
        else:
            self.show_empty("Opening the vectors. Every word will be a point here; near words mean alike.")

    @Slot()
    def _show_space(self) -> None:
        self._place_points()
        self.panels.new_space()
        self.show_body()
        text, expected = self.reading.expressions.get(self.reading.space, ("", ""))
        self.box.set_text(text)
        if text:
            self.evaluate(text, expected)
        else:
            self._show_nothing()

    # Expressions

    @Slot(str, str)
    def evaluate(self, text: str, expected: str = "") -> None:
        """Work an expression out in the space shown."""
        self.panels.nearest.expected.setText(expected)
        self.reading.evaluate(text, expected)

    @Slot(str)
    def _entered(self, text: str) -> None:
        if text.strip():
            self.evaluate(text)
        else:
            self.reading.forget()
            self._show_nothing()

    @Slot()
    def _ask_again(self) -> None:
        nearest, reading = self.panels.nearest, self.reading
        reading.measure, reading.folded = str(nearest.measure.key), nearest.folded.isChecked()
        reading.expected = nearest.expected.text()
        reading.again()

    def _show_nothing(self) -> None:
        self.panels.nearest.expected.clear()
        self.panels.nearest.show_result(None)
        self._draw()

    @Slot()
    def _show_value(self) -> None:
        evaluated = self.reading.evaluated
        assert evaluated is not None
        self._problem = ""
        self.box.set_text(evaluated.text)
        self.panels.nearest.show_result(evaluated)
        self._draw()
        if not self._in_context:
            self.cloud.frame_scene()

    @Slot(object)
    def _complete(self, found: Completions) -> None:
        self.box.show_completions(found.typed, found.expressions)

    @Slot(object)
    def _show_problem(self, problem: Problem) -> None:
        if problem.field == "expression":
            self._problem = problem.message
            self.box.show_problem(problem.message, problem.start, problem.end, problem.near)
        elif problem.field == "expected":
            self.panels.nearest.show_unknown(problem.message)
        else:
            self.message.emit(f"No axis “{problem.text}”: {problem.message}")

    # In context

    @Slot()
    def _context_changed(self) -> None:
        """Other paths, or other names along them."""
        if not self._in_context:
            return
        self.layers.set_layers(self.context.layers)
        opened = self.context.space(self.layers.layer.value())
        if opened is None:
            self.reading.opened = None
            self._say_waiting()
            return
        known, self.reading.opened = self.reading.opened, opened
        self._place_points(keep_view=known is not None)
        self.show_body()
        if known is None or known.words != opened.words:
            self.reading.evaluated = None
            self.box.set_text("")
            self.panels.new_space()
            self._show_nothing()
            self.reading.look_at(self.context.selected()[0])
        self._draw()

    @Slot(int)
    def _layer_changed(self, layer: int) -> None:
        opened = self.context.space(layer)
        if opened is not None:
            self.reading.opened = opened
            self._place_points(keep_view=True)
            self._draw()
            self.context.set_layer(layer)
            self.reading.again()

    # Axes

    def _place_points(self, *, keep_view: bool = False) -> None:
        opened, axes = self.reading.opened, self.reading.axes
        assert opened is not None
        paths = self.context.paths if self._in_context else None
        extent = paths.places if paths is not None else ()
        cloud = vector_scenes.cloud_of(self.reading.coordinates, opened.labels, axes, self._columns, extent)
        self.cloud.set_cloud(cloud, keep_view=keep_view)
        self.view.set_axes(axes, self._columns)
        drawn = [axes[column] for column in self._columns if column < len(axes)]
        shares = " · ".join(axis_line(axis).replace("   ", " ") for axis in drawn)
        self.info.setText(f"{len(opened.words):,} points · {shares}")
        lines = "\n".join(f"{axis.name}: {ends_line(axis)}" for axis in drawn)
        self.info.setToolTip(f"{opened.dim} dimensions. Share of the variance of each axis drawn.\n{lines}")

    @Slot(tuple)
    def _use_columns(self, columns: tuple[int, int, int]) -> None:
        self._columns = columns
        self._place_points(keep_view=True)
        self._draw()

    @Slot(int, str)
    def _ask_axis(self, place: int, text: str) -> None:
        self._axis_place = place
        self.reading.make_axis(text)

    @Slot(int)
    def _use_axis(self, index: int) -> None:
        columns = list(self._columns)
        columns[self._axis_place] = index
        self._use_columns((columns[0], columns[1], columns[2]))

    # Drawing

    @Slot()
    def _draw(self) -> None:
        if self.reading.opened is None:
            return
        scene, evaluated, paths = self._arithmetic(), self.reading.evaluated, self.context.paths
        shown = self.context.shown
        if self._in_context and paths is not None and shown is not None:
            lines = vector_scenes.trajectories(
                paths.places,
                [stream.names for stream in shown.streams],
                self.context.lenses(),
                self.context.selected(),
                self._columns,
                self.layers.layer.value(),
            )
            single = evaluated is None or len(evaluated.terms) < 2
            scene = lines if single else replace(scene, paths=lines.paths)
        self.cloud.set_scene(scene)

    def _arithmetic(self) -> Scene:
        evaluated, listed = self.reading.evaluated, self.panels.nearest.listed
        points = self.reading.coordinates
        if evaluated is None or listed is None or evaluated.tip.shape[-1] < points.shape[-1]:
            return Scene()  # the same values on a new axis are on their way
        limit, isolated = self.panels.nearest.limit, self.view.isolate.isChecked()
        return vector_scenes.arithmetic(evaluated, listed, limit, points, self._columns, isolated=isolated)

    # Linked with the other panes

    @Slot(object)
    def _clicked(self, row: int | None) -> None:
        if row is not None:
            self._look_at(row)

    @Slot(int)
    def _look_at(self, row: int) -> None:
        """Look at a point of the space, and mark its token in the text."""
        self.panels.nearest.expected.clear()
        self.reading.look_at(row)
        token = self._token_of(row)
        if token is not None and token != self._session.selection.token:
            self._linking = True
            self._session.select(token)
            self._linking = False

    @Slot(object)
    def _hovered(self, row: int | None) -> None:
        self._session.set_hover(None if row is None else self._token_of(row))

    @Slot(object)
    def _token_hovered(self, token: int | None) -> None:
        """Light the point of the token that the mouse means in another pane."""
        if self.isVisible() and self.reading.opened is not None and not self.cloud.underMouse():
            self.cloud.set_hover(None if token is None else self._row_of(token))

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        if self._linking or selection.token is None or not self.isVisible():
            return
        if (row := self._row_of(selection.token)) is not None:
            self.panels.nearest.expected.clear()
            self.reading.look_at(row)

    def _row_of(self, token: int) -> int | None:
        stale = self._in_context and not self.context.current
        return None if stale else self.reading.row_of(token, self.context.seen_from)

    def _token_of(self, row: int) -> int | None:
        stale = self._in_context and not self.context.current
        beside = self._in_context and row >= self.context.own_tokens
        return None if stale or beside else self.reading.token_of(row, self.context.seen_from)

    # Data

    def tables(self) -> list[Table]:
        """The points with all components, the neighbours, and the numbers of the side."""
        return self._tables(None)

    def _tables(self, most: int | None) -> list[Table]:
        found = []
        opened, evaluated = self.reading.opened, self.reading.evaluated
        if opened is not None:
            columns = space_tables.point_columns(opened)
            found.append(Table("points", columns, lambda: space_tables.points(opened)))
        if evaluated is not None:
            near = evaluated.near
            count = len(near) if most is None else most
            columns = space_tables.NEIGHBOUR_COLUMNS
            found.append(Table("neighbours", columns, lambda: space_tables.neighbours(near, count)))
        if evaluated is not None and opened is not None and len(self.reading.axes) == evaluated.tip.size:
            columns = space_tables.expression_columns(replace(opened, axes=self.reading.axes))
            found.append(Table("expression", columns, lambda: space_tables.expression(evaluated)))
        return found + [Table(*each) for each in self.panels.tables()]

    def export(self, folder: Path) -> None:
        """``points.csv`` and ``neighbours.csv``, fifty of them. Raises OSError."""
        if self._problem:
            raise OSError(f"the expression “{self.box.text}” has no value: {self._problem}")
        for table in self._tables(EXPORTED_NEIGHBOURS):
            write_csv(folder / f"{table.name}.csv", table.columns, table.rows())

    @Slot()
    def _ask_neighbours_path(self) -> None:
        self.path_asked.emit("Save the nearest words", "neighbours.csv", self.save_neighbours)

    def save_neighbours(self, path: Path) -> None:
        """The list of neighbours as it is shown, with all three measures, as CSV. Raises OSError."""
        near, limit = self.panels.nearest.listed, self.panels.nearest.limit
        if near is not None:
            write_csv(path, space_tables.NEIGHBOUR_COLUMNS, space_tables.neighbours(near, limit))

    @Slot()
    def _copy_neighbours(self) -> None:
        QGuiApplication.clipboard().setText(self.panels.nearest.bars.as_text())
        self.message.emit("The nearest words are on the clipboard.")
