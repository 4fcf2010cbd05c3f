"""Two branches of the document beside one another: what they share, where they part, how likely each is."""

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from vectarium.documents.document import Branch, Document
from vectarium.documents.editing import common_prefix
from vectarium.drawing.futures.parting import Way
from vectarium.messages import Ids, ModelLoaded, Reply, read_only
from vectarium.messages_futures import ScoreTexts, TextsScored
from vectarium.session.session import Session
from vectarium.session.token_numbers import TokenNumbers, TypedScores
from vectarium.vocabulary import Vocabulary

ASKED_AT_ONCE = 64  # tokens of a branch: other questions get their turn in between
CONTEXT = 8  # tokens before the parting that are shown with it
NAME_TOKENS = 7  # of a branch that has no name


class Comparing(QObject):
    """Keeps which branch is compared with the one looked at, and the probabilities of both."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._other: Branch | None = None
        self._scores = (TypedScores(), TypedScores())
        session.answered.connect(self._answered)
        session.model_changed.connect(self._model_changed)
        session.tokens_changed.connect(self._tokens_changed)

    @property
    def others(self) -> tuple[int, ...]:
        """The branches that can stand beside the one looked at."""
        document = self._session.document
        return tuple(index for index in range(len(document.branches)) if index != document.active)

    @property
    def other(self) -> int | None:
        """The one that does: the chosen one while it is there, else the newest."""
        branches = self._session.document.branches
        for index in self.others:
            if branches[index] is self._other:
                return index
        return self.others[-1] if self.others else None

    def choose(self, index: int) -> None:
        """Compare with another branch; the looked-at one with itself is with the newest other."""
        if index in self.others:
            self._other = self._session.document.branches[index]
        self.changed.emit()

    @property
    def pair(self) -> tuple[Branch, Branch] | None:
        """The branch looked at and the other, None while there is only one."""
        other = self.other
        if other is None:
            return None
        return self._session.document.branch, self._session.document.branches[other]

    def numbers(self) -> tuple[TokenNumbers, TokenNumbers]:
        """What is known of the tokens of both."""
        pair = self.pair
        assert pair is not None
        known = [
            scores.numbers(_ids(branch), branch.steps)
            for scores, branch in zip(self._scores, pair, strict=True)
        ]
        return known[0], known[1]

    def ask(self) -> None:
        """Ask the model for what the draws do not tell: the probability of typed tokens after the parting."""
        pair, session = self.pair, self._session
        if pair is None or session.model is None or session.tokens.pending is not None or session.generating:
            return
        first = shared(pair)
        texts = []
        for scores, branch in zip(self._scores, pair, strict=True):
            missing = scores.missing(_ids(branch), branch.steps, first)[:ASKED_AT_ONCE]
            texts.append((_ids(branch), read_only(np.array(missing, np.int32))))
        if any(len(positions) for _, positions in texts):
            session.ask(ScoreTexts, texts=tuple(texts))

    @Slot(object)
    def _answered(self, reply: Reply) -> None:
        if isinstance(reply, TextsScored):
            for scores, parts in zip(self._scores, reply.scored, strict=True):
                for scored in parts:
                    scores.use(scored)
            self.changed.emit()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        for scores in self._scores:
            scores.clear()
        self.changed.emit()

    @Slot()
    def _tokens_changed(self) -> None:
        self.changed.emit()


def shared(pair: tuple[Branch, Branch]) -> int:
    """How many leading tokens two branches share."""
    return common_prefix(pair[0].ids, pair[1].ids)


def way(branch: Branch, place: int, numbers: TokenNumbers, vocabulary: Vocabulary) -> Way:
    """How a branch goes on at `place`."""
    if place >= len(branch):
        return Way("the text ends", None, "")
    step, probability, rank = branch.steps[place], numbers.probability[place], numbers.rank[place]
    how = "typed" if step is None else "chosen by hand" if step.uniform is None else "drawn"
    known = not np.isnan(probability)
    detail = f"rank {int(rank) + 1:,} · {how}" if known and not np.isnan(rank) else how
    return Way(vocabulary.labels[branch.ids[place]], float(probability) if known else None, detail)


def branch_name(document: Document, index: int, vocabulary: Vocabulary) -> str:
    """The name of a branch, or its first words after it parts from the one looked at."""
    branch = document.branches[index]
    if branch.name:
        return branch.name
    first = shared((document.branch, branch))
    words = vocabulary.text(branch.ids[first : first + NAME_TOKENS])
    words = " ".join(words.encode("utf-8", "replace").decode().split())
    return f"… {words} …" if words else f"{len(branch):,} tokens"


def _ids(branch: Branch) -> Ids:
    return read_only(np.array(branch.ids, np.int32))
