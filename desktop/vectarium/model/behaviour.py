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
    """Measure a layer's patterns, [head, query, key] (a tensor or an array), of the tokens ``ids``.

    Raises ValueError for patterns of another number of tokens.
    """
    return HeadBehaviour(*average(measure_rows(pattern, ids)))


def measure_rows(pattern: Any, ids: NDArray[Any], first_query: int = 0) -> NDArray[np.float64]:
    """The measures of `HeadBehaviour`, in their order, of single rows: [measure, head, query - first].

    ``pattern`` holds the rows from ``first_query`` on, [head, query - first, key]. NaN where a row cannot
    show the behaviour. Raises ValueError for patterns of another number of tokens.
    """
    weights = np.asarray(pattern)
    ids = np.asarray(ids)
    if weights.ndim != 3 or weights.shape[1:] != (ids.size - first_query, ids.size):
        raise ValueError(f"Patterns of shape {weights.shape} are not those of {ids.size} tokens.")
    position = np.arange(ids.size)
    query = position[first_query:]
    distance = query[:, None] - position  # [query, key]
    before = distance > 0
    copy = (ids[first_query:, None] == ids) & before
    after_copy = np.zeros_like(copy)
    after_copy[:, 1:] = (ids[first_query:, None] == ids[:-1]) & before[:, :-1]
    after_copy &= before
    rows = np.full((7, len(weights), query.size), np.nan)
    if not query.size:
        return rows
    later = query > 0  # the first position can attend only to itself
    each = np.arange(query.size)
    # At once as many heads as stay in a processor's cache: all of a short text, one of a long one.
    step = max(1, 2**15 // max(1, query.size * ids.size))
    for start in range(0, len(weights), step):
        heads = slice(start, start + step)
        weight = weights[heads].astype(np.float64)
        measured = (
            weight[:, each, np.maximum(query - 1, 0)],
            weight[:, :, 0],
            weight[:, each, query],
            _row_sums(weight, copy),
            _row_sums(weight, after_copy),
            np.einsum("hqk,qk->hq", weight, distance),
            _entropy_bits(weight),
        )
        for measure, row in enumerate(measured):
            rows[measure, heads][:, later] = row[:, later]
    return rows


def average(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the queries, the last axis, that could show a behaviour; NaN where none could."""
    able = ~np.isnan(rows)
    count = able.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        result: NDArray[np.float64] = np.where(able, rows, 0).sum(axis=-1) / count
    return result


def _row_sums(weight: NDArray[np.float64], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The weight of each row on the wanted keys, [head, query]; NaN where none is wanted."""
    return np.where(wanted.any(axis=1), np.einsum("hqk,qk->hq", weight, wanted), np.nan)


def _entropy_bits(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    logarithm = np.log2(weight, out=np.zeros_like(weight), where=weight > 0)
    result: NDArray[np.float64] = -np.einsum("hqk,hqk->hq", weight, logarithm) + 0.0
    return result
