"""What a forward pass went through, and the tensors in which passes that continue one another keep it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from vectarium.model.loading import LoadedModel
from vectarium.model.one_token import Form

_LOGITS_KEPT = 8


class Store:
    """The tensors behind traces that continue one another, with room for further positions.

    Positions up to ``filled`` belong to some trace and are never written again. Beyond them are those of
    tokens that were guessed to follow: a text that goes on with them has them already.
    """

    def __init__(self, model: LoadedModel, capacity: int) -> None:
        weight = model.network.transformer.wte.weight
        size = model.width // model.heads

        def room(*shape: int) -> torch.Tensor:
            if (weight.device.type, weight.dtype) == ("cpu", torch.float32):
                # NumPy asks for large pages, which are there sooner.
                return torch.from_numpy(np.empty(shape, np.float32))
            return torch.empty(shape, dtype=weight.dtype, device=weight.device)

        self.capacity = capacity
        self.filled = 0
        self.exact = capacity
        """Positions from here on may hold what rounded weights gave."""
        self.residual = room(model.layers + 1, capacity, model.width)
        self.heads = room(model.layers, 3, model.heads, capacity, size)
        """Queries, keys and values."""
        self.queries, self.keys, self.values = self.heads.unbind(dim=1)
        self.logits: dict[tuple[int, str], NDArray[np.float32]] = {}
        """[vocabulary] by position and form, of those that were asked for last."""
        self._patterns: dict[int, NDArray[np.float32]] = {}  # [layer, head, key] by position
        self._guesses: Sequence[int] = ()
        self._guessed_by: Form | None = None

    def keep_logits(self, position: int, form: str, logits: NDArray[np.float32]) -> None:
        """For a while, read-only: what was just drawn from is what is asked for next."""
        logits.setflags(write=False)
        self.logits[position, form] = logits
        if len(self.logits) > _LOGITS_KEPT:
            del self.logits[next(iter(self.logits))]

    def keep_patterns(self, start: int, patterns: NDArray[np.float32]) -> None:
        """Those of the last positions, [layer, head, query, key], from ``start`` on."""
        self._patterns = {
            position: patterns[:, :, query, : position + 1]
            for query, position in enumerate(range(start, start + patterns.shape[2]))
        }

    def patterns_of(self, position: int) -> NDArray[np.float32] | None:
        """The attention of every head at a position, [layer, head, key], while it is kept."""
        return self._patterns.get(position)

    def take_guesses(self, start: int, ids: NDArray[np.int32], one_token: Form | None) -> int:
        """How many of ``ids``, from position ``start`` on, were guessed and read by ``one_token``.

        They now belong to a trace.
        """
        if not self._guesses or start != self.filled or one_token is not self._guessed_by:
            return 0
        right = common_beginning(np.asarray(self._guesses, np.int32), ids)
        self.filled += right
        self._guesses = self._guesses[right:]
        return right

    def keep_guesses(self, guesses: Sequence[int], one_token: Form) -> None:
        """Positions from ``filled`` on hold what ``one_token`` read of these."""
        self._guesses, self._guessed_by = guesses, one_token

    def forget_from(self, start: int) -> None:
        """Positions from ``start`` on will be written anew."""
        self._guesses, self._guessed_by = (), None
        self.logits = {key: logits for key, logits in self.logits.items() if key[0] < start}
        self._patterns = {place: pattern for place, pattern in self._patterns.items() if place < start}

    def copy_from(self, other: Store, count: int) -> None:
        self.residual[:, :count] = other.residual[:, :count]
        self.heads[..., :count, :] = other.heads[..., :count, :]
        self.logits = {key: logits for key, logits in other.logits.items() if key[0] < count}
        self.filled = count
        self.exact = other.exact if other.exact < count else self.capacity


@dataclass(frozen=True, eq=False)
class Trace:
    """What a forward pass went through. Stays where the model is."""

    ids: NDArray[np.int32]
    """[position]"""
    reused: int
    """How many leading positions were taken over from the previous trace."""
    store: Store

    def __len__(self) -> int:
        return self.ids.size

    @property
    def exact(self) -> bool:
        """Whether every position was computed in float32 with weights that were not rounded."""
        return len(self) <= self.store.exact

    def beginning(self) -> Trace:
        """As far as it is exact."""
        return self if self.exact else Trace(self.ids[: self.store.exact], self.reused, self.store)

    @property
    def residual(self) -> torch.Tensor:
        """[layer + 1, position, width] the residual stream before every block, and after the last one,
        before the final layer norm."""
        return self.store.residual[:, : len(self)]

    @property
    def queries(self) -> torch.Tensor:
        """[layer, head, position, d_head]"""
        return self.store.queries[:, :, : len(self)]

    @property
    def keys(self) -> torch.Tensor:
        """[layer, head, position, d_head]"""
        return self.store.keys[:, :, : len(self)]

    @property
    def values(self) -> torch.Tensor:
        """[layer, head, position, d_head]"""
        return self.store.values[:, :, : len(self)]


def common_beginning(first: NDArray[np.int32], second: NDArray[np.int32]) -> int:
    shorter = min(first.size, second.size)
    if first[:shorter].tobytes() == second[:shorter].tobytes():  # sooner than to look where they differ
        return shorter
    different = np.flatnonzero(first[:shorter] != second[:shorter])
    return int(different[0]) if different.size else shorter
