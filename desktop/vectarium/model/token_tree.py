"""Many short continuations of one text at once: a tree of tokens, each of which is computed once.

A token of the tree sees the text and the tokens on its own way, so that a whole level is one forward pass
(tree attention: Miao et al., SpecInfer, 2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.model import forward_pass
from vectarium.model.devices import memory_errors
from vectarium.model.loading import LoadedModel
from vectarium.model.trace import Store, Trace

_ROOM = 128

Path = tuple[int, ...]  # token ids after the text


class TokenTree:
    """Continues the first ``length`` tokens of a trace, which stays as it is."""

    def __init__(self, model: LoadedModel, trace: Trace, length: int) -> None:
        """Raises ValueError for no tokens or more than the trace has, OutOfMemory."""
        if not 0 < length <= len(trace):
            raise ValueError(f"A tree grows from 1 to {len(trace)} tokens of this text, not from {length}.")
        self._model, self._length = model, length
        self._places: dict[Path, int] = {}
        self._ways: list[tuple[int, ...]] = []  # [token of the tree] its place and those on its way
        with memory_errors(model.device):
            self._store = Store(model, length + _ROOM)
            self._store.keys[:, :, :length] = trace.keys[:, :, :length]
            self._store.values[:, :, :length] = trace.values[:, :, :length]
        self._store.filled = length

    @property
    def room(self) -> int:
        """How many tokens a path may have before the text and it outgrow the model's context."""
        return self._model.context - self._length

    @torch.inference_mode()
    def logits(
        self, paths: Sequence[Path], checkpoint: Checkpoint = unheeded
    ) -> NDArray[np.float32]:  # [path, vocabulary]
        """The logits after the text and each of ``paths``.

        Raises ValueError for an empty path, one that is longer than `room` or a token outside the
        vocabulary, OutOfMemory, and what ``checkpoint`` raises; the tree stays valid then.
        """
        for path in paths:
            if not 0 < len(path) <= self.room:
                raise ValueError(f"A path has 1 to {self.room} tokens, not {len(path)}.")
            if not 0 <= min(path) <= max(path) < self._model.vocabulary_size:
                raise ValueError(f"{path} has tokens outside the model's {self._model.vocabulary_size:,}.")
        with memory_errors(self._model.device):
            for depth in range(1, max(map(len, paths), default=0) + 1):
                self._grow(dict.fromkeys(path[:depth] for path in paths if len(path) >= depth), checkpoint)
            places = [self._places[path] for path in paths]
            return forward_pass.unembed(self._model, self._store.residual[-1, places])

    def _grow(self, level: Iterable[Path], checkpoint: Checkpoint) -> None:
        """Compute those paths of one length that are new; their beginnings are there."""
        new = [path for path in level if path not in self._places]
        if not new:
            return
        start = self._store.filled
        end = start + len(new)
        self._make_room(end)
        ways = [
            (*(self._ways[self._places[path[:-1]] - self._length] if len(path) > 1 else ()), start + index)
            for index, path in enumerate(new)
        ]
        seen = np.zeros((len(new), end), bool)  # [token, place]
        seen[:, : self._length] = True
        for row, way in zip(seen, ways, strict=True):
            row[list(way)] = True
        transformer, device = self._model.network.transformer, self._store.keys.device
        ids = torch.tensor([path[-1] for path in new], device=device)
        hidden = transformer.wte.weight[ids] + transformer.wpe.weight[self._length + len(new[0]) - 1]
        mask = torch.from_numpy(seen).to(device)
        forward_pass.go_through(self._model, self._store, hidden, mask, start, end, checkpoint)
        # Not before: a pass that was cut short leaves nothing that counts.
        self._store.filled = end
        self._ways += ways
        self._places.update(zip(new, range(start, end), strict=True))

    def _make_room(self, count: int) -> None:
        old = self._store
        if count > old.capacity:
            self._store = Store(self._model, max(count, 2 * old.capacity - self._length))
            self._store.copy_from(old, old.filled)
