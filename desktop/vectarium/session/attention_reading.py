"""What the model said about the attention of the text on screen: asks for it, and keeps the answers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from vectarium.attention.head_numbers import grown
from vectarium.context import seen_around
from vectarium.messages import Failed, ModelLoaded, Reply
from vectarium.messages_attention import (
    HeadRead,
    HeadsRead,
    MovesRead,
    PatternsRead,
    ReadHead,
    ReadHeads,
    ReadMoves,
    ReadPatterns,
    Seen,
    Treatment,
)
from vectarium.session.session import Session

Head = tuple[int, int]
MOST_APART = 8  # heads whose lines can be told apart


@dataclass
class Heads:
    """All heads of one text, of which the first `ready` layers are there."""

    seen: Seen
    treatment: Treatment
    cells: npt.NDArray[np.float32]  # [layer, head, query, key] maxima over `tokens_a_cell`
    tokens_a_cell: int  # or words
    measures: npt.NDArray[np.float64]  # [measure, layer, head]
    ready: int = 0


class AttentionReading(QObject):
    """Asks only while `wanted`. Every answer says of which tokens it speaks, and is kept with them."""

    heads_changed = Signal()
    heads_read = Signal()  # all layers of them
    head_changed = Signal()
    moves_changed = Signal()
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.heads: Heads | None = None
        self.head: HeadRead | None = None
        self.together: PatternsRead | None = None
        self.moves: MovesRead | None = None
        self.hide_sink = False
        self.added: tuple[Head, ...] = ()  # heads shown together with the selected one
        self.maximum = False
        self.moves_wanted = False
        self.each_wanted = False  # of the heads shown together
        self._asked_heads: tuple[Seen, Treatment] | None = None
        self._asked_head: tuple[Seen, Head] | None = None
        self._asked_together: tuple[Seen, tuple[Head, ...], bool, bool, Treatment] | None = None
        self._asked_moves: tuple[Seen, int, Head] | None = None
        self._heads_due = False  # a part of the answer is still on its way
        session.answered.connect(self._answered)
        session.failed.connect(self._failed)
        session.model_changed.connect(self._model_changed)
        session.cancelled.connect(self._expect_nothing)

    def forget(self) -> None:
        """Nothing is known any more: another model, or no text."""
        self.heads = self.head = self.together = self.moves = None
        self._expect_nothing()

    @Slot()
    def _expect_nothing(self) -> None:
        """What was asked is not answered any more; `ask` asks for it again."""
        self._asked_heads = self._asked_head = self._asked_together = self._asked_moves = None
        self._heads_due = False

    @property
    def treatment(self) -> Treatment:
        """What the switches want to be done to every pattern."""
        return Treatment(self.hide_sink, self._session.words)

    @property
    def seen(self) -> Seen | None:
        """The tokens on screen that the model sees."""
        model, tokens = self._session.model, self._session.tokens
        if model is None or tokens.pending is not None or not len(tokens):
            return None
        return Seen(tokens.ids, *seen_around(len(tokens), model.context, self._session.position))

    @property
    def waiting(self) -> bool:
        """Whether an answer that was asked for is still on its way."""
        asked_heads, asked_head = self._asked_heads, self._asked_head
        heads_here = asked_heads is None or (
            self.heads is not None
            and not self._heads_due
            and self.heads.seen.same(asked_heads[0])
            and self.heads.treatment == asked_heads[1]
        )
        head_here = asked_head is None or (
            self.head is not None
            and (self.head.layer, self.head.head) == asked_head[1]
            and self.head.seen.same(asked_head[0])
        )
        together, asked_together = self.together, self._asked_together
        together_here = asked_together is None or (
            together is not None
            and together.seen.same(asked_together[0])
            and (together.heads, together.maximum) == asked_together[1:3]
            and together.treatment == asked_together[4]
        )
        return not (heads_here and head_here and together_here)

    def ask(self) -> None:
        """Ask for whatever is not known, or not on its way."""
        seen, model = self.seen, self._session.model
        if seen is None or model is None:
            return
        selection = self._session.selection
        head = (selection.layer, selection.head)
        if head[0] >= model.layers or head[1] >= model.heads:
            return
        where = {"ids": seen.ids, "position": seen.end - 1}
        self._ask_heads(seen, where)
        if self._asked_head is None or self._asked_head[1] != head or not seen.same(self._asked_head[0]):
            self._asked_head = seen, head
            first = self._rows_known(seen, head)
            self._session.ask(ReadHead, layer=head[0], head=head[1], first_query=first, **where)
        self._ask_together(seen, head, where)
        if self.moves_wanted:
            self._ask_moves(seen, head)

    def _ask_heads(self, seen: Seen, where: dict[str, object]) -> None:
        asked, treatment = self._asked_heads, self.treatment
        if asked is not None and asked[1] == treatment:
            if seen.same(asked[0]):
                return
            if self._heads_due and self._session.generating:
                return  # one reading after the other: a new one for each token would never end
        self._asked_heads, self._heads_due = (seen, treatment), True
        self._session.ask(ReadHeads, treatment=treatment, **where)

    def _ask_together(self, seen: Seen, head: Head, where: dict[str, object]) -> None:
        heads = (head, *self.added)
        asked = self._asked_together
        if not self.added:
            self.together = self._asked_together = None
            return
        each = self.each_wanted and len(heads) <= MOST_APART
        wanted = (heads, self.maximum, each, self.treatment)
        if asked is None or asked[1:] != wanted or not seen.same(asked[0]):
            self._asked_together = seen, *wanted
            self._session.ask(
                ReadPatterns,
                heads=heads,
                maximum=self.maximum,
                each=each,
                treatment=self.treatment,
                **where,
            )

    def _ask_moves(self, seen: Seen, head: Head) -> None:
        position = self._session.position
        asked = self._asked_moves
        if not seen.start <= position < seen.end:
            return
        if asked is None or asked[1:] != (position, head) or not seen.same(asked[0]):
            self._asked_moves = seen, position, head
            self._session.ask(ReadMoves, ids=seen.ids, position=position, layer=head[0], head=head[1])

    def _rows_known(self, seen: Seen, head: Head) -> int:
        """How many of the head's rows are known, if the text only grew."""
        known = self.head
        if known is None or (known.layer, known.head) != head or known.seen.start != seen.start:
            return 0
        count = known.seen.end - known.seen.start
        grew = count < seen.end - seen.start and np.array_equal(seen.tokens[:count], known.seen.tokens)
        return count if grew else 0

    @Slot(object)
    def _answered(self, reply: Reply) -> None:
        # What was asked before another model came is answered by that one, about tokens that are not its own.
        match reply:
            case HeadsRead() if self._of(reply.seen, self._asked_heads):
                self._take_heads(reply)
            case HeadRead() if self._of(reply.seen, self._asked_head):
                self._take_head(reply)
            case PatternsRead() if self._of(reply.seen, self._asked_together):
                self.together = reply
                self.head_changed.emit()
            case MovesRead() if self._of(reply.seen, self._asked_moves):
                self.moves = reply
                self.moves_changed.emit()

    @staticmethod
    def _of(seen: Seen, asked: tuple[Seen, *tuple[object, ...]] | None) -> bool:
        return asked is not None and seen.same(asked[0])

    def _take_heads(self, reply: HeadsRead) -> None:
        model = self._session.model
        if model is None:
            return
        cells = reply.cells
        if reply.first_layer == 0:
            self.heads = Heads(
                reply.seen,
                reply.treatment,
                np.zeros((model.layers, *cells.shape[1:]), np.float32),
                reply.tokens_a_cell,
                np.full((len(reply.measures), model.layers, model.heads), np.nan),
            )
        heads = self.heads
        if heads is None or not reply.seen.same(heads.seen) or reply.treatment != heads.treatment:
            return
        heads.ready = reply.first_layer + len(cells)
        heads.cells[reply.first_layer : heads.ready] = cells
        heads.measures[:, reply.first_layer : heads.ready] = reply.measures
        self.heads_changed.emit()
        if reply.done:
            self._heads_due = False
            self.heads_read.emit()

    def _take_head(self, reply: HeadRead) -> None:
        if reply.first_query:
            known = self.head
            if known is None or (known.layer, known.head) != (reply.layer, reply.head):
                return
            reply = grown(known, reply)
        self.head = reply
        self.head_changed.emit()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        if isinstance(failure.request, ReadHeads | ReadHead | ReadPatterns | ReadMoves):
            self.forget()
            self.failed.emit(f"{failure.message}\n{failure.advice}")

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self.forget()
        self.added = ()
        selection = self._session.selection
        layer, head = min(selection.layer, model.layers - 1), min(selection.head, model.heads - 1)
        self._session.select_head(layer, head)
