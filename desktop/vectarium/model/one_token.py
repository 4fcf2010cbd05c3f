"""One position at a time: what writing does, with the weights in the form in which that is fastest.

Computes what `vectarium.model.forward_pass` computes for one new position, in the same operations, with
everything looked up beforehand: of a small model, looking up takes longer than computing. Form "float16"
keeps the matrices in half the bytes, of which one position needs all. Activations, sums, biases, layer norms
and embeddings stay float32, so nothing is lost of weights that were stored in half precision.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.model.loading import LoadedModel
from vectarium.model.threads import OnePosition

FLOAT32, FLOAT16, INT8 = "float32", "float16", "int8"
VNNI = torch.cpu._is_vnni_supported()  # without, sums of inputs of eight bits overflow: they get seven
ROWS_OF_A_BLOCK = 256
ROWS_OF_A_PASS = 3  # that MKL multiplies while it goes through a matrix once
ROWS_AT_ONCE = 4096  # of a matrix that is packed: so that it can be cancelled

Linear = Callable[[torch.Tensor], torch.Tensor]
"""A matrix with its bias, or a layer norm: [position, in] to [position, out], both float32."""


@dataclass(frozen=True, eq=False)
class Matrices:
    """A block's matrices."""

    attention_in: Linear
    attention_out: Linear
    inner: Linear
    outer: Linear

    @property
    def in_order(self) -> tuple[Linear, Linear, Linear, Linear]:
        return self.attention_in, self.attention_out, self.inner, self.outer


_attend = functional.scaled_dot_product_attention


class OneToken:
    """A model, ready for one position at a time; later changes of its weights may not be followed."""

    def __init__(
        self, model: LoadedModel, form: str, exact: bool, blocks: Iterable[Matrices], unembedding: Linear
    ) -> None:
        self.form = form
        self.threads = OnePosition()
        self.exact = exact
        """Whether no weight was rounded."""
        transformer = model.network.transformer
        self._layers = model.layers
        self._tokens, self._positions = transformer.wte.weight, transformer.wpe.weight
        self.blocks = list(blocks)
        self._blocks = [
            (_norm(block.ln_1), _norm(block.ln_2), matrices, block.mlp.act, scaling(model, layer))
            for layer, (block, matrices) in enumerate(zip(transformer.h, self.blocks, strict=True))
        ]
        self._final, self._unembedding = _norm(transformer.ln_f), unembedding

    def compute(
        self,
        residual: torch.Tensor,
        heads: torch.Tensor,
        token: int,
        position: int,
        checkpoint: Checkpoint = unheeded,
    ) -> None:
        """Fill ``position`` of the arrays of a trace with ``token``, from the positions before it.

        ``residual`` is [layer + 1, position, width]; ``heads``, the queries, keys and values, is
        [layer, 3, head, position, d_head].
        """
        end = position + 1
        rows = residual[:, position:end].unbind()  # [layer + 1] of [1, width]
        new = heads[:, :, :, position].unbind()  # [layer] of [3, head, d_head]
        _, seen_keys, seen_values = heads[:, :, None, :, :end].unbind(dim=1)
        before = zip(rows[1:], new, seen_keys.unbind(), seen_values.unbind(), self._blocks, strict=True)
        hidden = torch.add(self._tokens[token : token + 1], self._positions[position:end], out=rows[0])
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

    @property
    def kept_as(self) -> str:
        """By what name to keep numbers that may differ from those of another form."""
        return self.form if self.exact else f"{self.form}, rounded"

    def logits(self, residual: torch.Tensor) -> NDArray[np.float32]:
        """The logits, [position, vocabulary], of residual streams after the last block, [position, width]."""
        as_numpy: NDArray[np.float32] = self._unembedding(self._final(residual)).cpu().numpy()
        return as_numpy


def scaling(model: LoadedModel, layer: int) -> float:
    """What a layer's q·k is multiplied with: 1 ÷ √d_head, unless the configuration says otherwise."""
    config = model.network.config
    factor = (model.width // model.heads) ** -0.5 if config.scale_attn_weights else 1.0
    return factor / (layer + 1) if config.scale_attn_by_inverse_layer_idx else factor


def in_float32(model: LoadedModel) -> OneToken:
    """The weights as they are; takes no memory."""
    network = model.network
    blocks = [matrices_in_float32(block) for block in network.transformer.h]
    return OneToken(model, FLOAT32, True, blocks, by_blocks(network.lm_head.weight))


def product(rows: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The product of rows, [position, in], with ``weight``, [out, in]."""
    return by_blocks(weight)(rows)


def by_blocks(weight: torch.Tensor) -> Linear:
    """Multiplies with ``weight``, [out, in]: a single row in the same way for every number of threads.

    That needs blocks of rows that threads share out evenly; what is left over makes a block with zeros.
    Several rows, [position, in], are multiplied the fastest way.
    """
    over = len(weight) % ROWS_OF_A_BLOCK
    even = weight[: len(weight) - over]
    block = functional.pad(weight[-over:], (0, 0, 0, ROWS_OF_A_BLOCK - over)) if over else None

    def multiplied(rows: torch.Tensor) -> torch.Tensor:
        if len(rows) > ROWS_OF_A_PASS:
            return torch.mm(weight, rows.t()).t()
        if len(rows) > 1 or block is None:
            return functional.linear(rows, weight)
        return torch.cat((functional.linear(rows, even), functional.linear(rows, block)[:, :over]), dim=1)

    return multiplied


def matrices_in_float32(block: Any) -> Matrices:
    """A block's matrices as they are."""
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


# Half the bytes


def can_pack() -> bool:
    """Whether this build of PyTorch multiplies float32 with matrices packed in float16."""
    return "fbgemm" in torch.backends.quantized.supported_engines


def loses_nothing(weight: torch.Tensor) -> bool:
    """Whether a matrix is the same in float16."""
    return torch.equal(weight.half().to(weight.dtype), weight)


def packed(weight: torch.Tensor, bias: torch.Tensor | None) -> Linear:
    """A matrix, [out, in], and its float32 bias, packed in float16."""
    pack, multiply = torch.ops.quantized.linear_prepack_fp16, torch.ops.quantized.linear_dynamic_fp16.default
    matrix = pack(weight, bias)
    return lambda rows: multiply(rows, matrix)


def in_eight_bits(weight: torch.Tensor, bias: torch.Tensor | None) -> Linear:
    """A matrix, [out, in], in whole numbers of eight bits with a scale for each row, and so are its inputs.

    That is only good for guessing. Raises RuntimeError for what has no such scale.
    """
    lowest, highest = torch.aminmax(weight, dim=1)
    largest = torch.maximum(-lowest, highest).double().clamp_min(torch.finfo(torch.float32).tiny)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # a later PyTorch will do this otherwise; this one is pinned
        whole = torch.quantize_per_channel(
            weight.contiguous(), largest / 127, torch.zeros(len(weight), dtype=torch.int64), 0, torch.qint8
        )
    matrix = torch.ops.quantized.linear_prepack(whole, bias)
    multiply = torch.ops.quantized.linear_dynamic.default
    return lambda rows: multiply(rows, matrix, not VNNI)


def one_after_the_other(parts: list[Linear]) -> Linear:
    """Matrices whose outputs follow one another."""
    return parts[0] if len(parts) == 1 else lambda rows: torch.cat([part(rows) for part in parts], dim=1)
