"""Attention made on demand from a trace: patterns, the scores behind them, and what they move.

Every function takes one layer, so that no more than one layer's patterns need to be held at a time.
Notation of Vaswani et al., 2017, and Elhage et al., 2021: pattern = softmax(q·k ÷ √d_head + mask); a head
moves the values it attends to through its part of the output matrix, W_O.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.nn import functional

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.model.loading import LoadedModel
from vectarium.model.one_token import scaling
from vectarium.model.trace import Trace

FEW = 2**17  # numbers that are made together, of several layers


@dataclass(frozen=True, eq=False)
class Scores:
    """One head's attention, stage by stage. Each is [query, key]."""

    raw: torch.Tensor
    """q·k"""
    scaled: torch.Tensor
    """q·k ÷ √d_head, and ÷ (layer + 1) where the model's configuration says so."""
    masked: torch.Tensor
    """`scaled`, with −∞ where the key comes after the query."""
    pattern: torch.Tensor
    """softmax of `masked` along the keys."""


def pattern(
    model: LoadedModel, trace: Trace, layer: int, first_query: int = 0, end: int | None = None
) -> torch.Tensor:
    """A layer's attention patterns, [head, query, key], in float32; every row sums to 1.

    With ``first_query`` only the rows from there on, for a text that grows, and with ``end`` only those
    before it, which see no later key: [head, query - first, key], of the keys before ``end``.
    """
    return patterns_of(model, trace, range(layer, layer + 1), first_query, end)[0]


def patterns(
    model: LoadedModel, trace: Trace, checkpoint: Checkpoint = unheeded, first_query: int = 0
) -> Iterator[torch.Tensor]:
    """The patterns of one layer after the other, [head, query, key] each, to be read only.

    ``checkpoint`` is called before each with the share done, and may raise to cancel.
    """
    kept = trace.store.patterns_of(first_query) if first_query == len(trace) - 1 else None
    of_a_layer = model.heads * (len(trace) - first_query) * len(trace)
    at_once = max(1, FEW // max(1, of_a_layer))
    for layer in range(model.layers):
        checkpoint(layer / model.layers)
        if kept is not None:
            yield torch.from_numpy(kept[layer, :, None])
            continue
        if layer % at_once == 0:
            some = range(layer, min(layer + at_once, model.layers))
            made = patterns_of(model, trace, some, first_query)
        yield made[layer - some.start]


@torch.inference_mode()
def patterns_of(
    model: LoadedModel, trace: Trace, layers: range, first_query: int, end: int | None = None
) -> torch.Tensor:
    """As `pattern`, of some layers, [layer, head, query - first, key].

    Of few queries, most of the time goes into calling PyTorch.
    """
    asking = trace.queries[layers.start : layers.stop, :, first_query:end].unbind()
    keys = trace.keys[layers.start : layers.stop, :, :end].transpose(2, 3).unbind()
    scaled = torch.empty(
        (len(layers), model.heads, asking[0].shape[1], keys[0].shape[2]), device=asking[0].device
    )
    nothing = scaled.new_empty(1)
    # One product of all layers would copy all keys.
    for layer, asks, asked, product in zip(layers, asking, keys, scaled.unbind(), strict=True):
        torch.baddbmm(nothing, asks.float(), asked.float(), beta=0, alpha=scaling(model, layer), out=product)
    if scaled.shape[2] > 1:
        # Keys before the first query are seen by all.
        later = _future(trace, first_query, end)[:, first_query:]
        scaled[..., first_query:].masked_fill_(later, -torch.inf)
    step = max(1, 2**20 // max(1, scaled[0, 0].numel()))
    if len(layers) * model.heads <= step:
        return scaled.softmax(dim=-1)
    # A few heads at a time: the patterns of a long text are too large to be held twice.
    for some in torch.split(scaled.flatten(end_dim=1), step):
        some.copy_(some.softmax(dim=-1))
    return scaled


@torch.inference_mode()
def scores(model: LoadedModel, trace: Trace, layer: int, head: int, first_query: int = 0) -> Scores:
    """One head's attention with the steps that lead to it, of the queries from ``first_query`` on."""
    asking = trace.queries[layer, head, first_query:].float()
    raw = asking @ trace.keys[layer, head].float().T
    scaled = raw * scaling(model, layer)
    masked = scaled.masked_fill(_future(trace, first_query), -torch.inf)
    return Scores(raw, scaled, masked, masked.softmax(dim=-1))


@torch.inference_mode()
def head_outputs(model: LoadedModel, trace: Trace, layer: int, first_query: int = 0) -> torch.Tensor:
    """What each head of a layer adds to the residual stream, [head, position, width], in float32.

    Summed over the heads, plus `output_bias`, they are the layer's attention output.
    """
    mixed = pattern(model, trace, layer, first_query) @ trace.values[layer].float()
    return mixed @ _output_matrices(model, layer)


def output_bias(model: LoadedModel, layer: int) -> torch.Tensor:
    """What a layer's attention adds at every position whatever its heads do, [width]."""
    bias: torch.Tensor = model.network.transformer.h[layer].attn.c_proj.bias.detach()
    return bias.float()


@torch.inference_mode()
def moved_vectors(model: LoadedModel, trace: Trace, layer: int, head: int, query: int) -> torch.Tensor:
    """What one head moves to ``query`` from each position it sees, weight · v · W_O: [key, width].

    Summed over the keys it is the head's output there.
    """
    asking = trace.queries[layer, head, query].float()
    raw = trace.keys[layer, head, : query + 1].float() @ asking  # [key]
    weights = (raw * scaling(model, layer)).softmax(dim=0)
    through = trace.values[layer, head, : query + 1].float() @ _output_matrices(model, layer)[head]
    return weights[:, None] * through


@torch.inference_mode()
def output(model: LoadedModel, trace: Trace, layer: int, query: int) -> torch.Tensor:
    """What a layer's attention adds to the residual stream at ``query``, [width], in float32.

    Made as the forward pass makes it, with the heads joined before the output matrix.
    """
    seen = slice(None, query + 1)
    mixed = functional.scaled_dot_product_attention(
        trace.queries[None, layer, :, query : query + 1].float(),
        trace.keys[None, layer, :, seen].float(),
        trace.values[None, layer, :, seen].float(),
        scale=scaling(model, layer),
    )
    projection = model.network.transformer.h[layer].attn.c_proj
    return torch.addmv(projection.bias.float(), projection.weight.float().T, mixed.flatten())


@torch.inference_mode()
def direct_effect(model: LoadedModel, trace: Trace, query: int, change: torch.Tensor) -> torch.Tensor:
    """What ``change``, [width], in the residual stream at ``query`` adds to the logits, [vocabulary].

    Straight through the unembedding, past the later layers, with the final layer norm's scale held at what
    it is for this text: direct logit attribution (Elhage et al., 2021).
    """
    final = model.network.transformer.ln_f
    residual = trace.residual[-1, query].float()
    scale = (residual.var(unbiased=False) + final.eps).sqrt()
    normed = (change - change.mean()) / scale * final.weight.float()
    return functional.linear(normed, model.network.lm_head.weight.float())


def _future(trace: Trace, first_query: int, end: int | None = None) -> torch.Tensor:
    """Whether a key comes after the query, [query - first, key], of those before ``end``."""
    position = torch.arange(len(trace), device=trace.residual.device)[:end]
    return position > position[first_query:, None]


def _output_matrices(model: LoadedModel, layer: int) -> torch.Tensor:
    """W_O of each head, [head, d_head, width]."""
    weight: torch.Tensor = model.network.transformer.h[layer].attn.c_proj.weight
    return weight.float().view(model.heads, -1, model.width)
