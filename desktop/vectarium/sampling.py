"""From logits to a drawn token, as pure functions.

The order is that of transformers: repetition penalty, temperature, top-k, top-p, min-p. Each cut works
on what the one before it left, renormalised. As every cut removes the least probable tokens, what is kept
is always a prefix of the ranking.

Arrays over the vocabulary are in rank order: by descending logit after the repetition penalty, equal ones
by ascending token id. Logits are float32, as models give them; what follows the penalty is float64.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.ranking import Ranking, TokenIds, entropy_bits, one_hot, penalise, rank, read_only
from vectarium.steps import STEP_ENTRIES as STEP_ENTRIES
from vectarium.steps import Step as Step


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How a token is drawn. Raises ValueError for a value outside the ranges given here."""

    temperature: float = 1.0
    """Logits after the penalty are divided by it; 0 always takes the most likely token."""
    top_k: int = 0
    """Keep the k most likely tokens (and any that tie with the k-th); 0 keeps all."""
    top_p: float = 1.0
    """Keep the fewest most likely tokens whose probabilities sum to at least this; 1 keeps all."""
    min_p: float = 0.0
    """Keep tokens at least this fraction as likely as the most likely one; 0 keeps all."""
    repetition_penalty: float = 1.0
    """Divides the logits of tokens that the model sees (multiplies those below 0); 1 changes nothing."""

    def __post_init__(self) -> None:
        if not (_is_number(self.temperature) and self.temperature >= 0):
            raise ValueError(f"Temperature must be a number of at least 0, not {self.temperature!r}.")
        if isinstance(self.top_k, bool) or not isinstance(self.top_k, int | np.integer) or self.top_k < 0:
            raise ValueError(
                f"Top-k must be a whole number of at least 0 (0 keeps all tokens), not {self.top_k!r}."
            )
        if not (_is_number(self.top_p) and 0 <= self.top_p <= 1):
            raise ValueError(f"Top-p must be a number from 0 to 1 (1 keeps all tokens), not {self.top_p!r}.")
        if not (_is_number(self.min_p) and 0 <= self.min_p <= 1):
            raise ValueError(f"Min-p must be a number from 0 to 1 (0 keeps all tokens), not {self.min_p!r}.")
        if not (_is_number(self.repetition_penalty) and self.repetition_penalty > 0):
            raise ValueError(
                "The repetition penalty must be a number above 0 (1 changes nothing), "
                f"not {self.repetition_penalty!r}."
            )


@dataclass(frozen=True, eq=False)
class Distribution:
    """The next-token distribution at every stage, over the whole vocabulary. Arrays are read-only."""

    model: Ranking
    """As the model gave it."""
    ranking: Ranking
    """After the repetition penalty; `model` itself where there is none."""
    settings: SamplingSettings
    scaled: NDArray[np.float64]
    """[rank] penalised logit ÷ temperature. At temperature 0, where that is undefined, not divided."""
    log_normaliser: float
    """log Σ exp((penalised - largest) ÷ temperature): finite at every temperature, 0 at 0."""
    probability: NDArray[np.float64]
    """[rank] after the temperature, before the cuts. At temperature 0 all of it on rank 0."""
    kept_count: int
    """How many tokens the cuts leave: ranks 0 to kept_count - 1."""
    drawn: NDArray[np.float64]
    """[rank] probability of being drawn: after the cuts, renormalised."""
    removed_mass: float
    """What the cuts took of `probability`, from 0 to 1."""
    entropy_bits: float
    """Entropy of `probability`."""
    drawn_entropy_bits: float
    """Entropy of `drawn`."""

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

    @property
    def kept(self) -> NDArray[np.bool_]:
        """[rank] whether the cuts leave the token."""
        return read_only(np.arange(self.order.size) < self.kept_count)

    def rank_of(self, token_id: int) -> int:
        """The rank of a token, 0 for the most likely. Raises IndexError outside the vocabulary."""
        return self.ranking.rank_of(token_id)


def distribution(
    logits: NDArray[Any] | Ranking, settings: SamplingSettings, seen: TokenIds = ()
) -> Distribution:
    """The distribution that ``settings`` make of a vocabulary's logits, [vocabulary], or their ranking.

    The repetition penalty is for the tokens ``seen``, [token]: all that the model sees of the text.
    Raises BrokenLogits when one of the logits is not finite.
    """
    model = logits if isinstance(logits, Ranking) else rank(logits)
    ranking = penalise(model, seen, settings.repetition_penalty)
    exact = ranking.penalised.astype(np.float64)
    if settings.temperature == 0:
        hot = read_only(one_hot(exact.size))
        return Distribution(model, ranking, settings, read_only(exact), 0.0, hot, 1, hot, 0.0, 0.0, 0.0)
    with np.errstate(over="ignore"):  # a minute temperature sends logits to infinity
        scaled = exact / settings.temperature
        below = (exact - exact[0]) / settings.temperature  # [rank]
    weight = np.exp(below)  # [rank] probability relative to the most likely token's
    total = weight.sum()
    probability = weight / total
    kept = _kept_count(ranking.penalised, weight, settings)
    drawn = probability
    if kept < weight.size:
        drawn = np.zeros_like(weight)
        drawn[:kept] = weight[:kept] / weight[:kept].sum()
    entropy = entropy_bits(probability)
    return Distribution(
        model=model,
        ranking=ranking,
        settings=settings,
        scaled=read_only(scaled),
        log_normaliser=float(np.log(total)),
        probability=read_only(probability),
        kept_count=kept,
        drawn=read_only(drawn),
        removed_mass=float(probability[kept:].sum()),
        entropy_bits=entropy,
        drawn_entropy_bits=entropy if kept == drawn.size else entropy_bits(drawn[:kept]),
    )


def drawn(ranking: Ranking, settings: SamplingSettings) -> NDArray[np.float64]:
    """`Distribution.drawn` of the tokens that the cuts leave, [rank], without the work for all the rest.

    A repetition penalty is that of the ranking.
    """
    if settings.temperature == 0:
        return one_hot(1)
    with np.errstate(over="ignore"):
        exact = ranking.penalised.astype(np.float64)
        weight = np.exp((exact - exact[0]) / settings.temperature)
    kept = weight[: _kept_count(ranking.penalised, weight, settings)]
    shares: NDArray[np.float64] = kept / kept.sum()
    return shares


def pick(distribution: Distribution, uniform: float) -> int:
    """The rank on which a uniform number in [0, 1) falls: the inverse of the cumulative `drawn`.

    Raises ValueError for a number outside [0, 1).
    """
    if not 0 <= uniform < 1:
        raise ValueError(f"The random number must lie in [0, 1), not {uniform!r}.")
    cumulative = np.cumsum(distribution.drawn[: distribution.kept_count])  # [rank]
    last = int(np.searchsorted(cumulative, cumulative[-1], side="left"))
    return min(int(np.searchsorted(cumulative, uniform * cumulative[-1], side="right")), last)


def take_step(
    logits: NDArray[Any] | Ranking, settings: SamplingSettings, uniform: float, seen: TokenIds = ()
) -> Step:
    """Draw a token with a uniform number in [0, 1), from what `distribution` says.

    Raises BrokenLogits when one of the logits is not finite.
    """
    drawn_from = distribution(logits, settings, seen)
    return record_step(drawn_from, pick(drawn_from, uniform), uniform)


def record_step(distribution: Distribution, rank: int, uniform: float | None = None) -> Step:
    """The record of the token at ``rank``; without a random number, of one that was chosen by hand."""
    ranking, model = distribution.ranking, distribution.model
    logit, token_id = float(ranking.logits[rank]), int(ranking.order[rank])
    as_model = ranking is model and distribution.settings.temperature == 1
    top_logits = top_penalised = read_only(ranking.logits[:STEP_ENTRIES].copy())
    if ranking.penalised is not ranking.logits:
        top_penalised = read_only(ranking.penalised[:STEP_ENTRIES].copy())
    return Step(
        token_id=token_id,
        rank=rank,
        logit=logit,
        penalised=float(ranking.penalised[rank]),
        model_probability=math.exp(logit - ranking.log_normaliser),
        model_rank=rank if ranking is model else model.rank_of(token_id),
        model_entropy_bits=distribution.entropy_bits if as_model else model.model_entropy_bits,
        probability=float(distribution.probability[rank]),
        drawn=float(distribution.drawn[rank]),
        uniform=uniform,
        settings=distribution.settings,
        vocabulary_size=ranking.order.size,
        kept_count=distribution.kept_count,
        removed_mass=distribution.removed_mass,
        entropy_bits=distribution.entropy_bits,
        drawn_entropy_bits=distribution.drawn_entropy_bits,
        model_log_normaliser=ranking.log_normaliser,
        log_normaliser=distribution.log_normaliser,
        top_ids=read_only(ranking.order[:STEP_ENTRIES].astype(np.int32)),
        top_logits=top_logits,
        top_penalised=top_penalised,
    )


def _kept_count(logits: NDArray[np.float32], weight: NDArray[np.float64], settings: SamplingSettings) -> int:
    count = weight.size
    if 0 < settings.top_k < count:
        count = int(np.searchsorted(-logits, -logits[settings.top_k - 1], side="right"))
    if settings.top_p < 1:
        # From the least likely upward, as transformers does, so that the same tokens stay.
        tail = np.cumsum(weight[:count][::-1] / weight[:count].sum())
        count = max(1, count - int(np.searchsorted(tail, 1 - settings.top_p, side="right")))
    if settings.min_p > 0:
        count = max(1, int(np.searchsorted(-weight[:count], -settings.min_p, side="right")))
    return count


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
