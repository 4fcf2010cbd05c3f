"""From logits to a drawn token, as pure functions.

The order is that of transformers: repetition penalty, temperature, top-k, top-p, min-p. Each cut works
on what the one before it left, renormalised. As every cut removes the least probable tokens, what is kept
is always a prefix of the ranking.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.distributions import Distribution as Distribution
from vectarium.ranking import Ranking, TokenIds, penalise, rank, read_only
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


def distribution(
    logits: NDArray[Any] | Ranking, settings: SamplingSettings, seen: TokenIds = ()
) -> Distribution:
    """The distribution that ``settings`` make of a vocabulary's logits, [vocabulary], or their ranking.

    The repetition penalty is for the tokens ``seen``, [token]: all that the model sees of the text.
    Raises BrokenLogits when one of the logits is not finite.
    """
    model = logits if isinstance(logits, Ranking) else rank(logits)
    return Distribution(model, penalise(model, seen, settings.repetition_penalty), settings)


def drawn_token(
    logits: NDArray[Any] | Ranking, settings: SamplingSettings, uniform: float, seen: TokenIds = ()
) -> int:
    """The token that `take_step` would draw, without the work of recording it.

    Raises BrokenLogits when one of the logits is not finite.
    """
    drawn_from = distribution(logits, settings, seen)
    return drawn_from.ranking.token_at(drawn_from.rank_at(uniform))


def take_step(
    logits: NDArray[Any] | Ranking, settings: SamplingSettings, uniform: float, seen: TokenIds = ()
) -> Step:
    """Draw a token with a uniform number in [0, 1), from what `distribution` says.

    Raises BrokenLogits when one of the logits is not finite.
    """
    drawn_from = distribution(logits, settings, seen)
    return record_step(drawn_from, drawn_from.rank_at(uniform), uniform)


def record_step(distribution: Distribution, rank: int, uniform: float | None = None) -> Step:
    """The record of the token at ``rank``; without a random number, of one that was chosen by hand."""
    ranking, model = distribution.ranking, distribution.model
    token_id = ranking.token_at(rank)
    logit = float(model.by_token[token_id])
    log_normaliser = model.log_normaliser
    probability, drawn = distribution.shares(rank)
    top_ids = ranking.ids(STEP_ENTRIES)
    top_logits = top_penalised = read_only(model.by_token[top_ids])
    if ranking is not model:
        top_penalised = read_only(ranking.penalised_by_token[top_ids])
    return Step(
        token_id=token_id,
        rank=rank,
        logit=logit,
        penalised=float(ranking.penalised_by_token[token_id]),
        model_probability=math.exp(logit - log_normaliser),
        model_rank=rank if ranking is model else model.rank_of(token_id),
        model_entropy_bits=model.model_entropy_bits,
        probability=probability,
        drawn=drawn,
        uniform=uniform,
        settings=distribution.settings,
        vocabulary_size=ranking.size,
        kept_count=distribution.kept_count,
        removed_mass=distribution.removed_mass,
        entropy_bits=distribution.entropy_bits,
        drawn_entropy_bits=distribution.drawn_entropy_bits,
        model_log_normaliser=log_normaliser,
        log_normaliser=distribution.log_normaliser,
        top_ids=read_only(top_ids.astype(np.int32)),
        top_logits=top_logits,
        top_penalised=top_penalised,
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and math.isfinite(value)
