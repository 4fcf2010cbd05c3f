"""A GPT-2's weights in memory, by the names that `transformers` gives them.

`vectarium.model.forward_pass` computes with them. A matrix is [in, out], an embedding [token, width].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from vectarium.model.activations import FUNCTIONS
from vectarium.model.configuration import Configuration

Weight = Callable[[str], torch.Tensor]
"""A weight by its name, without the prefix "transformer."."""


class Network(nn.Module):
    """A GPT-2 with its unembedding. No weight wants a gradient."""

    def __init__(self, config: Configuration, weight: Weight, tied: bool) -> None:
        """``tied``: the unembedding is the embedding, and is not asked for."""
        super().__init__()
        self.config = config
        # Their types would only say that each part is a tensor or a module.
        self.transformer: Any = nn.Module()
        self.transformer.wte = _Embedding(weight, "wte")
        self.transformer.wpe = _Embedding(weight, "wpe")
        self.transformer.h = nn.ModuleList(_Block(weight, f"h.{n}", config) for n in range(config.n_layer))
        self.transformer.ln_f = _Norm(weight, "ln_f", config)
        self.lm_head: Any = nn.Module() if tied else _Embedding(weight, "lm_head")
        if tied:
            self.lm_head.weight = self.transformer.wte.weight


class _Embedding(nn.Module):
    def __init__(self, weight: Weight, name: str) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight(f"{name}.weight"), requires_grad=False)


class _WithBias(_Embedding):
    def __init__(self, weight: Weight, name: str) -> None:
        super().__init__(weight, name)
        self.bias = nn.Parameter(weight(f"{name}.bias"), requires_grad=False)


class _Norm(_WithBias):
    def __init__(self, weight: Weight, name: str, config: Configuration) -> None:
        super().__init__(weight, name)
        self.normalized_shape = (config.n_embd,)
        self.eps = config.layer_norm_epsilon


class _Attention(nn.Module):
    def __init__(self, weight: Weight, name: str, config: Configuration) -> None:
        super().__init__()
        self.c_attn = _WithBias(weight, f"{name}.c_attn")
        self.c_proj = _WithBias(weight, f"{name}.c_proj")
        self.reorder_and_upcast_attn = config.reorder_and_upcast_attn


class _FeedForward(nn.Module):
    def __init__(self, weight: Weight, name: str, config: Configuration) -> None:
        super().__init__()
        self.c_fc = _WithBias(weight, f"{name}.c_fc")
        self.c_proj = _WithBias(weight, f"{name}.c_proj")
        self.act = FUNCTIONS[config.activation_function]


class _Block(nn.Module):
    def __init__(self, weight: Weight, name: str, config: Configuration) -> None:
        super().__init__()
        self.ln_1 = _Norm(weight, f"{name}.ln_1", config)
        self.attn = _Attention(weight, f"{name}.attn", config)
        self.ln_2 = _Norm(weight, f"{name}.ln_2", config)
        self.mlp = _FeedForward(weight, f"{name}.mlp", config)
