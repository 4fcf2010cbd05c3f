"""One head's numbers, stage by stage and cell by cell, from what the model answered. Numpy alone."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vectarium.messages import read_only
from vectarium.messages_attention import HeadRead

Floats = npt.NDArray[np.float32]
RAW, SCALED, MASKED, SOFTMAX = range(4)
STAGES = ("q·k", "÷ √d", "mask", "softmax")


def grown(old: HeadRead, new: HeadRead) -> HeadRead:
    """`new`, which holds only the rows after those of `old`, with these in front.

    A causal model's earlier rows stay as they were when a text grows; only their products with the new keys,
    which the mask will close, are worked out here.
    """
    first, count = new.first_query, len(new.keys)
    queries = np.concatenate([old.queries[:first], new.queries])
    raw = np.empty((count, count), np.float32)
    raw[:first, :first] = old.raw[:first, :first]
    raw[:first, first:] = queries[:first] @ new.keys[first:].T
    raw[first:] = new.raw
    pattern = np.zeros((count, count), np.float32)
    pattern[:first, :first] = old.pattern[:first, :first]
    pattern[first:] = new.pattern
    return replace(
        new, first_query=0, raw=read_only(raw), pattern=read_only(pattern), queries=read_only(queries)
    )


def stage_values(head: HeadRead, stage: int) -> Floats:
    """What a stage shows, [query, key]: q·k, scaled, masked with −∞, or the weights."""
    if stage == RAW:
        return head.raw
    if stage == SOFTMAX:
        return head.pattern
    scaled = head.raw * np.float32(head.scaling)
    if stage == MASKED:
        scaled[~np.tri(len(scaled), dtype=bool)] = -np.inf
    return scaled


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """How one cell's weight comes about, in double precision from the model's own query and key."""

    q: npt.NDArray[np.float64]  # [d_head]
    k: npt.NDArray[np.float64]  # [d_head]
    products: npt.NDArray[np.float64]  # [d_head]
    dot: float
    scaling: float
    scaled: float
    later: bool  # the key comes after the query: −∞
    exponential: float
    total: float  # of the exponentials of all keys the query sees
    weight: float
    without_first: bool


def arithmetic(head: HeadRead, query: int, key: int, without_first: bool = False) -> Arithmetic:
    """The steps to the weight of `query` on `key`; `without_first` leaves the first key out of the sum."""
    q, k = head.queries[query].astype(np.float64), head.keys[key].astype(np.float64)
    products = q * k
    dot = float(products.sum())
    scaled = dot * head.scaling
    seen = head.keys[: query + 1].astype(np.float64) @ q * head.scaling  # [key]
    exponentials = np.exp(seen)
    if without_first:
        exponentials[0] = 0.0
    later = key > query
    own = 0.0 if later or (without_first and key == 0) else float(np.exp(scaled))
    total = float(exponentials.sum())
    weight = own / total if total else 0.0
    return Arithmetic(q, k, products, dot, head.scaling, scaled, later, own, total, weight, without_first)
