"""The next-token distribution, from the model's logits to what is drawn from.

Arrays over the vocabulary are in rank order: by descending logit after the repetition penalty, equal ones
by ascending token id. Logits are float32, as models give them; what follows the penalty is float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vectarium import softmax
from vectarium.ranking import LEADING, Ranking, one_hot, read_only

if TYPE_CHECKING:
    from vectarium.sampling import SamplingSettings


@dataclass(frozen=True, eq=False)
class First:
    """The first ranks of a distribution, [rank] each; the names are those of `Distribution`."""

    order: NDArray[np.int64]
    logits: NDArray[np.float32]
    penalised: NDArray[np.float32]
    scaled: NDArray[np.float64]
    probability: NDArray[np.float64]
    drawn: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Distribution:
    """The next-token distribution at every stage, over the whole vocabulary. Arrays are read-only.

    Everything is computed when it is first read: drawing a token takes little of it.
    """

    model: Ranking
    """As the model gave it."""
    ranking: Ranking
    """After the repetition penalty; `model` itself where there is none."""
    settings: SamplingSettings

    @property
    def order(self) -> NDArray[np.int64]:
        """[rank] token id."""
        return self.ranking.order

    @property
    def logits(self) -> NDArray[np.float32]:
        """[rank] as the model gave them."""
        return self.ranking.logits

    @property
    def penalised(self) -> NDArray[np.float32]:
        """[rank] after the repetition penalty."""
        return self.ranking.penalised

    @cached_property
    def scaled(self) -> NDArray[np.float64]:
        """[rank] penalised logit ÷ temperature. At temperature 0, where that is undefined, not divided."""
        return self._scaled(self.penalised)

    @property
    def log_normaliser(self) -> float:
        """log Σ exp((penalised - largest) ÷ temperature): finite at every temperature, 0 at 0."""
        return self._before.log_total

    @cached_property
    def probability(self) -> NDArray[np.float64]:
        """[rank] after the temperature, before the cuts. At temperature 0 all of it on rank 0."""
        return self._probability(self.penalised)

    @cached_property
    def kept_count(self) -> int:
        """How many tokens the cuts leave: ranks 0 to kept_count - 1."""
        if self._greedy:
            return 1
        settings, ranking, count = self.settings, self.ranking, self.ranking.size
        if 0 < settings.top_k < count:
            last = ranking.values(settings.top_k)[-1]
            count = int(np.count_nonzero(ranking.penalised_by_token >= last))
        if settings.top_p < 1:
            count = self._left_by_top_p(count)
        if settings.min_p > 0:
            count = self._left_by_min_p(count)
        return count

    @property
    def kept(self) -> NDArray[np.bool_]:
        """[rank] whether the cuts leave the token."""
        return read_only(np.arange(self.ranking.size) < self.kept_count)

    @cached_property
    def drawn(self) -> NDArray[np.float64]:
        """[rank] probability of being drawn: after the cuts, renormalised."""
        return self.probability if self._after is self._before else self._drawn(self.penalised)

    def first(self, count: int) -> First:
        """The first ranks alone: of few, the others are not even sorted."""
        ids, penalised = self.ranking.ids(count), self.ranking.values(count)
        logits = self.model.by_token[ids]
        numbers = self._scaled(penalised), self._probability(penalised), self._drawn(penalised)
        return First(ids, logits, penalised, *numbers)

    @property
    def removed_mass(self) -> float:
        """What the cuts took of `probability`, from 0 to 1."""
        return 0.0 if self._after is self._before else self._mass_after(self.kept_count, self._after.total)

    def mass_after(self, count: int) -> float:
        """What the ranks from ``count``, at least 1, hold of `probability`, from 0 to 1."""
        if self._greedy or count >= self.ranking.size:
            return 0.0
        return self._mass_after(count, float(self._weigh(self.ranking.values(count)).sum()))

    def drawn_after(self, count: int) -> float:
        """As `mass_after`, of `drawn`."""
        if self._after is self._before:
            return self.mass_after(count)
        return float(self._weigh(self.ranking.values(self.kept_count)[count:]).sum()) / self._after.total

    def _mass_after(self, count: int, weight: float) -> float:
        """As `mass_after`, of ranks before which there lies so much weight."""
        total = self._before.total
        left = (total - weight) / total
        if left > 1e-3:
            return left
        # Of so small a difference few digits are exact.
        values, last = self.ranking.penalised_by_token, self.ranking.values(count)[-1:]
        lower = self._weigh(values[values < last])
        equal = self.ranking.size - count - lower.size  # of equal logits, some may lie before
        return (float(lower.sum()) + equal * float(self._weigh(last)[0])) / total

    @property
    def entropy_bits(self) -> float:
        """Entropy of `probability`."""
        return self._before.entropy_bits

    @property
    def drawn_entropy_bits(self) -> float:
        """Entropy of `drawn`."""
        return self._after.entropy_bits

    def rank_of(self, token_id: int) -> int:
        """The rank of a token, 0 for the most likely. Raises IndexError outside the vocabulary."""
        return self.ranking.rank_of(token_id)

    def shares(self, rank: int) -> tuple[float, float]:
        """`probability` and `drawn` of one rank."""
        if self._greedy:
            return float(rank == 0), float(rank == 0)
        token = self.ranking.token_at(rank)
        weight = float(self._weigh(self.ranking.penalised_by_token[token : token + 1])[0])
        return weight / self._before.total, weight / self._after.total if rank < self.kept_count else 0.0

    def drawn_above(self, least: float) -> NDArray[np.float64]:
        """The beginning of `drawn`, [rank]: all that are at least ``least``, and perhaps some more."""
        shares = []
        for weight in self._weights(self.kept_count):
            shares.append(weight / self._after.total)
            if shares[-1][-1] < least:
                break
        return shares[0] if len(shares) == 1 else np.concatenate(shares)

    def rank_at(self, uniform: float) -> int:
        """The rank on which a uniform number in [0, 1) falls: the inverse of the cumulative `drawn`.

        Raises ValueError for a number outside [0, 1).
        """
        if not 0 <= uniform < 1:
            raise ValueError(f"The random number must lie in [0, 1), not {uniform!r}.")
        if self._greedy:
            return 0
        target, begin, before = uniform * self._after.total, 0, 0.0
        for weight in self._weights(self.kept_count):
            total = float(weight.sum())
            if total > 0:  # rounding may leave the end below the target: no rank that weighs nothing
                found = begin, before, weight
            if before + total > target:
                break
            begin, before = begin + weight.size, before + total
        begin, before, weight = found
        cumulative = np.cumsum(weight)
        last = np.searchsorted(cumulative, cumulative[-1])
        return begin + int(min(np.searchsorted(cumulative, target - before, side="right"), last))

    @property
    def _greedy(self) -> bool:
        return self.settings.temperature == 0

    @cached_property
    def _before(self) -> softmax.Sums:
        """Before the cuts."""
        if self._greedy:
            return softmax.Sums(1.0, 0.0)
        if self.ranking is self.model and self.settings.temperature == 1:
            return self.model.own
        return softmax.sums(self.ranking.penalised_by_token, self.ranking.largest, self.settings.temperature)

    @cached_property
    def _after(self) -> softmax.Sums:
        """After the cuts; the very `_before` where there are none."""
        if self._greedy or self.kept_count == self.ranking.size:
            return self._before
        return softmax.sums(
            self.ranking.values(self.kept_count), self.ranking.largest, self.settings.temperature
        )

    def _scaled(self, penalised: NDArray[np.float32]) -> NDArray[np.float64]:
        with np.errstate(over="ignore"):  # a minute temperature sends logits to infinity
            return read_only(penalised.astype(np.float64) / (self.settings.temperature or 1.0))

    def _probability(self, penalised: NDArray[np.float32]) -> NDArray[np.float64]:
        """Of the first ranks, as many as there are ``penalised`` logits."""
        if self._greedy:
            return read_only(one_hot(penalised.size))
        return read_only(self._weigh(penalised) / self._before.total)

    def _drawn(self, penalised: NDArray[np.float32]) -> NDArray[np.float64]:
        """As `_probability`, after the cuts."""
        if self._after is self._before:
            return self._probability(penalised)
        drawn, kept = np.zeros(penalised.size), penalised[: self.kept_count]
        drawn[: kept.size] = self._weigh(kept) / self._after.total
        return read_only(drawn)

    def _weigh(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        return softmax.weigh(logits, self.ranking.largest, self.settings.temperature or 1.0)

    def _weights(self, count: int) -> Iterator[NDArray[np.float64]]:
        """The weights of the first ``count`` ranks: of a few, which are most often enough, and so on."""
        few = min(count, LEADING)
        yield self._weigh(self.ranking.values(few))
        for begin in range(few, count, softmax.AT_ONCE):
            yield self._weigh(self.penalised[begin : min(begin + softmax.AT_ONCE, count)])

    def _left_by_top_p(self, count: int) -> int:
        limit = 1 - self.settings.top_p
        if count == self.ranking.size > LEADING:
            left, before = 1, 0.0
            for weight in self._weights(count):
                beyond = 1 - (before + np.cumsum(weight)) / self._before.total  # [rank] what lies after it
                if np.abs(beyond - limit).min() < 1e-9:
                    break  # what rounding makes of sums in another order could tell
                over = int(np.count_nonzero(beyond > limit))
                left, before = left + over, before + float(weight.sum())
                if over < weight.size:
                    return left
        # From the least likely upward, as transformers does, so that the same tokens stay.
        weight = self._weigh(self.ranking.values(count))
        tail = np.cumsum(weight[::-1] / weight.sum())
        return max(1, count - int(np.searchsorted(tail, limit, side="right")))

    def _left_by_min_p(self, count: int) -> int:
        left = 0
        for weight in self._weights(count):
            likely = int(np.count_nonzero(weight >= self.settings.min_p))
            left += likely
            if likely < weight.size:
                break
        return max(1, left)
