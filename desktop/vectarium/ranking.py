"""A vocabulary's logits in order, and the repetition penalty that may change that order. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.softmax import Sums, sums

TokenIds = Sequence[int] | NDArray[Any]

LEADING = 128  # ranks that are often enough


class BrokenLogits(ValueError):
    """Logits that are no distribution: not a number, infinite, or none at all."""


@dataclass(frozen=True, eq=False)
class Known:
    """What was found out about logits in another way."""

    leading: NDArray[np.int64]
    """[rank] token id, of the first `LEADING` ranks or more."""
    own: Sums
    """Of the logits themselves: no penalty, temperature 1, no cuts."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """The vocabulary by logit after the repetition penalty, descending, equal ones by ascending token id.

    Sorted when it is first read, and no further than that needs: of most, only the first ranks ever are.
    Without a penalty it depends on no setting, so moving a slider re-uses it. Arrays are read-only.
    """

    by_token: NDArray[np.float32]
    """[token] the logits as the model gave them."""
    penalised_by_token: NDArray[np.float32]
    """[token] after the repetition penalty; the very `by_token` where there is none."""
    known: Known | None = None
    """Only where there is no penalty."""

    @property
    def size(self) -> int:
        """How many tokens the vocabulary has."""
        return self.by_token.size

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """[rank] token id."""
        return _descending(self.penalised_by_token)

    @cached_property
    def logits(self) -> NDArray[np.float32]:
        """[rank] as the model gave them."""
        if self.penalised_by_token is self.by_token:
            return self.penalised
        return read_only(self.by_token[self.order])

    @cached_property
    def penalised(self) -> NDArray[np.float32]:
        """[rank] after the repetition penalty, descending; the very `logits` where there is none."""
        descending = np.negative(self.penalised_by_token)
        descending.sort()
        return read_only(np.negative(descending, out=descending))

    @cached_property
    def largest(self) -> float:
        """The first of `penalised`."""
        return float(self.penalised_by_token[self._first])

    @cached_property
    def own(self) -> Sums:
        """Of the logits themselves: no penalty, temperature 1, no cuts."""
        return self.known.own if self.known else sums(self.by_token, self._largest_given, 1.0)

    @property
    def log_normaliser(self) -> float:
        """log Σ exp(logits): the model's own log-probability of a token is its logit minus this."""
        return self._largest_given + self.own.log_total

    @property
    def model_entropy_bits(self) -> float:
        """Entropy of `model_probability`."""
        return self.own.entropy_bits

    @property
    def model_probability(self) -> NDArray[np.float64]:
        """[rank] softmax of the logits themselves: no penalty, temperature 1, no cuts."""
        return read_only(np.exp(self.logits.astype(np.float64) - self.log_normaliser))

    def ids(self, count: int) -> NDArray[np.int64]:
        """The beginning of `order`, or all of it if it is shorter than ``count``."""
        return (self._leading if count <= self._leading.size else self.order)[:count]

    def values(self, count: int) -> NDArray[np.float32]:
        """The beginning of `penalised`, or all of it if it is shorter than ``count``."""
        if count <= self._leading.size:
            return self.penalised_by_token[self._leading[:count]]
        return self.penalised[:count]

    def token_at(self, rank: int) -> int:
        """The token of a rank. Raises IndexError outside the vocabulary."""
        if rank == 0:
            return self._first
        if 0 <= rank < self._leading.size:
            return int(self._leading[rank])
        if not 0 <= rank < self.size:
            raise IndexError(f"There is no rank {rank} in a vocabulary of {self.size} tokens.")
        value = self.penalised[rank]
        before = np.count_nonzero(self.penalised_by_token > value)
        return int(np.flatnonzero(self.penalised_by_token == value)[rank - before])

    def rank_of(self, token_id: int) -> int:
        """The rank of a token, 0 for the most likely. Raises IndexError outside the vocabulary."""
        if not 0 <= token_id < self.size:
            raise IndexError(f"Token {token_id} is outside the vocabulary of {self.size} tokens.")
        values = self.penalised_by_token
        value = values[token_id]
        return int(np.count_nonzero(values > value) + np.count_nonzero(values[:token_id] == value))

    @cached_property
    def _first(self) -> int:
        # Of equal ones the lowest id.
        return int(self.known.leading[0] if self.known else self.penalised_by_token.argmax())

    @cached_property
    def _largest_given(self) -> float:
        return self.largest if self.penalised_by_token is self.by_token else float(self.by_token.max())

    @cached_property
    def _leading(self) -> NDArray[np.int64]:
        """The beginning of `order`: `LEADING` tokens or more, unless the vocabulary has fewer."""
        if self.known:
            return self.known.leading
        if self.size <= LEADING:
            return self.order
        values = self.penalised_by_token
        ids = (values >= reached_by(values, LEADING)).nonzero()[0]
        return read_only(ids[(-values[ids]).argsort(kind="stable")])  # of equal ones the ids ascend


def rank(logits: NDArray[Any]) -> Ranking:
    """The ranking of a vocabulary's logits, [vocabulary].

    Raises BrokenLogits when one of them is not finite.
    """
    logits = np.asarray(logits, dtype=np.float32)
    if logits.ndim != 1 or not logits.size:
        raise BrokenLogits(f"Logits must be one number a token, not an array of shape {logits.shape}.")
    if logits.flags.writeable:
        logits = read_only(logits.copy())
    ranking = Ranking(logits, logits)
    # What is not a number counts as the largest and the smallest.
    if not (math.isfinite(ranking.largest) and math.isfinite(logits[logits.argmin()])):
        broken = int(logits.size - np.isfinite(logits).sum())
        raise BrokenLogits(
            f"The model gave {broken:,} of {logits.size:,} logits that are not finite numbers. "
            "Its weights are damaged, or too large for its number type."
        )
    return ranking


def penalise(ranking: Ranking, seen: TokenIds, penalty: float) -> Ranking:
    """A model's ranking after the repetition penalty for the tokens ``seen``, [token].

    The logit of each token that was seen, however often, is divided by the penalty where it is above 0 and
    multiplied by it where it is below (Keskar et al. 2019, section 4.1; below 0 as in transformers'
    RepetitionPenaltyLogitsProcessor). 1 changes nothing.
    """
    if penalty == 1 or not len(seen):
        return ranking
    ids = np.asarray(seen, np.int64)
    limits = np.finfo(np.float32)
    factor = np.float32(min(max(penalty, float(limits.tiny)), float(limits.max)))
    penalised = ranking.by_token.copy()
    given = penalised[ids]
    with np.errstate(over="ignore"):
        changed = np.where(given < 0, given * factor, given / factor)
    penalised[ids] = np.clip(changed, limits.min, limits.max)
    return Ranking(ranking.by_token, read_only(penalised))


def one_hot(size: int) -> NDArray[np.float64]:
    """All of the probability on rank 0, [rank]: what temperature 0 makes of a distribution."""
    first = np.zeros(size)
    first[0] = 1.0
    return first


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array


def _descending(logits: NDArray[np.float32]) -> NDArray[np.int64]:
    """[rank] token id, by descending logit and ascending id."""
    # Sorting one integer that holds logit and id is exact, breaks ties by id, and is several times
    # faster than a stable argsort. Subtracting from 0 makes no -0, which equals 0.
    bits = (np.float32(0) - logits).view(np.int32)
    bits ^= (bits >> 31) & np.int32(0x7FFF_FFFF)  # the integers of negative numbers descend
    keys = bits.astype(np.int64)
    keys <<= 32
    keys |= np.arange(logits.size)
    keys.sort()
    keys &= 0xFFFF_FFFF
    return read_only(keys)


def reached_by(numbers: NDArray[np.float32], count: int) -> np.float32:
    """A number that at least ``count`` of these, [number], reach, and not many more."""
    # Where as many columns of a table reach a number, so do as many of its cells.
    columns = 8 * count
    if (rows := numbers.size // columns) > 2:
        numbers = numbers[: rows * columns].reshape(rows, columns).max(axis=0)
    border: np.float32 = np.partition(numbers, -count)[-count]
    return border
