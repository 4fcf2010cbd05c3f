"""What is known of each token of a text: from its draw, or from the model's score of what was typed."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vectarium.documents.editing import common_prefix
from vectarium.messages import Ids
from vectarium.messages_writing import Scored
from vectarium.sampling import Step

Floats = npt.NDArray[np.float64]
SCORED_TO_THE_END = 1024  # tokens: a whole book would keep the model busy for hours
NOTHING_TOLD: tuple[tuple[Step | None, ...], Floats, frozenset[int]] = (), np.empty((3, 0)), frozenset()


def _none() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class TokenNumbers:
    """What the model itself thought: no penalty, temperature 1, no cuts. NaN where it is not known."""

    probability: Floats = field(default_factory=_none)  # [token]
    rank: Floats = field(default_factory=_none)  # [token] 0 for the most likely
    entropy_bits: Floats = field(default_factory=_none)  # [token] of the distribution before it
    drawn: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))  # [token] not typed
    by_hand: frozenset[int] = frozenset()  # tokens that someone chose among the model's

    def __len__(self) -> int:
        return len(self.probability)

    def perplexity(self, first: int, last: int) -> tuple[float, int] | None:
        """exp of the mean negative log-probability of the known tokens in the stretch, and their number."""
        known = self.probability[first:last]
        known = known[~np.isnan(known)]
        if not known.size:
            return None
        return float(np.exp(-np.mean(np.log(np.maximum(known, 1e-300))))), int(known.size)


class TypedScores:
    """The model's scores of tokens whose draw does not tell them, kept while the text before them stays."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything, as with another model."""
        self._ids: tuple[int, ...] = ()
        self._known: dict[int, tuple[float, float, float]] = {}
        self._told = NOTHING_TOLD

    def use(self, scored: Scored) -> None:
        """Take an answer in."""
        self._keep_for(tuple(scored.ids.tolist()))
        for position, *numbers in zip(
            scored.positions.tolist(),
            scored.probability.tolist(),
            scored.rank.tolist(),
            scored.entropy_bits.tolist(),
            strict=True,
        ):
            self._known[position] = (numbers[0], numbers[1], numbers[2])
        self._told = NOTHING_TOLD

    def missing(self, ids: Ids, steps: tuple[Step | None, ...], first: int = 1) -> list[int]:
        """Those of the last tokens whose score is not known, from `first` on.

        A text's first token never has one.
        """
        self._keep_for(tuple(ids.tolist()))
        return [
            position
            for position in range(max(1, first, len(steps) - SCORED_TO_THE_END), len(steps))
            if not _tells_all(steps[position]) and position not in self._known
        ]

    def numbers(self, ids: Ids, steps: tuple[Step | None, ...]) -> TokenNumbers:
        """Everything known of a text's tokens."""
        self._keep_for(tuple(ids.tolist()))
        told, numbers, by_hand = self._told
        first = len(told) if steps[: len(told)] == told else 0  # while a text grows, only what is new is read
        values = np.full((3, len(steps)), np.nan)
        values[:, :first] = numbers[:, :first]
        fresh = (
            position
            for position, step in enumerate(steps[first:], first)
            if step is not None and step.uniform is None
        )
        by_hand = (by_hand if first else frozenset()).union(fresh)
        for position in range(first, len(steps)):
            step = steps[position]
            if position in self._known and not _tells_all(step):
                values[:, position] = self._known[position]
            elif step is not None:
                values[:, position] = [
                    step.model_probability,
                    np.nan if step.model_rank is None else step.model_rank,
                    np.nan if step.model_entropy_bits is None else step.model_entropy_bits,
                ]
        self._told = steps, values, by_hand
        drawn = np.array([step is not None for step in steps], bool)
        return TokenNumbers(values[0], values[1], values[2], drawn, by_hand)

    def _keep_for(self, ids: tuple[int, ...]) -> None:
        """Drop what was known of another text."""
        if ids[: len(self._ids)] != self._ids:
            shared = common_prefix(ids, self._ids)
            self._known = {position: known for position, known in self._known.items() if position < shared}
            self._told = NOTHING_TOLD
        self._ids = ids


def _tells_all(step: Step | None) -> bool:
    """Whether a draw holds the model's own numbers; those of old files and of some choices by hand do not."""
    return step is not None and step.model_rank is not None and step.model_entropy_bits is not None
