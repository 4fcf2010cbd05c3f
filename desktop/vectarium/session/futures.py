"""What could be written next, a few tokens deep: asks for it while anybody looks, and keeps the answers."""

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from vectarium import futures
from vectarium.futures import Block, Known
from vectarium.messages import Failed, Finished, Ids, ModelLoaded, Reply, read_only
from vectarium.messages_futures import FuturesRead, Path, ReadFutures
from vectarium.sampling import Step, distribution, record_step
from vectarium.session.session import NextToken, Session
from vectarium.session.tokens import Tokens

LEAST = 0.005
LEVELS = 3
SETTLE_MS = 60  # after the last change of the settings, before more is asked for them
MOST_KEPT = 25_000_000  # logits; beyond, what is not on screen is dropped


class FuturesReading(QObject):
    """Looks ahead from the selected token, not while the model writes. A setting needs no new pass for what
    is known; only for blocks that it makes large enough to look into for the first time."""

    changed = Signal()  # other blocks
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.wanted = False
        self.levels, self.least = LEVELS, LEAST
        self.blocks: tuple[Block, ...] = ()
        self._known: dict[Path, Known] = {}
        self._root: NextToken | None = None
        self._waiting: set[Path] = set()
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.setInterval(SETTLE_MS)
        self._asking.timeout.connect(self._ask)
        session.next_token_changed.connect(self._root_changed)
        session.tokens_changed.connect(self._tokens_changed)
        session.sampling_changed.connect(self._sampling_changed)
        session.generating_changed.connect(self._ask)
        session.model_changed.connect(self._model_changed)
        session.answered.connect(self._answered)
        session.finished.connect(self._finished)
        session.failed.connect(self._failed)
        session.cancelled.connect(self._cancelled)

    @property
    def text(self) -> Ids:
        """[token] what the blocks follow."""
        root = self._root
        return root.ids[: root.position + 1] if root is not None else np.empty(0, np.int32)

    @property
    def waiting(self) -> frozenset[Path]:
        """The paths whose answer is on its way."""
        return frozenset(self._waiting)

    @property
    def settled(self) -> bool:
        return not self._waiting and not self._asking.isActive()

    def want(self, wanted: bool) -> None:
        """Whether anybody looks."""
        if wanted == self.wanted:
            return
        self.wanted = wanted
        if wanted:
            self._root_changed(self._session.next_token)
        else:
            self._asking.stop()
            self._drop_question()

    def set_shape(self, levels: int, least: float) -> None:
        """How many tokens deep, and how likely a block has to be."""
        self.levels, self.least = levels, least
        self._reshape()
        self._ask()

    def steps(self, path: Path) -> tuple[Step, ...]:
        """How the tokens of a path would be chosen by hand. Raises KeyError for a path that is not known."""
        chosen = []
        for depth, token in enumerate(path):
            known = self._known[path[:depth]]
            drawn_from = distribution(known.ranking, self._session.sampling, known.seen)
            chosen.append(record_step(drawn_from, drawn_from.rank_of(token)))
        return tuple(chosen)

    # What the session says

    @Slot(object)
    def _root_changed(self, root: NextToken | None) -> None:
        if not self.wanted:
            return
        if root is None:
            self._forget()
        elif root is not self._root:
            self._known = self._carried_over(root)
            self._known[()] = Known(root.ranking, root.seen)
            self._root = root
            self._drop_question()
        self._reshape()
        self._ask()

    def _carried_over(self, root: NextToken) -> dict[Path, Known]:
        """What is known already of a text that goes on from the present one, or that it goes on from."""
        old, old_text = self._root, self.text
        if old is None or old.seen_from != root.seen_from:
            return {}
        text = root.ids[: root.position + 1]
        shared = min(len(old_text), len(text))
        if not np.array_equal(old_text[:shared], text[:shared]):
            return {}
        gone, come = tuple(old_text[shared:].tolist()), tuple(text[shared:].tolist())
        return {
            gone + path[len(come) :]: known
            for path, known in self._known.items()
            if path[: len(come)] == come
        }

    @Slot(object)
    def _tokens_changed(self, tokens: Tokens) -> None:
        if self._waiting and (tokens.pending is not None or not np.array_equal(self._root_ids(), tokens.ids)):
            self._drop_question()

    def _root_ids(self) -> Ids:
        return self._root.ids if self._root is not None else np.empty(0, np.int32)

    @Slot()
    def _sampling_changed(self) -> None:
        if self.wanted:
            self._reshape()
            self._asking.start()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self._forget()
        self.changed.emit()

    def _forget(self) -> None:
        self._known, self._root, self.blocks = {}, None, ()
        self._drop_question()

    # Asking

    @Slot()
    def _ask(self) -> None:
        if not self.wanted or self._root is None or self._session.generating:
            return
        paths = futures.missing(self.blocks, self._known, self.levels)
        if paths and not self._waiting.issuperset(paths):
            self._waiting = set(paths)
            self._session.ask(ReadFutures, ids=self._root.ids, position=self._root.position, paths=paths)
            self.changed.emit()

    def _drop_question(self) -> None:
        if self._waiting:
            self._waiting.clear()
            self._session.cancel(ReadFutures)

    @Slot(object)
    def _answered(self, reply: Reply) -> None:
        if not isinstance(reply, FuturesRead) or self._root is None:
            return
        if reply.position != self._root.position or not np.array_equal(reply.ids, self._root.ids):
            return
        seen = self.text[reply.seen_from :]
        for path, ranking in zip(reply.paths, reply.rankings, strict=True):
            self._known[path] = Known(ranking, read_only(np.append(seen, np.array(path, np.int32))))
        self._waiting.difference_update(reply.paths)
        self._reshape()

    @Slot(object)
    def _finished(self, finished: Finished) -> None:
        if isinstance(finished.request, ReadFutures):
            self._waiting.clear()
            self._ask()

    @Slot()
    def _cancelled(self) -> None:
        self._waiting.clear()
        self.changed.emit()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        if isinstance(failure.request, ReadFutures):
            self._waiting.clear()
            self.failed.emit(f"{failure.message}\n{failure.advice}")

    def _reshape(self) -> None:
        vocabulary = self._session.vocabulary
        if self._root is None or vocabulary is None:
            self.blocks = ()
        else:
            self.blocks = futures.blocks(
                self._known, self._session.sampling, self.levels, self.least, vocabulary.end_of_text
            )
            self._make_room()
        self.changed.emit()

    def _make_room(self) -> None:
        if sum(known.ranking.size for known in self._known.values()) > MOST_KEPT:
            shown = {()} | {block.path for block in self.blocks}
            self._known = {path: known for path, known in self._known.items() if path in shown}
