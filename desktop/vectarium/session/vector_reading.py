"""The vector space that is looked at: asks the worker for vectors, and keeps its answers."""

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from vectarium import messages_vectors as m
from vectarium.messages import Failed, Floats, Reply, Request
from vectarium.session.session import Session
from vectarium.space_settings import SpaceSettings

MODEL_SPACES = ("tokens", "unembedding", "positions", "context")


class VectorReading(QObject):
    """One space at a time. Answers about another space than the one shown are dropped."""

    spaces_changed = Signal()
    opened_changed = Signal()
    value_changed = Signal()
    axis_made = Signal(int)  # its index among `axes`
    completed = Signal(object)  # Completions
    panel_answered = Signal(object)  # Reply to `ask_panel`, a Problem among them
    problem = Signal(object)  # Problem with an expression, the expected word or an axis
    failed = Signal(str)
    stopped = Signal()  # the space was not opened, as the user cancelled

    def __init__(self, session: Session, settings: SpaceSettings, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.space = settings.space
        self.spaces: m.SpacesListed | None = None
        self.opened: m.SpaceOpened | None = None
        self.evaluated: m.Evaluated | None = None
        self.own_axes: list[m.AxisMade] = []
        self.measure, self.folded = settings.measure, settings.folded
        self.expected = ""
        self._asked: tuple[str, int | None] | None = None  # the expression or row that is being worked out
        self.expressions = dict(settings.expressions)  # by space, with the word expected
        self._waiting: set[type[Request]] = set()
        session.answered.connect(self._answered)
        session.failed.connect(self._failed)
        session.cancelled.connect(self._cancelled)

    @property
    def settled(self) -> bool:
        return not self._waiting

    def _ask(self, kind: type[Request], **content: object) -> None:
        self._waiting.add(kind)
        self._session.ask(kind, **content)

    # Asking

    def list_spaces(self) -> None:
        """Which spaces there are now."""
        self._ask(m.ListSpaces)

    @property
    def in_context(self) -> bool:
        return self.space == "context"

    @property
    def needs_model(self) -> bool:
        """Whether the space shown waits for a model that is not there yet."""
        return self.space in MODEL_SPACES and self._session.model is None

    def choose(self, space: str) -> None:
        """Another space is looked at from now on; `open` asks for it."""
        for kind in self._waiting - {m.ListSpaces}:
            self._session.cancel(kind)  # an answer about the last space, or of the last model
        self._waiting &= {m.ListSpaces}
        self.space = space
        self.opened = self.evaluated = self._asked = None
        self.own_axes = []

    def open(self) -> None:
        self._ask(m.OpenSpace, space=self.space)

    def evaluate(self, text: str, expected: str = "") -> None:
        """Work an expression out in the space shown, and see where an expected word lies."""
        self.expected = expected
        self._keep(text)
        self._evaluate(text=text)

    def look_at(self, row: int) -> None:
        """Take a point of the space for the expression."""
        self.expected = ""
        self._evaluate(row=row)

    def again(self) -> None:
        """Work the same expression out anew, with other settings or another expected word."""
        if self._asked is not None:
            self._evaluate(*self._asked)
        elif self.evaluated is not None:
            self._evaluate(text=self.evaluated.text)

    def forget(self) -> None:
        """Look at no expression."""
        self.evaluated = self._asked = None
        self.expressions.pop(self.space, None)

    def _keep(self, text: str) -> None:
        """For when this space is shown again; what is worked out in context is of one text alone."""
        if not self.in_context:
            self.expressions[self.space] = (text, self.expected)

    def _evaluate(self, text: str = "", row: int | None = None) -> None:
        if self.opened is not None:
            self._asked = (text, row)
            self._ask(
                m.Evaluate,
                space=self.space,
                text=text,
                row=row,
                measure=self.measure,
                folded=self.folded,
                expected=self.expected,
            )

    @Slot(str)
    def complete(self, typed: str) -> None:
        self._complete(typed, alike=False)

    @Slot(str)
    def find_alike(self, typed: str) -> None:
        """As `complete`; if nothing begins so, what is spelt alike. That takes some tenths of a second."""
        self._complete(typed, alike=True)

    def _complete(self, typed: str, *, alike: bool) -> None:
        if self.opened is not None:
            self._session.ask(m.Complete, space=self.space, typed=typed, folded=self.folded, alike=alike)

    def make_axis(self, text: str) -> None:
        self._ask(m.MakeAxis, space=self.space, text=text)

    @Slot(object)
    def ask_panel(self, question: tuple[type[Request], dict[str, object]]) -> None:
        """A request class and its content but for the space."""
        kind, content = question
        if self.opened is not None:
            self._ask(kind, space=self.space, **content)

    # Answers

    @Slot(object)
    def _answered(self, reply: Reply) -> None:
        if isinstance(reply, m.SpacesListed):
            self._waiting.discard(m.ListSpaces)
            self.spaces = reply
            self.spaces_changed.emit()
        elif getattr(reply, "space", None) == self.space:
            self._take(reply)

    def _take(self, reply: Reply) -> None:
        match reply:
            case m.SpaceOpened():
                self._waiting.discard(m.OpenSpace)
                self.opened = reply
                self.opened_changed.emit()
            case m.Evaluated():
                self._waiting.discard(m.Evaluate)
                self._asked = None
                self.evaluated = reply
                self._keep(reply.text)
                self.value_changed.emit()
            case m.AxisMade():
                self._waiting.discard(m.MakeAxis)
                if reply.axis.name not in [axis.name for axis in self.axes]:
                    self.own_axes.append(reply)
                self.axis_made.emit([axis.name for axis in self.axes].index(reply.axis.name))
                self.again()  # for its places on the new axis
            case m.Completions():
                self.completed.emit(reply)
            case m.Problem(field="expression" | "axis" | "expected"):
                kinds = {"expression": m.Evaluate, "axis": m.MakeAxis}
                self._waiting.discard(kinds.get(reply.field, m.Complete))
                if reply.field == "expression":
                    self._asked = None
                self.problem.emit(reply)
            case _:
                self._waiting -= {m.ReadDirection, m.CompareWords, m.MeasureAngles}
                self.panel_answered.emit(reply)

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        self._waiting.discard(type(failure.request))
        if isinstance(failure.request, m.OpenSpace) and failure.request.space == self.space:
            self.failed.emit(f"{failure.message}\n{failure.advice}")

    @Slot()
    def _cancelled(self) -> None:
        self._waiting.clear()
        self._asked = None
        if self.opened is None:
            self.stopped.emit()

    # What there is to draw

    @property
    def axes(self) -> tuple[m.Axis, ...]:
        """The components, and after them the axes of the user's own."""
        if self.opened is None:
            return ()
        return self.opened.axes + tuple(made.axis for made in self.own_axes)

    @property
    def coordinates(self) -> Floats:
        """[point, axis]"""
        assert self.opened is not None
        if not self.own_axes:
            return self.opened.coordinates
        return np.column_stack([self.opened.coordinates, *(made.coordinates for made in self.own_axes)])

    # Where points are in the text

    def row_of(self, token: int, seen_from: int) -> int | None:
        """The point of a token of the text; in context the first point is the token `seen_from`."""
        tokens, opened = self._session.tokens, self.opened
        if opened is None or tokens.pending is not None or token >= len(tokens):
            return None
        row: int | None = int(tokens.ids[token])
        if self.space == "context":
            row = token - seen_from
        elif self.space == "positions":
            row = token
        elif self.space not in MODEL_SPACES:
            start, end = tokens.spans[token].tolist()
            row = opened.rows.get(tokens.text[start:end].strip().lower())
        return row if row is not None and 0 <= row < len(opened.words) else None

    def token_of(self, row: int, seen_from: int) -> int | None:
        """Where a point is in the text; the first place if there are several."""
        tokens = self._session.tokens
        if self.space not in MODEL_SPACES:
            return None
        if self.space in ("context", "positions"):
            place = row + (seen_from if self.space == "context" else 0)
            return place if place < len(tokens) else None
        found = np.flatnonzero(tokens.ids == row)
        return int(found[0]) if len(found) else None
