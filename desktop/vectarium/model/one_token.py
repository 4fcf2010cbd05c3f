"""One position at a time: what writing does.

Computes what `vectarium.model.forward_pass` computes for one new position, in the same operations, with
everything looked up beforehand: of a small model, looking up takes longer than computing.
`vectarium.model.compiled` does it faster where it can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.model.loading import LoadedModel
from vectarium.model.threads import OnePosition
from vectarium.ranking import Ranking, rank

FLOAT32, FLOAT16, INT8 = "float32", "float16", "int8"
ROWS_OF_A_BLOCK = 256

Linear = Callable[[torch.Tensor], torch.Tensor]
"""A matrix with its bias, or a layer norm: [position, in] to [position, out], both float32."""


@dataclass(frozen=True, eq=False)
class Matrices:
    """A block's matrices."""

    attention_in: Linear
    attention_out: Linear
    inner: Linear
    outer: Linear


@dataclass(frozen=True, eq=False)
class Read:
    """What comes of reading positions on the way."""

    logits: NDArray[np.float32]
    """[position, vocabulary]"""
    patterns: NDArray[np.float32]
    """[layer, head, query, key]: the attention of every head, defined up to each query."""


class Form(Protocol):
    """A model that reads a position or a few after those that were read before."""

    @property
    def form(self) -> str:
        """The number type of its weights."""

    @property
    def exact(self) -> bool:
        """Whether no weight was rounded."""

    @property
    def kept_as(self) -> str:
        """By what name to keep numbers that may differ from those of another form."""

    @property
    def threads(self) -> OnePosition: ...

    @property
    def most(self) -> int:
        """How many positions `read` and `logits` take; nothing comes with reading more than a few of them."""

    def read(
        self,
        residual: torch.Tensor,
        heads: torch.Tensor,
        tokens: Sequence[int],
        start: int,
        checkpoint: Checkpoint = ...,
    ) -> Read | None:
        """Fill positions from ``start`` on with ``tokens``; what comes with it, if anything does.

        ``residual`` is [layer + 1, position, width]; ``heads``, the queries, keys and values, is
        [layer, 3, head, position, d_head].
        """

    def logits(self, residual: torch.Tensor) -> NDArray[np.float32]:
        """The logits, [position, vocabulary], of residual streams after the last block, [position, width]."""

    def rank(self, logits: NDArray[np.float32]) -> Ranking:
        """What `ranking.rank` makes of logits, [vocabulary], that nobody writes into any more.

        Raises BrokenLogits.
        """


_attend = functional.scaled_dot_product_attention


class OneToken:
    """A model with its weights as they are; later changes of them may not be followed."""

    form = kept_as = FLOAT32
    exact = True
    most = 1

    def __init__(self, model: LoadedModel) -> None:
        self.threads = OnePosition()
        transformer = model.network.transformer
        self._layers = model.layers
        self._tokens, self._positions = transformer.wte.weight, transformer.wpe.weight
        self._blocks = [
            (_norm(block.ln_1), _norm(block.ln_2), matrices_of(block), block.mlp.act, scaling(model, layer))
            for layer, block in enumerate(transformer.h)
        ]
        self._final, self._unembedding = _norm(transformer.ln_f), by_blocks(model.network.lm_head.weight)

    @torch.inference_mode()
    def read(
        self,
        residual: torch.Tensor,
        heads: torch.Tensor,
        tokens: Sequence[int],
        start: int,
        checkpoint: Checkpoint = unheeded,
    ) -> None:
        """See `Form`; of one token only."""
        (token,), end = tokens, start + 1
        rows = residual[:, start:end].unbind()  # [layer + 1] of [1, width]
        new = heads[:, :, :, start].unbind()  # [layer] of [3, head, d_head]
        _, seen_keys, seen_values = heads[:, :, None, :, :end].unbind(dim=1)
        before = zip(rows[1:], new, seen_keys.unbind(), seen_values.unbind(), self._blocks, strict=True)
        hidden = torch.add(self._tokens[token : token + 1], self._positions[start:end], out=rows[0])
        for layer, (row, place, keys, values, block) in enumerate(before):
            norm_1, norm_2, matrices, activation, scale = block
            checkpoint(layer / self._layers)
            projected = matrices.attention_in(norm_1(hidden)).view(place.shape)
            place.copy_(projected)
            mixed = _attend(projected[None, 0, :, None], keys, values, scale=scale)
            hidden = hidden + matrices.attention_out(mixed.view(1, -1))
            added = matrices.outer(activation(matrices.inner(norm_2(hidden))))
            hidden = torch.add(hidden, added, out=row)
        checkpoint(1.0)

    def logits(self, residual: torch.Tensor) -> NDArray[np.float32]:
        as_numpy: NDArray[np.float32] = self._unembedding(self._final(residual)).cpu().numpy()
        return as_numpy

    def rank(self, logits: NDArray[np.float32]) -> Ranking:
        return rank(logits)


def scaling(model: LoadedModel, layer: int) -> float:
    """What a layer's q·k is multiplied with: 1 ÷ √d_head, unless the configuration says otherwise."""
    config = model.network.config
    factor = (model.width // model.heads) ** -0.5 if config.scale_attn_weights else 1.0
    return factor / (layer + 1) if config.scale_attn_by_inverse_layer_idx else factor


def product(rows: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The product of rows, [position, in], with ``weight``, [out, in]."""
    return by_blocks(weight)(rows)


def by_blocks(weight: torch.Tensor) -> Linear:
    """Multiplies with ``weight``, [out, in]: a single row in the same way for every number of threads.

    That needs blocks of rows that threads share out evenly; what is left over makes a block with zeros.
    """
    over = len(weight) % ROWS_OF_A_BLOCK
    even = weight[: len(weight) - over]
    block = functional.pad(weight[-over:], (0, 0, 0, ROWS_OF_A_BLOCK - over)) if over else None

    def multiplied(rows: torch.Tensor) -> torch.Tensor:
        if len(rows) > 1 or block is None:
            return functional.linear(rows, weight)
        return torch.cat((functional.linear(rows, even), functional.linear(rows, block)[:, :over]), dim=1)

    return multiplied


def matrices_of(block: Any) -> Matrices:
    return Matrices(*map(_as_it_is, conv1ds(block)))


def conv1ds(block: Any) -> tuple[Any, Any, Any, Any]:
    """A block's four matrices in the order of `Matrices`, as transformers keeps them: weights [in, out]."""
    return block.attn.c_attn, block.attn.c_proj, block.mlp.c_fc, block.mlp.c_proj


def _as_it_is(conv: Any) -> Linear:
    bias, weight = conv.bias, conv.weight
    return lambda rows: torch.addmm(bias, rows, weight)


def _norm(layer_norm: torch.nn.LayerNorm) -> Linear:
    shape, eps = tuple(layer_norm.normalized_shape), layer_norm.eps
    weight, bias = layer_norm.weight, layer_norm.bias
    return lambda hidden: torch.layer_norm(hidden, shape, weight, bias, eps)
