"""The Embeddings pane: a vector space in three dimensions, nearest words, vector arithmetic."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from vectarium import messages_vectors as m
from vectarium.context_reading import ContextReading
from vectarium.drawing import vector_scenes
from vectarium.drawing.choice_button import ChoiceButton
from vectarium.drawing.cloud_menu import CloudMenu, axis_line, ends_line
from vectarium.drawing.context_bar import ContextBar
from vectarium.drawing.expression_box import ExpressionBox
from vectarium.drawing.palette import Look
from vectarium.drawing.point_cloud import PointCloud
from vectarium.drawing.point_cloud_scene import Scene
from vectarium.drawing.vector_panels import VectorPanels
from vectarium.messages import Failed, Floats, LoadModel, ModelLoaded, Reply, Request
from vectarium.panes.pane import Pane, Table
from vectarium.session import Selection, Session

START = ("king - man + woman", "queen")
EXPORTED_NEIGHBOURS = 50
MODEL_SPACES = ("tokens", "unembedding", "positions", "context")


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
        self._space = space
        self._spaces: m.SpacesListed | None = None
        self.opened: m.SpaceOpened | None = None
        self.evaluated: m.Evaluated | None = None
        self._columns = (0, 1, 2)
        self._own_axis: tuple[int, m.AxisMade] | None = None
        self._expected = ""
        self._expressions = dict.fromkeys(("words", "all_words", "tokens", "unembedding"), START)
        self._expressions["positions"] = ('"0"', "")
        if expression:
            self._expressions[space] = (expression, "")
        self._waiting: set[type[Request]] = set()
        self.context = ContextReading(session, self)
        self._linking = False
        self._rows: dict[str, int] = {}  # of each word of the space
        self._build(look)
        self._listen()
        self._say_waiting()

    def _build(self, look: Look) -> None:
        self.space_button = ChoiceButton("Space", "Which vectors are shown")
        self.space_button.set_choices((("words", "Words · GloVe 50d"),), "words")
        self.space_button.chosen.connect(self.show_space)
        self.tools.addWidget(self.space_button)
        self.cloud = PointCloud(look)
        self.box = ExpressionBox(look, "king - man + woman", "Expression")
        self.view = CloudMenu(self.cloud)
        self._over = QHBoxLayout()
        self._over.addWidget(self.box, 10, Qt.AlignmentFlag.AlignTop)
        self._over.addStretch(1)
        self._over.addWidget(self.view, 0, Qt.AlignmentFlag.AlignTop)
        self._on_cloud = QVBoxLayout(self.cloud)
        self._on_cloud.addLayout(self._over)
        self._on_cloud.addStretch(1)
        self.layers = ContextBar(look)
        self.layers.hide()
        self.panels = VectorPanels(look)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.cloud, 1)
        column.addWidget(self.layers)
        self._split.addWidget(left)
        self._split.addWidget(self.panels)
        self._split.setStretchFactor(0, 1)
        self._split.setCollapsible(0, False)
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._split)
        for button, text in (
            (self.panels.nearest.own, "List the words of the expression too"),
            (self.panels.nearest.folded, "Fold twins that differ by case or space"),
        ):
            action = self.view.menu().addAction(text)
            action.setCheckable(True)
            action.toggled.connect(button.setChecked)
            button.toggled.connect(action.setChecked)
        self.set_look(look)

    def _listen(self) -> None:
        session, nearest = self._session, self.panels.nearest
        session.answered.connect(self._answered)
        session.failed.connect(self._failed)
        session.model_changed.connect(self._model_changed)
        session.selection_changed.connect(self._selection_changed)
        session.hover_changed.connect(self._token_hovered)
        self.cloud.clicked.connect(self._clicked)
        self.cloud.hovered.connect(self._hovered)
        self.box.entered.connect(self._entered)
        self.box.chosen.connect(self._example)
        self.box.typed.connect(self._typed)
        self.view.columns_chosen.connect(self._use_columns)
        self.view.axis_asked.connect(self._ask_axis)
        self.view.isolate_changed.connect(self._draw)
        nearest.asked.connect(self._ask_again)
        nearest.meant.connect(self._mean)
        nearest.pointed.connect(self.cloud.set_hover)
        nearest.own.toggled.connect(self._draw)
        nearest.count.chosen.connect(self._draw)
        self.panels.asked.connect(self._panel_asked)
        self.context.changed.connect(self._context_changed)
        self.context.failed.connect(self.show_empty)
        self.layers.layer_changed.connect(self._layer_changed)
        self.layers.basis_chosen.connect(self.context.set_basis)
        self.layers.texts_chosen.connect(self.context.set_others)

    def set_look(self, look: Look) -> None:
        self.look = look
        margin = look.px(10)
        self._on_cloud.setContentsMargins(margin, margin, margin, margin)
        self.box.setMaximumWidth(look.px(440))
        self.panels.setMinimumWidth(look.px(150))
        if self._split.width() > look.px(620):
            self._split.setSizes([self._split.width() - look.px(270), look.px(270)])

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._spaces is None:
            self._request(m.ListSpaces)
        if self.opened is None or self._space == "context":
            self._open()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.context.want(False)

    # Asking

    @property
    def settled(self) -> bool:
        """Whether everything that was asked is on screen."""
        return not self._waiting and (self._space != "context" or self.context.settled)

    def _request(self, kind: type[Request], **content: object) -> None:
        self._waiting.add(kind)
        self._session.ask(kind, **content)

    def _open(self) -> None:
        """Ask for the space to show, if it can be there."""
        self.layers.setVisible(self._space == "context")
        self.context.want(self._space == "context" and self.isVisible())
        if self._space in MODEL_SPACES and self._session.model is None:
            self._say_waiting()
        elif self._space == "context":
            self._context_changed()
        elif self.isVisible():
            self._request(m.OpenSpace, space=self._space)

    @Slot(object)
    def show_space(self, key: str, expression: str = "") -> None:
        """Show another space, with an expression if one is given."""
        if expression:
            self._expressions[key] = (expression, "")
        self._space = key
        self.opened = self.evaluated = self._own_axis = None
        self._columns = (0, 1, 2)
        self._name_space()
        self._say_waiting()
        self._open()

    def evaluate(self, text: str, expected: str = "") -> None:
        """Work an expression out in the space shown."""
        self._expected = expected
        self.panels.nearest.expected.setText(expected)
        self._expressions[self._space] = (text, expected)
        self._ask_value(text=text)

    def _ask_value(self, text: str = "", row: int | None = None) -> None:
        if self.opened is None:
            return
        nearest = self.panels.nearest
        self._request(
            m.Evaluate,
            space=self._space,
            text=text,
            row=row,
            measure=nearest.measure.key,
            folded=nearest.folded.isChecked(),
            expected=self._expected,
        )

    @Slot()
    def _ask_again(self) -> None:
        self._expected = self.panels.nearest.expected.text()
        if self.evaluated is not None:
            self._ask_value(text=self.evaluated.text)

    @Slot(str)
    def _entered(self, text: str) -> None:
        if text.strip():
            self.evaluate(text)
        else:
            self.evaluated = None
            self._expressions.pop(self._space, None)
            self.panels.nearest.show_result(None)
            self._draw()

    @Slot(str, str)
    def _example(self, text: str, expected: str) -> None:
        self.evaluate(text, expected)

    @Slot(str)
    def _typed(self, word: str) -> None:
        if self.opened is not None:
            folded = self.panels.nearest.folded.isChecked()
            self._session.ask(m.Complete, space=self._space, typed=word, folded=folded)

    @Slot(object)
    def _panel_asked(self, question: tuple[type[Request], dict[str, object]]) -> None:
        kind, content = question
        if self.opened is not None:
            self._request(kind, space=self._space, **content)

    # Answers

    @Slot(object)
    def _answered(self, reply: Reply) -> None:
        match reply:
            case m.SpacesListed():
                self._waiting.discard(m.ListSpaces)
                self._list_spaces(reply)
            case m.SpaceOpened() if reply.space == self._space:
                self._waiting.discard(m.OpenSpace)
                self._show_space(reply)
            case m.Evaluated() if reply.space == self._space:
                self._waiting.discard(m.Evaluate)
                self.evaluated = reply
                self._expressions[self._space] = (reply.text, self._expected)
                self.box.set_text(reply.text)
                self.panels.nearest.show_result(reply)
                self._draw()
                if self._space != "context":
                    self.cloud.frame_scene()
            case m.AxisMade() if reply.space == self._space:
                self._waiting.discard(m.MakeAxis)
                self._use_axis(reply)
            case m.Completions() if reply.space == self._space:
                self.box.show_completions(reply.typed, reply.expressions)
            case m.Problem() if reply.space == self._space:
                self._show_problem(reply)
            case _:
                self._waiting.difference_update(self.panels.take(reply))

    def _show_problem(self, problem: m.Problem) -> None:
        if problem.field == "expression":
            self._waiting.discard(m.Evaluate)
            self.box.show_problem(problem.message, problem.start, problem.end, problem.near)
        elif problem.field == "expected":
            self.panels.nearest.show_unknown(problem.message)
        elif problem.field == "axis":
            self._waiting.discard(m.MakeAxis)
            self.message.emit(f"No axis “{problem.text}”: {problem.message}")
        else:
            self._waiting.difference_update(self.panels.take(problem))

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        self._waiting.discard(type(failure.request))
        if isinstance(failure.request, m.OpenSpace) or (
            isinstance(failure.request, LoadModel) and self._session.model is None and self.opened is None
        ):
            self.show_empty(f"{failure.message}\n{failure.advice}")

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        if self.isVisible():
            self._request(m.ListSpaces)
        else:
            self._spaces = None
        if self._space in MODEL_SPACES:
            self.show_space(self._space)

    # Spaces

    def _list_spaces(self, listed: m.SpacesListed) -> None:
        self._spaces = listed
        choices = tuple((space.key, space.name) for space in listed.spaces)
        self.space_button.set_choices(choices, self._space)
        self.panels.direction.set_examples(listed.directions)
        self.layers.set_texts(listed.contexts)
        self._name_space()

    def _name_space(self) -> None:
        self.space_button.choose(self._space)
        if self._spaces is not None:
            self.box.set_examples(self._spaces.expressions.get(self._space, ()))

    def _say_waiting(self) -> None:
        if self._space in MODEL_SPACES and self._session.model is None:
            self.show_empty("The model is starting. Its vectors will appear here as a cloud of points.")
        elif self._space == "context" and not len(self._session.tokens):
            self.show_empty("Write something above, and its tokens will appear here, layer by layer.")
        else:
            self.show_empty("Opening the vectors. Every word will be a point here; near words mean alike.")

    def _show_space(self, opened: m.SpaceOpened) -> None:
        self._take_points(opened)
        self.panels.new_space()
        self.show_body()
        text, expected = self._expressions.get(self._space, ("", ""))
        self.box.set_text(text)
        if text:
            self.evaluate(text, expected)
        else:
            self.panels.nearest.expected.clear()
            self.panels.nearest.show_result(None)
            self._draw()

    def _take_points(self, opened: m.SpaceOpened, *, keep_view: bool = False) -> None:
        self.opened = opened
        self._rows = {word: row for row, word in reversed(list(enumerate(opened.words)))}
        self._place_points(keep_view=keep_view)

    # In context

    @Slot()
    def _context_changed(self) -> None:
        """Other paths, or other names along them."""
        if self._space != "context":
            return
        self.layers.set_layers(self.context.layers)
        opened = self.context.space(self.layers.layer.value())
        if opened is None:
            self._say_waiting()
            return
        known = self.opened
        self._take_points(opened, keep_view=known is not None)
        self.show_body()
        if known is None or known.words != opened.words:
            self.evaluated = None
            self.box.set_text("")
            self.panels.nearest.expected.clear()
            self._expected = ""
            self.panels.new_space()
            self._ask_value(row=self.context.selected()[0])
        self._draw()

    @Slot(int)
    def _layer_changed(self, layer: int) -> None:
        opened = self.context.space(layer)
        if opened is not None:
            self._take_points(opened, keep_view=True)
            self._draw()
            self.context.set_layer(layer)
            if self.evaluated is not None:
                self._ask_value(text=self.evaluated.text)

    # Axes

    def _axes(self) -> tuple[m.Axis, ...]:
        if self.opened is None:
            return ()
        return self.opened.axes + ((self._own_axis[1].axis,) if self._own_axis is not None else ())

    def _coordinates(self) -> Floats:
        """[point, axis], with the user's own axis last."""
        assert self.opened is not None
        if self._own_axis is None:
            return self.opened.coordinates
        return np.column_stack([self.opened.coordinates, self._own_axis[1].coordinates])

    def _place_points(self, *, keep_view: bool = False) -> None:
        opened = self.opened
        assert opened is not None
        axes = self._axes()
        paths = self.context.paths if self._space == "context" else None
        extent = paths.places if paths is not None else ()
        cloud = vector_scenes.cloud_of(self._coordinates(), opened.labels, axes, self._columns, extent)
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
        self._request(m.MakeAxis, space=self._space, text=text)

    def _use_axis(self, made: m.AxisMade) -> None:
        assert self.opened is not None
        self._own_axis = (self._axis_place, made)
        columns = list(self._columns)
        columns[self._axis_place] = len(self.opened.axes)
        self._use_columns((columns[0], columns[1], columns[2]))
        if self.evaluated is not None:
            self._ask_value(text=self.evaluated.text)  # its places on the new axis

    # Drawing

    @Slot()
    def _draw(self) -> None:
        if self.opened is None:
            return
        scene = self._arithmetic()
        if self._space == "context" and self.context.paths is not None:
            paths = self.context.paths
            lines = vector_scenes.trajectories(
                paths.places,
                [stream.names for stream in paths.streams],
                self.context.lenses(),
                self.context.selected(),
                self._columns,
                self.layers.layer.value(),
            )
            single = self.evaluated is None or len(self.evaluated.terms) < 2
            scene = lines if single else replace(scene, paths=lines.paths)
        self.cloud.set_scene(scene)

    def _arithmetic(self) -> Scene:
        evaluated, listed = self.evaluated, self.panels.nearest.listed
        points = self._coordinates()
        if evaluated is None or listed is None or evaluated.tip.shape[-1] < points.shape[-1]:
            return Scene()  # the same values on a new axis are on their way
        if len(listed) and int(listed.rows.max()) >= len(points):
            return Scene()
        limit = self.panels.nearest.limit
        isolated = self.view.isolate.isChecked()
        return vector_scenes.arithmetic(evaluated, listed, limit, points, self._columns, isolated=isolated)

    # Linked with the other panes

    @Slot(object)
    def _clicked(self, row: int | None) -> None:
        if row is not None:
            self._mean(row)

    @Slot(int)
    def _mean(self, row: int) -> None:
        """Look at a point of the space, and mark its token in the text."""
        assert self.opened is not None
        self._expected = ""
        self.panels.nearest.expected.clear()
        self._ask_value(row=row)
        token = self._token_of(row)
        if token is not None and token != self._session.selection.token:
            self._linking = True
            self._session.select(token)
            self._linking = False

    @Slot(object)
    def _hovered(self, row: int | None) -> None:
        if self._space in MODEL_SPACES:
            self._session.set_hover(None if row is None else self._token_of(row))

    @Slot(object)
    def _token_hovered(self, token: int | None) -> None:
        """Light the point of the token that the mouse means in another pane."""
        if self.isVisible() and self.opened is not None and not self.cloud.underMouse():
            self.cloud.set_hover(None if token is None else self._row_of(token))

    def _row_of(self, token: int) -> int | None:
        """The point of a token of the text."""
        tokens = self._session.tokens
        if self.opened is None or tokens.pending is not None or token >= len(tokens):
            return None
        row: int | None = int(tokens.ids[token])
        if self._space == "context" and self.context.read is not None:
            row = token - self.context.read.seen_from
        elif self._space == "positions":
            row = token
        elif self._space in ("words", "all_words"):
            start, end = tokens.spans[token].tolist()
            row = self._rows.get(tokens.text[start:end].strip().lower())
        return row if row is not None and 0 <= row < len(self.opened.words) else None

    def _token_of(self, row: int) -> int | None:
        """Where the point `row` is in the text; the first place if there are several."""
        tokens = self._session.tokens
        if self._space == "context" and self.context.read is not None:
            place = row + self.context.read.seen_from
            return place if row < len(self.context.read.streams[0].names) else None
        if self._space == "positions":
            return row if row < len(tokens) else None
        if self._space not in ("tokens", "unembedding"):
            return None
        found = np.flatnonzero(tokens.ids == row)
        return int(found[0]) if len(found) else None

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        if self._linking or selection.token is None or not self.isVisible():
            return
        if (row := self._row_of(selection.token)) is not None:
            self._expected = ""
            self.panels.nearest.expected.clear()
            self._ask_value(row=row)

    # Data

    def tables(self) -> list[Table]:
        """The points with all components, the neighbours, the value of the expression, the side's numbers."""
        found = []
        opened, evaluated = self.opened, self.evaluated
        if opened is not None:
            columns = (opened.ids_are, "text", *(axis.name for axis in opened.axes))
            found.append(Table("points", columns, lambda: _points(opened)))
        if evaluated is not None:
            names = ("rank", "text", "cosine", "Euclid", "dot", "word of the expression")
            found.append(Table("neighbours", names, lambda: _neighbours(evaluated.near, len(evaluated.near))))
        return found + [Table(*each) for each in self.panels.tables()]

    def export(self, folder: Path) -> None:
        """``points.csv`` and ``neighbours.csv``, fifty of them. Raises OSError."""
        for table in self.tables():
            rows = table.rows()
            if table.name == "neighbours" and self.evaluated is not None:
                rows = _neighbours(self.evaluated.near, EXPORTED_NEIGHBOURS)
            with (folder / f"{table.name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(table.columns)
                writer.writerows(rows)


def _points(opened: m.SpaceOpened) -> Iterator[tuple[object, ...]]:
    rows = zip(opened.ids.tolist(), opened.words, opened.labels, opened.coordinates.tolist(), strict=True)
    for number, word, label, place in rows:
        yield (number, _plain(word, label), *place)


def _neighbours(near: m.Near, count: int) -> Iterator[tuple[object, ...]]:
    for index in range(min(count, len(near))):
        numbers = (near.cosines[index], near.distances[index], near.dots[index])
        yield (
            index + 1,
            _plain(near.words[index], near.labels[index]),
            *(None if np.isnan(number) else float(number) for number in numbers),
            near.own[index],
        )


def _plain(word: str, label: str) -> str:
    """A word as it is, or as it is drawn where it holds bytes that are no text."""
    return label if any("\ud800" <= character <= "\udfff" for character in word) else word
