"""What heads do, measured on their patterns for one text."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

_NOTHING = 1e-35  # changes no weight that counts, and gives 0 a logarithm


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


class Rows:
    """Some rows of the patterns of a text, ready to be measured in layer after layer."""

    def __init__(self, ids: NDArray[Any], first_query: int = 0) -> None:
        """The rows of the tokens ``ids`` from ``first_query`` on."""
        ids = np.asarray(ids)
        position = np.arange(ids.size)
        self._query = query = position[first_query:]
        self._keys = ids.size
        distance = query[:, None] - position  # [query, key]
        before = distance > 0
        copy = (ids[first_query:, None] == ids) & before
        after_copy = np.zeros_like(copy)
        after_copy[:, 1:] = copy[:, :-1]
        after_copy &= before
        self._summed = torch.from_numpy(np.stack([copy, after_copy, distance], axis=1).astype(np.float32))
        # The first position can attend only to itself.
        self._able = query > 0, copy.any(axis=1), after_copy.any(axis=1)

    @torch.inference_mode()
    def measure(self, pattern: Any) -> NDArray[np.float64]:
        """The measures of `HeadBehaviour`, in their order: [measure, head, query]; see `measure_rows`."""
        weights = torch.as_tensor(pattern)
        query = self._query
        if weights.ndim != 3 or weights.shape[1:] != (query.size, self._keys):
            raise ValueError(
                f"Patterns of shape {tuple(weights.shape)} are not those of {self._keys:,} tokens."
            )
        rows = np.full((7, len(weights), query.size), np.nan)
        if not query.size:
            return rows
        # One product for all three, with the queries as its batch: the weights are read once.
        sums = self._summed.to(weights.dtype) @ weights.permute(1, 2, 0)
        copies, after_copies, distance = sums.permute(1, 2, 0)  # [head, query] each
        each = np.arange(query.size)
        later, has_copies, has_after = self._able
        for row, found, able in (
            (0, weights[:, each, np.maximum(query - 1, 0)], later),
            (1, weights[:, :, 0], later),
            (2, weights[:, each, query], later),
            (3, copies, has_copies),
            (4, after_copies, has_after),
            (5, distance, later),
            (6, _entropy_bits(weights), later),
        ):
            rows[row][:, able] = found.numpy()[:, able]
        return rows


def measure_rows(pattern: Any, ids: NDArray[Any], first_query: int = 0) -> NDArray[np.float64]:
    """The measures of `HeadBehaviour`, in their order, of single rows: [measure, head, query - first].

    ``pattern`` holds the rows from ``first_query`` on, [head, query - first, key]. NaN where a row cannot
    show the behaviour. Reckoned in the number type of ``pattern``: in float32 the sums of 1,024 weights are
    right to some 1e-6 of themselves. Raises ValueError for patterns of another number of tokens.
    """
    return Rows(ids, first_query).measure(pattern)


def average(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the queries, the last axis, that could show a behaviour; NaN where none could."""
    able = ~np.isnan(rows)
    count = able.sum(axis=-1)
    with np.errstate(invalid="ignore"):
        result: NDArray[np.float64] = np.where(able, rows, 0).sum(axis=-1) / count
    return result


def _entropy_bits(weights: torch.Tensor) -> torch.Tensor:
    """Of each row, [head, query]."""
    terms = (weights + _NOTHING).log_().mul_(weights)
    return terms.sum(dim=-1).mul_(-1 / log(2)).clamp_(min=0)
