"""What the Attention pane asks and what it is told."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vectarium.messages import Floats, Ids, Reply, Request

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """Of which tokens an answer speaks: of `ids`, a whole text, those from `start` to `end` - 1."""

    ids: Ids  # [token]
    start: int
    end: int

    @property
    def tokens(self) -> Ids:
        return self.ids[self.start : self.end]

    def same(self, other: "Seen | None") -> bool:
        return (
            other is not None
            and (self.start, self.end) == (other.start, other.end)
            and np.array_equal(self.ids, other.ids)
        )


@dataclass(frozen=True)
class Treatment:
    """What is done to every pattern before it is reduced, combined or shown."""

    hide_sink: bool = False  # leave the first token out and share its weight among the others
    words: bool = False  # sum the weights on the tokens of a word, and average those from them


@dataclass(frozen=True)
class ReadHeads(Request):
    """Reduce and measure the patterns of all heads, for the tokens the model sees around `position`."""

    ids: Ids  # [token], the whole text
    position: int
    treatment: Treatment = Treatment()


@dataclass(frozen=True)
class HeadsRead(Reply):
    """Some layers of the answer, from `first_layer` on; `done` with the last."""

    seen: Seen
    treatment: Treatment
    first_layer: int
    cells: Floats  # [layer, head, query, key] each the maximum over `tokens_a_cell` queries and keys
    tokens_a_cell: int  # or words
    measures: Doubles  # [measure, layer, head] as in `head_measures.MEASURES`, of tokens; NaN for none
    done: bool


@dataclass(frozen=True)
class ReadHead(Request):
    """One head in full, of the queries from `first_query` on, which counts from where the model sees."""

    ids: Ids  # [token], the whole text
    position: int
    layer: int
    head: int
    first_query: int = 0


@dataclass(frozen=True)
class HeadRead(Reply):
    """A head's attention with the vectors behind it."""

    seen: Seen
    layer: int
    head: int
    first_query: int
    raw: Floats  # [query - first, key] q·k
    pattern: Floats  # [query - first, key] softmax of raw · scaling over the keys up to the query
    scaling: float
    queries: Floats  # [query - first, d_head]
    keys: Floats  # [key, d_head]
    values: Floats  # [key, d_head]


@dataclass(frozen=True)
class ReadPatterns(Request):
    """The mean or the maximum of several heads' treated patterns; with `each` also every one of them."""

    ids: Ids  # [token], the whole text
    position: int
    heads: tuple[tuple[int, int], ...]  # layer, head
    maximum: bool
    each: bool = False
    treatment: Treatment = Treatment()


@dataclass(frozen=True)
class PatternsRead(Reply):
    """Several heads' patterns in one."""

    seen: Seen
    heads: tuple[tuple[int, int], ...]
    maximum: bool
    pattern: Floats  # [query, key] of tokens or words
    each: Floats | None = None  # [head, query, key]
    treatment: Treatment = Treatment()


@dataclass(frozen=True)
class ReadMoves(Request):
    """What one head moves to the token at `position`, and what that does to the next token."""

    ids: Ids  # [token], the whole text
    position: int
    layer: int
    head: int


@dataclass(frozen=True)
class MovesRead(Reply):
    """Lengths are Euclidean, in the units of the residual stream."""

    seen: Seen
    position: int
    layer: int
    head: int
    weights: Floats  # [key] α
    moved: Floats  # [key] ‖α·v·W_O‖
    change: float  # ‖ΔE‖, the sum over the keys
    residual: float  # ‖residual stream‖ before the layer
    up: tuple[tuple[int, float], ...]  # token id and what ΔE adds to its logit, the largest first
    down: tuple[tuple[int, float], ...]  # the most negative first
    heads: int
    sum_error: float  # largest difference between all heads + bias and the layer's attention output
