"""Tokens that are guessed to follow, so that one pass reads several and a matrix leaves memory once for all.

This is speculative decoding (Leviathan et al., 2023), with the same model in eight bits a weight as its own
draft. A guess only decides what is read together: every token is drawn from what the pass itself gives, with
the random number it would have been drawn with anyway. A wrong guess costs time and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from vectarium.ranking import BrokenLogits, TokenIds
from vectarium.sampling import SamplingSettings, drawn_token

if TYPE_CHECKING:
    from vectarium.model.compiled import Compiled

MOST = 7
"""Guesses at once: with the position before them, as many as logits are kept of."""

WORTH_IT = 1.1  # times as many tokens a second; for less, guesses are not worth their memory
EXPECTED = 0.85  # of the guesses are right, before anything is known
MEMORY = 24  # guesses that are remembered, so to speak: later ones count more
SOON, LATE = 16, 256  # tokens until guessing is tried again


@dataclass(frozen=True)
class Costs:
    """Of what guessing consists of, in the time that one position takes by itself."""

    guess: float
    several: tuple[float, ...]
    """Of reading 1, 2, … `MOST` + 1 positions at once."""

    def gain(self, guesses: int, right: float) -> float:
        """How many times as fast it writes where a guess is right with a probability of ``right``."""
        tokens = sum(right**power for power in range(guesses + 1))
        return tokens / (guesses * self.guess + self.several[guesses])

    def best(self, right: float, most: int = MOST) -> int:
        """How many guesses pay off best; 0 where none do."""
        gains = [self.gain(guesses, right) for guesses in range(1, most + 1)]
        return 1 + gains.index(max(gains)) if gains and max(gains) >= WORTH_IT else 0


@dataclass(frozen=True, eq=False)
class Draft:
    """A model in a form that is fast rather than true."""

    model: Compiled
    costs: Costs


class Guesser:
    """Guesses for one text, as many as have lately been right."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._right = EXPECTED * MEMORY / 2
        self._made = MEMORY / 2
        self._guessed: tuple[int, list[int]] = 0, []  # after so many tokens
        self._patience, self._again = SOON, 0

    @property
    def share_right(self) -> float:
        return self._right / self._made

    def guess(
        self,
        ids: TokenIds,
        start: int,
        settings: SamplingSettings,
        uniforms: Sequence[float],
        residual: torch.Tensor,
        heads: torch.Tensor,
        most: int,
    ) -> list[int]:
        """What may be drawn after ``ids``, [token], with these random numbers: at most as many.

        The model sees the tokens from ``start`` on; ``residual`` and ``heads`` are as
        `Compiled.read` fills them, and are filled up to the last guess.
        """
        self._compare(ids)
        count = self._count(len(ids), min(most, len(uniforms)))
        found: list[int] = []
        seen = [int(token) for token in ids[start:]]
        for uniform in uniforms[:count]:
            position = len(seen) - 1
            try:
                read = self.draft.model.read(residual, heads, seen[-1:], position)
                assert read is not None
                ranking = self.draft.model.rank(read.logits[0])
                token = drawn_token(ranking, settings, uniform, seen)
            except BrokenLogits:  # numbers of which eight bits hold nothing
                break
            found.append(token)
            seen.append(token)
        self._guessed = len(ids), found
        return found

    def _compare(self, ids: TokenIds) -> None:
        """See what became of the last guesses."""
        start, guesses = self._guessed
        for guess, token in zip(guesses, ids[start:], strict=False):
            fades = 1 - 1 / MEMORY
            self._made = fades * self._made + 1
            self._right = fades * self._right + (guess == token)
            if guess != token:
                break

    def _count(self, length: int, most: int) -> int:
        if not most:
            return 0
        count = self.draft.costs.best(self.share_right, min(most, MOST))
        if count:
            self._patience, self._again = SOON, 0
            return count
        # One guess now and then tells when the text has become easier.
        if not self._again or length < self._again - self._patience:
            self._again = length + self._patience
        elif length >= self._again:
            self._patience = min(2 * self._patience, LATE)
            self._again = length + self._patience
            return 1
        return 0
