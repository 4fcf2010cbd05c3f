"""GPT-2's network, written for fast training on a CPU; exports to transformers' ``GPT2LMHeadModel``.

The function computed is exactly GPT-2's (pre-norm blocks, learned positions, tanh-approximated GELU, tied
embedding and unembedding). What differs is speed: weights are [out, in], attention is fused, the residual
stream may be kept in bfloat16, and the loss never holds all logits at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import GPT2Config

GELU_LINEAR = 2 * math.sqrt(2 / math.pi)
GELU_CUBIC = GELU_LINEAR * 0.044715
POSITION_DEVIATION = 0.02


@dataclass(frozen=True)
class Shape:
    """The sizes that define a GPT-2."""

    vocabulary: int = 4096
    context: int = 256
    layers: int = 6
    heads: int = 6
    width: int = 192


def causal_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Scaled causal dot-product attention as batched matrix products; all [batch x head, position, width].

    At 256 positions and narrow heads this is several times faster on a CPU than the fused kernel of
    ``F.scaled_dot_product_attention``. Queries are taken in two halves, the first against the first half of
    the keys alone, so that a quarter of the pattern is never computed.
    """
    length, scale = query.shape[1], query.shape[-1] ** -0.5
    mixed = []
    for begin, end in ((0, length // 2), (length // 2, length)):
        scores = torch.bmm(query[:, begin:end], key[:, :end].transpose(1, 2))
        pattern = torch.softmax(scores.float() * scale + mask[begin:end, :end], -1).to(query.dtype)
        mixed.append(torch.bmm(pattern, value[:, :end]))
    return torch.cat(mixed, 1)


class Gelu(torch.autograd.Function):
    """GPT-2's ``gelu_new`` with exp, the faster kernel, for tanh: 1 + tanh(z) = 2 / (1 + exp(-2z))."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        u = x.float()
        return (u / (1 + torch.exp(u * (-GELU_LINEAR - GELU_CUBIC * u * u)))).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        u = x.float()
        gate = 1 / (1 + torch.exp(u * (-GELU_LINEAR - GELU_CUBIC * u * u)))
        slope = gate * (1 + u * (1 - gate) * (GELU_LINEAR + 3 * GELU_CUBIC * u * u))
        return (gradient.float() * slope).to(x.dtype)


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.ln_1 = nn.LayerNorm(shape.width)
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width)
        self.value = nn.Linear(shape.width, shape.width)
        self.c_proj = nn.Linear(shape.width, shape.width)
        self.ln_2 = nn.LayerNorm(shape.width)
        self.c_fc = nn.Linear(shape.width, 4 * shape.width)
        self.mlp_proj = nn.Linear(4 * shape.width, shape.width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, width = x.shape
        parts = (self.query, self.key, self.value)
        weight = torch.cat([part.weight for part in parts])  # one product instead of three
        bias = torch.cat([part.bias for part in parts])
        qkv = F.linear(self.ln_1(x), weight, bias).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).reshape(3, batch * self.heads, length, -1).contiguous()
        mixed = causal_attention(query, key, value, mask[:length, :length])
        mixed = mixed.view(batch, self.heads, length, -1).transpose(1, 2).reshape(batch, length, width)
        x = x + self.c_proj(mixed)
        return x + self.mlp_proj(Gelu.apply(self.c_fc(self.ln_2(x))))


def sinusoidal_positions(shape: Shape) -> Tensor:
    """Sines and cosines of geometrically spaced wavelengths, of unit mean square: [position, width].

    Only where the learned positions begin (Vaswani et al. 2017, section 3.5): a shift by one position is then
    already a linear map, so that heads that look at the previous token form early.
    """
    half = shape.width // 2
    rates = torch.pow(10_000.0, -torch.arange(half) / half)
    angles = torch.arange(shape.context)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1) * math.sqrt(2)


class Network(nn.Module):
    def __init__(self, shape: Shape, sinusoids: bool = True) -> None:
        super().__init__()
        self.shape = shape
        self.wte = nn.Embedding(shape.vocabulary, shape.width)
        self.wpe = nn.Embedding(shape.context, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.ln_f = nn.LayerNorm(shape.width)
        hidden = torch.full((shape.context, shape.context), -1e4).triu(1)
        self.register_buffer("mask", hidden, persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                deviation = 0.02
                if name.endswith(("c_proj.weight", "mlp_proj.weight")):
                    deviation /= math.sqrt(2 * shape.layers)
                nn.init.normal_(parameter, std=deviation)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        if sinusoids:
            with torch.no_grad():
                self.wpe.weight.copy_(sinusoidal_positions(shape) * POSITION_DEVIATION)

    def features(self, ids: Tensor) -> Tensor:
        """The residual stream after the last layer norm: [batch, position] -> [batch, position, width]."""
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, self.mask)
        return self.ln_f(x)

    def forward(self, ids: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy in nats of ``targets`` [batch, position] given ``ids`` [batch, position]."""
        logits = F.linear(self.features(ids), self.wte.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def transformers_state(network: Network) -> dict[str, Tensor]:
    """The weights under ``GPT2LMHeadModel``'s names, with its Conv1D layout [in, out]."""
    state = {
        "transformer.wte.weight": network.wte.weight,
        "transformer.wpe.weight": network.wpe.weight,
        "transformer.ln_f.weight": network.ln_f.weight,
        "transformer.ln_f.bias": network.ln_f.bias,
    }
    for layer, block in enumerate(network.blocks):
        qkv = (block.query, block.key, block.value)
        for name, weight, bias in (
            ("attn.c_attn", torch.cat([part.weight for part in qkv]), torch.cat([part.bias for part in qkv])),
            ("attn.c_proj", block.c_proj.weight, block.c_proj.bias),
            ("mlp.c_fc", block.c_fc.weight, block.c_fc.bias),
            ("mlp.c_proj", block.mlp_proj.weight, block.mlp_proj.bias),
        ):
            state[f"transformer.h.{layer}.{name}.weight"] = weight.T
            state[f"transformer.h.{layer}.{name}.bias"] = bias
        for name, norm in (("ln_1", block.ln_1), ("ln_2", block.ln_2)):
            state[f"transformer.h.{layer}.{name}.weight"] = norm.weight
            state[f"transformer.h.{layer}.{name}.bias"] = norm.bias
    return {name: tensor.detach().clone().contiguous() for name, tensor in state.items()}


def transformers_config(shape: Shape, end_of_text: int) -> GPT2Config:
    return GPT2Config(
        vocab_size=shape.vocabulary,
        n_positions=shape.context,
        n_embd=shape.width,
        n_layer=shape.layers,
        n_head=shape.heads,
        activation_function="gelu_new",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=end_of_text,
        eos_token_id=end_of_text,
        tie_word_embeddings=True,
    )
