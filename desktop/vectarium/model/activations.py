"""The functions between an MLP's two matrices, by the names that config.json has for them.

As `transformers` defines them, but for those that have weights of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional

Activation = Callable[[torch.Tensor], torch.Tensor]

# Hendrycks and Gimpel, 2016; GPT-2's own. transformers spells it out in seven operations, in several ways.
_gelu_tanh = partial(functional.gelu, approximate="tanh")

FUNCTIONS: dict[str, Activation] = {
    "gelu": functional.gelu,
    "gelu_10": lambda inner: functional.gelu(inner).clip(-10, 10),
    "gelu_accurate": _gelu_tanh,
    "gelu_fast": _gelu_tanh,
    "gelu_new": _gelu_tanh,
    "gelu_python": functional.gelu,
    "gelu_python_tanh": _gelu_tanh,
    "gelu_pytorch_tanh": _gelu_tanh,
    "hardswish": functional.hardswish,
    "laplace": lambda inner: 0.5 * (1 + torch.erf((inner - 0.707107) / (0.282095 * math.sqrt(2)))),
    "leaky_relu": functional.leaky_relu,
    "linear": lambda inner: inner,
    "mish": functional.mish,
    "quick_gelu": lambda inner: inner * torch.sigmoid(1.702 * inner),
    "relu": functional.relu,
    "relu2": lambda inner: functional.relu(inner).square(),
    "relu6": functional.relu6,
    "sigmoid": torch.sigmoid,
    "silu": functional.silu,
    "sqrtsoftplus": lambda inner: functional.softplus(inner).sqrt(),
    "swish": functional.silu,
    "tanh": torch.tanh,
}
