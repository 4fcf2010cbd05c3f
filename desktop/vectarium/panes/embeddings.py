"""The Embeddings pane: a vector space in three dimensions, nearest words, vector arithmetic."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QVBoxLayout

from vectarium.drawing.choice_button import ChoiceButton
from vectarium.drawing.palette import Look
from vectarium.drawing.space.search_box import SearchBox
from vectarium.drawing.space.vector_stage import VectorStage
from vectarium.files import write_csv
from vectarium.messages import Failed, LoadModel, ModelLoaded
from vectarium.messages_vectors import Completions, Problem
from vectarium.panes.embeddings_cloud import EmbeddingsCloud
from vectarium.panes.embeddings_context import EmbeddingsContext
from vectarium.panes.embeddings_files import EmbeddingsFiles
from vectarium.panes.embeddings_links import EmbeddingsLinks
from vectarium.panes.pane import Pane, Table
from vectarium.session.context_reading import ContextReading
from vectarium.session.session import Session
from vectarium.session.vector_reading import MODEL_SPACES, VectorReading
from vectarium.space_settings import SpaceSettings

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
        "slow rotation. Point at a point for its name, click it for its neighbours. Find a word by its name "
        "with Ctrl+F.</p>"
        "<p>Type an expression such as <b>king - man + woman</b>. The yellow arrow is the difference, the "
        "dashed one the same difference where the expression takes it, the dotted one what is missing to "
        "the word you expect; thin arrows are the terms, each from where the last one ended. Put double "
        'quotes around tokens with spaces or signs: <b>" king"</b>.</p>'
    )

    def __init__(self, session: Session, look: Look, settings: SpaceSettings) -> None:
        super().__init__(look)
        self._session = session
        self.reading = VectorReading(session, settings, self)
        self.context = ContextReading(session, self)
        self._problem = ""
        self._build(look, settings)
        self._listen()
        self._say_waiting()

    def _build(self, look: Look, settings: SpaceSettings) -> None:
        self.space_button = ChoiceButton("Space", "Which vectors are shown")
        self.space_button.set_choices((("words", "Words · GloVe 50d"),), "words")
        self.search = SearchBox(look)
        self.tools.addWidget(self.space_button)
        self.tools.addWidget(self.search)
        stage = VectorStage(look)
        self.cloud, self.box, self.view = stage.cloud, stage.box, stage.view
        self.layers, self.panels = stage.layers, stage.panels
        self.panels.restore(settings)
        self.view.chain.setChecked(settings.chain)
        self.drawn = EmbeddingsCloud(self.reading, self.context, stage, self)
        self.in_context = EmbeddingsContext(self.reading, self.context, self.layers, self.drawn, self)
        self.links = EmbeddingsLinks(self._session, self.reading, self.context, stage, self)
        self.files = EmbeddingsFiles(self.reading, self.panels, self.menu, self)
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(stage)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._find)

    def _listen(self) -> None:
        session, reading, nearest = self._session, self.reading, self.panels.nearest
        session.failed.connect(self._failed)
        session.model_changed.connect(self._model_changed)
        self.space_button.chosen.connect(self.show_space)
        reading.spaces_changed.connect(self._list_spaces)
        reading.opened_changed.connect(self._show_space)
        reading.value_changed.connect(self._show_value)
        reading.completed.connect(self._complete)
        reading.panel_answered.connect(self.panels.take)
        reading.problem.connect(self._show_problem)
        reading.failed.connect(self.show_empty)
        reading.stopped.connect(self._say_stopped)
        self.box.entered.connect(self._entered)
        self.box.chosen.connect(self.evaluate)
        self.box.typed.connect(reading.complete)
        self.search.typed.connect(reading.complete)
        self.search.missed.connect(reading.find_alike)
        self.search.chosen.connect(self._found)
        self.search.entered.connect(self.evaluate)
        self.drawn.described.connect(self._describe)
        self.files.message.connect(self.message)
        self.files.path_asked.connect(self.path_asked)
        nearest.asked.connect(self._ask_again)
        self.panels.asked.connect(reading.ask_panel)
        self.in_context.waiting.connect(self._say_waiting)
        self.in_context.shown.connect(self.show_body)
        self.in_context.text_changed.connect(self._look_at_text)
        self.context.problem.connect(self._show_problem)
        self.context.failed.connect(self.show_empty)
        self.context.stopped.connect(self._say_stopped)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.reading.spaces is None:
            self.reading.list_spaces()
        if self.reading.opened is None or self.reading.in_context:
            self._open()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.context.want(False)

    @property
    def settled(self) -> bool:
        return self.reading.settled and (not self.reading.in_context or self.context.settled)

    @property
    def settings(self) -> SpaceSettings:
        """What is to be there again at the next start."""
        reading = self.reading
        return replace(
            self.panels.settings(),
            space=reading.space,
            expressions=dict(reading.expressions),
            chain=self.view.chain.isChecked(),
        )

    # Spaces

    @Slot(object)
    def show_space(self, key: str) -> None:
        """Show another space."""
        self.reading.choose(key)
        self.search.forget()
        self.drawn.start_anew()
        self._name_space()
        self._say_waiting()
        self._open()

    def _open(self) -> None:
        """Ask for the space to show, if it can be there."""
        in_context = self.reading.in_context
        self.layers.setVisible(in_context)
        self.context.want(in_context and self.isVisible())
        if self.reading.needs_model:
            self._say_waiting()
        elif in_context:
            self.in_context.show()
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
        if not self.reading.needs_model and self.reading.space not in dict(choices):
            # It was there when Vectarium was closed: a package that has gone, a model whose matrix is tied.
            self.show_space("tokens" if self.reading.space == "unembedding" else "words")

    def _name_space(self) -> None:
        self.space_button.choose(self.reading.space)
        if self.reading.spaces is not None:
            self.box.set_examples(self.reading.spaces.expressions.get(self.reading.space, ()))

    @Slot()
    def _say_waiting(self) -> None:
        if self.reading.needs_model:
            self.show_empty("The model is starting. Its vectors will appear here as a cloud of points.")
        elif self.reading.in_context and not len(self._session.tokens):
            self.show_empty("Write something above, and its tokens will appear here, layer by layer.")
        else:
            self.show_empty("Opening the vectors. Every word will be a point here; near words mean alike.")

    @Slot()
    def _say_stopped(self) -> None:
        if not self.reading.needs_model:
            self.show_empty("You cancelled before the vectors were there.", "Open them", self._open)

    @Slot()
    def _show_space(self) -> None:
        self.drawn.place_points()
        self.panels.new_space()
        self.show_body()
        text, expected = self.reading.expressions.get(self.reading.space, ("", ""))
        self.box.set_text(text)
        if text:
            self.evaluate(text, expected)
        else:
            self._show_nothing()

    @Slot(str, str)
    def _describe(self, line: str, full: str) -> None:
        self.info.setText(line)
        self.info.setToolTip(full)

    # Finding a point

    @Slot()
    def _find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @Slot(int)
    def _found(self, row: int) -> None:
        self.links.look_at(row)
        if self.reading.in_context:
            self.cloud.centre_on(row)  # elsewhere the view moves when the neighbours are there

    @Slot(object)
    def _complete(self, found: Completions) -> None:
        self.search.show_completions(found)
        self.box.show_completions(found)

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
        self._problem = ""
        self.panels.nearest.expected.clear()
        self.panels.nearest.show_result(None)
        self.drawn.draw()

    @Slot()
    def _show_value(self) -> None:
        evaluated = self.reading.evaluated
        assert evaluated is not None
        self._problem = ""
        self.box.set_text(evaluated.text)
        self.panels.nearest.show_result(evaluated)
        self.drawn.draw()
        if not self.reading.in_context:
            self.cloud.frame_scene()

    @Slot(object)
    def _show_problem(self, problem: Problem) -> None:
        if problem.field == "expression":
            self._problem = problem.message
            self.box.show_problem(problem.message, problem.start, problem.end, problem.near)
        elif problem.field == "expected":
            self.panels.nearest.show_unknown(problem.message)
        else:
            self.message.emit(f"No axis “{problem.text}”: {problem.message}")

    @Slot()
    def _look_at_text(self) -> None:
        """Another text: what was asked for it, or its selected token."""
        self.reading.evaluated = None
        self.search.forget()
        self.panels.new_space()
        self._show_nothing()
        text, expected = self.reading.expressions.pop("context", ("", ""))
        self.box.set_text(text)
        if text:
            self.evaluate(text, expected)
        else:
            self.reading.look_at(self.context.selected()[0])

    # Data

    def tables(self) -> list[Table]:
        """The points with all components, the neighbours, the expression, and the numbers of the side."""
        return [Table(*each) for each in self.files.tables()]

    def export(self, folder: Path) -> None:
        """``points.csv`` and ``neighbours.csv``, fifty of them. Raises OSError."""
        if self._problem:
            raise OSError(f"the expression “{self.box.text}” has no value: {self._problem.removesuffix('.')}")
        for name, columns, rows in self.files.tables(EXPORTED_NEIGHBOURS):
            write_csv(folder / f"{name}.csv", columns, rows())
