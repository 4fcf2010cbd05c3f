"""What heads do, measured on their patterns for one text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class HeadBehaviour:
    """Measures of each head of a layer, [head] each. NaN where the text gives nothing to measure.

    The first position is left out: it can attend only to itself. Weights are means over the positions that
    could show the behaviour, from 0 to 1.
    """

    previous_token: NDArray[np.float64]
    """Weight on the token before."""
    first_token: NDArray[np.float64]
    """Weight on the first token: the attention sink of Xiao et al., 2023."""
    same_token: NDArray[np.float64]
    """Weight on the token itself."""
    earlier_copies: NDArray[np.float64]
    """Weight on earlier copies of the token, where there are some."""
    induction: NDArray[np.float64]
    """Weight on the tokens right after earlier copies of the token (Olsson et al., 2022), where there are
    some. The token itself, when it follows its copy, does not count."""
    mean_distance: NDArray[np.float64]
    """How far back the weight lies on average, in tokens."""
    entropy_bits: NDArray[np.float64]
    """Entropy of a row: 0 for one key, log₂ n for n equal ones."""


def measure(pattern: Any, ids: NDArray[Any]) -> HeadBehaviour:
    """Measure a layer's patterns, [head, query, key] (a tensor or an array), of the tokens ``ids``."""
    weights = np.asarray(pattern, dtype=np.float64)
    ids = np.asarray(ids)
    if weights.ndim != 3 or weights.shape[1:] != (ids.size, ids.size):
        raise ValueError(f"Patterns of shape {weights.shape} are not those of {ids.size} tokens.")
    position = np.arange(ids.size)
    distance = position[:, None] - position  # [query, key]
    copy = (ids[:, None] == ids) & (distance > 0)
    after_copy = np.zeros_like(copy)
    after_copy[:, 1:] = copy[:, :-1]
    after_copy &= distance > 0
    anyone = np.broadcast_to(position > 0, copy.shape).T  # [query, key] every query but the first
    rows = weights[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(rows > 0, -rows * np.log2(rows), 0.0)
    return HeadBehaviour(
        previous_token=_mean_weight(weights, (distance == 1) & anyone),
        first_token=_mean_weight(weights, (position == 0) & anyone),
        same_token=_mean_weight(weights, (distance == 0) & anyone),
        earlier_copies=_mean_weight(weights, copy),
        induction=_mean_weight(weights, after_copy),
        mean_distance=_mean((rows * distance[1:]).sum(axis=2)),
        entropy_bits=_mean(surprise.sum(axis=2)),
    )


def _mean_weight(weights: NDArray[np.float64], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The weight on the wanted keys, [query, key], averaged over the queries that have some."""
    able = wanted.any(axis=1)
    return _mean((weights[:, able] * wanted[able]).sum(axis=2))


def _mean(by_query: NDArray[np.float64]) -> NDArray[np.float64]:
    if not by_query.shape[1]:
        return np.full(by_query.shape[0], np.nan)
    result: NDArray[np.float64] = by_query.mean(axis=1)
    return result
