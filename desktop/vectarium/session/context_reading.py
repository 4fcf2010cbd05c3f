"""The tokens of the text on screen on their way through the layers: asks for them, and keeps the answers."""

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from vectarium import messages_vectors as m
from vectarium.messages import Failed, ModelLoaded, Reply, Request, read_only
from vectarium.session.session import Session

ASK_AFTER_MS = 60  # after the last change of the text or the selection


class ContextReading(QObject):
    """Asks only while `wanted`, and not for every token while the model writes."""

    changed = Signal()  # other paths, or names along them
    axis_made = Signal(int)  # its index among the axes
    problem = Signal(object)  # Problem with an axis of the user's own
    failed = Signal(str)
    stopped = Signal()  # there are no paths, as the user cancelled

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.wanted = False
        self.others: tuple[str, ...] = ()
        self.layer = -1  # the last
        self.basis = "context"
        self.own_axes: tuple[tuple[str, int], ...] = ()  # an expression and the layer it was made for
        self._asked_axis = ""
        self.read: m.StreamsRead | None = None
        self.paths: m.PathsFollowed | None = None
        self.shown: m.StreamsRead | None = None  # what `paths` are of
        self.lens: m.LensRead | None = None
        self._waiting: set[type[Request]] = set()
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.setInterval(ASK_AFTER_MS)
        self._asking.timeout.connect(self._ask)
        session.answered.connect(self._answered)
        session.failed.connect(self._failed)
        session.cancelled.connect(self._cancelled)
        session.next_token_changed.connect(self._look_again)
        session.generating_changed.connect(self._look_again)
        session.model_changed.connect(self._model_changed)

    @property
    def settled(self) -> bool:
        return not self._waiting and not self._asking.isActive()

    def want(self, wanted: bool) -> None:
        """Whether anybody looks."""
        self.wanted = wanted
        if wanted:
            self._look_again()
        else:
            self._asking.stop()

    def set_others(self, texts: tuple[str, ...]) -> None:
        self.others = texts
        self.read = None
        self._look_again()

    def set_basis(self, basis: str) -> None:
        self.basis = basis
        self._follow()

    def set_layer(self, layer: int) -> None:
        """Neighbours are looked for at this layer from now on."""
        self.layer = layer
        self._follow()

    def make_axis(self, text: str, layer: int) -> None:
        """An axis along an expression of tokens in this text at a layer, or else of W_E."""
        self._asked_axis = text
        self.own_axes = (*(each for each in self.own_axes if each[0] != text), (text, layer))
        self._follow()

    @Slot()
    def _look_again(self) -> None:
        if self.wanted and not self._session.generating:
            self._asking.start()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self.read = self.paths = self.shown = self.lens = None
        self._waiting.clear()  # nobody answers what was asked of the model before
        self.layer = -1

    @Slot()
    def _ask(self) -> None:
        session = self._session
        tokens, position = session.tokens, session.position
        if session.model is None or tokens.pending is not None:
            return
        if not len(tokens):
            self.read = self.paths = self.shown = self.lens = None
            self.changed.emit()
            return
        if not self.current or not 0 <= position - self.seen_from < self.own_tokens:
            self._waiting.add(m.ReadStreams)
            session.ask(m.ReadStreams, ids=tokens.ids, position=position, others=self.others)
        self._waiting.add(m.ReadLens)
        session.ask(m.ReadLens, ids=tokens.ids, position=position)

    def _follow(self) -> None:
        if self.read is not None:
            self._waiting.add(m.FollowPaths)
            layers = self.read.layers
            layer = layers if self.layer < 0 else min(self.layer, layers)
            self._session.ask(
                m.FollowPaths,
                space="context",
                read=self.read.number,
                layer=layer,
                basis=self.basis,
                own=self.own_axes,
            )

    @Slot(object)
    def _answered(self, reply: Reply) -> None:
        match reply:
            case m.StreamsRead():
                self._waiting.discard(m.ReadStreams)
                if np.array_equal(reply.ids, self._session.tokens.ids):
                    self.read = reply
                    self._follow()
            case m.PathsFollowed():
                self._waiting.discard(m.FollowPaths)
                if self.read is not None and reply.read == self.read.number:
                    self._take_paths(reply)
            case m.LensRead():
                self._waiting.discard(m.ReadLens)
                self.lens = reply
                if self.paths is not None:
                    self.changed.emit()

    def _take_paths(self, followed: m.PathsFollowed) -> None:
        self.paths, self.shown = followed, self.read
        refused = {problem.text for problem in followed.problems}
        self.own_axes = tuple(each for each in self.own_axes if each[0] not in refused)
        asked, self._asked_axis = self._asked_axis, ""
        self.changed.emit()
        for problem in followed.problems:
            self.problem.emit(problem)
        names = [text for text, _ in self.own_axes]
        if asked in names:
            self.axis_made.emit(len(followed.axes) - len(names) + names.index(asked))

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        kind = type(failure.request)
        if kind in (m.ReadStreams, m.FollowPaths, m.ReadLens):
            self._waiting.discard(kind)
            self.failed.emit(f"{failure.message} {failure.advice}")

    @Slot()
    def _cancelled(self) -> None:
        self._waiting.clear()
        if self.wanted and self.paths is None:
            self.stopped.emit()

    # What there is to draw

    @property
    def current(self) -> bool:
        """Whether what was read is of the text on screen."""
        return self.read is not None and np.array_equal(self.read.ids, self._session.tokens.ids)

    @property
    def own_tokens(self) -> int:
        """How many points are tokens of the text on screen; those of further texts come after them."""
        return 0 if self.read is None else len(self.read.streams[0].names)

    @property
    def seen_from(self) -> int:
        """The token of the text that the first point stands for."""
        return 0 if self.read is None else self.read.seen_from

    @property
    def layers(self) -> int:
        """Blocks of the model that the paths are of."""
        return 0 if self.shown is None else self.shown.layers

    def space(self, layer: int) -> m.SpaceOpened | None:
        """The tokens of all texts at a layer, as a space."""
        paths, shown = self.paths, self.shown
        if paths is None or shown is None:
            return None
        streams = shown.streams
        names = [name for stream in streams for name in stream.names]
        words = [word for stream in streams for word in stream.words]
        first = shown.seen_from
        ids = np.concatenate(
            [first * (text == 0) + np.arange(len(stream.names)) for text, stream in enumerate(streams)]
        )
        coordinates = np.concatenate([places[layer] for places in paths.places])
        return m.SpaceOpened(
            paths.number,
            "context",
            f"Residual stream, layer {layer}",
            shown.width,
            "position",
            read_only(ids.astype(np.int32)),
            tuple(words),
            tuple(names),
            read_only(coordinates),
            paths.axes,
        )

    def selected(self) -> list[int]:
        """In each text the position whose path stands out: the selected one, or the last."""
        assert self.shown is not None
        lengths = [len(stream.names) for stream in self.shown.streams]
        first = min(max(self._session.position - self.shown.seen_from, 0), lengths[0] - 1)
        return [first, *(length - 1 for length in lengths[1:])]

    def lenses(self) -> list[tuple[str, ...]]:
        """The names along the path that stands out in each text, by the logit lens."""
        assert self.shown is not None
        lens, tokens = self.lens, self._session.tokens
        known = lens is not None and lens.position == self._session.position
        known = known and lens is not None and np.array_equal(lens.ids, tokens.ids)
        return [lens.names if known and lens is not None else (), *self.shown.lenses]
