"""A vocabulary's logits in order, and the repetition penalty that may change that order. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TokenIds = Sequence[int] | NDArray[Any]


class BrokenLogits(ValueError):
    """Logits that are no distribution: not a number, infinite, or none at all."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """The vocabulary sorted by logit after the repetition penalty, equal ones by ascending token id.

    Without a penalty it depends on no setting, so moving a slider re-uses it. Arrays are read-only.
    """

    order: NDArray[np.int64]
    """[rank] token id."""
    logits: NDArray[np.float32]
    """[rank] as the model gave them."""
    penalised: NDArray[np.float32]
    """[rank] after the repetition penalty, descending; the very `logits` where there is none."""
    log_normaliser: float
    """log Σ exp(logits): the model's own log-probability of a token is its logit minus this."""

    @property
    def model_probability(self) -> NDArray[np.float64]:
        """[rank] softmax of the logits themselves: no penalty, temperature 1, no cuts."""
        return read_only(np.exp(self.logits.astype(np.float64) - self.log_normaliser))

    @property
    def model_entropy_bits(self) -> float:
        """Entropy of `model_probability`."""
        return entropy_bits(self.model_probability)

    def rank_of(self, token_id: int) -> int:
        """The rank of a token, 0 for the most likely. Raises IndexError outside the vocabulary."""
        found = np.flatnonzero(self.order == token_id)
        if not found.size:
            raise IndexError(f"Token {token_id} is outside the vocabulary of {self.order.size} tokens.")
        return int(found[0])


def rank(logits: NDArray[Any]) -> Ranking:
    """Sort a vocabulary's logits, [vocabulary].

    Raises BrokenLogits when one of them is not finite.
    """
    logits = np.asarray(logits, dtype=np.float32)
    if logits.ndim != 1 or not logits.size:
        raise BrokenLogits(f"Logits must be one number a token, not an array of shape {logits.shape}.")
    if not np.isfinite(logits).all():
        broken = int(logits.size - np.isfinite(logits).sum())
        raise BrokenLogits(
            f"The model gave {broken:,} of {logits.size:,} logits that are not finite numbers. "
            "Its weights are damaged, or too large for its number type."
        )
    order = _descending(logits)
    ranked = read_only(logits[order])
    exact = ranked.astype(np.float64)
    log_normaliser = float(exact[0] + np.log(np.exp(exact - exact[0]).sum()))
    return Ranking(order, ranked, ranked, log_normaliser)


def penalise(ranking: Ranking, seen: TokenIds, penalty: float) -> Ranking:
    """Sort a model's ranking anew after the repetition penalty for the tokens ``seen``, [token].

    The logit of each token that was seen, however often, is divided by the penalty where it is above 0 and
    multiplied by it where it is below (Keskar et al. 2019, section 4.1; below 0 as in transformers'
    RepetitionPenaltyLogitsProcessor). 1 changes nothing.
    """
    if penalty == 1 or not len(seen):
        return ranking
    logits = np.empty_like(ranking.logits)  # [vocabulary]
    logits[ranking.order] = ranking.logits
    ids = np.unique(np.asarray(seen, np.int64))
    limits = np.finfo(np.float32)
    factor = np.float32(min(max(penalty, float(limits.tiny)), float(limits.max)))
    penalised = logits.copy()
    with np.errstate(over="ignore"):
        changed = np.where(logits[ids] < 0, logits[ids] * factor, logits[ids] / factor)
    penalised[ids] = np.clip(changed, limits.min, limits.max)
    order = _descending(penalised)
    return Ranking(order, read_only(logits[order]), read_only(penalised[order]), ranking.log_normaliser)


def entropy_bits(probability: NDArray[np.float64]) -> float:
    """−Σ p log₂ p."""
    positive = probability[probability > 0]
    # Not a dot product: of so many numbers BLAS makes work for several threads, and waits for them.
    return max(0.0, -float((positive * np.log2(positive)).sum()))


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
    # faster than a stable argsort. Adding 0 turns -0 into 0, which it equals.
    bits = (logits + np.float32(0)).view(np.uint32)
    positive = ~(bits.view(np.int32) >> 31)  # all bits where the logit is, none where it is negative
    descending = bits ^ (positive.view(np.uint32) & np.uint32(0x7FFF_FFFF))
    keys = descending.astype(np.uint64)
    keys <<= np.uint64(32)
    keys |= np.arange(logits.size, dtype=np.uint64)
    keys.sort()
    keys &= np.uint64(0xFFFF_FFFF)
    return read_only(keys.view(np.int64))
