"""The softmax of logits at a temperature, in float64, before it is divided by its sum. Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 2**14  # tokens: what is made of them stays in the processor's cache, and asks for no new memory
_COLDEST = 1e-250  # below, float32 logits that differ at all give the same, and the division would overflow


@dataclass(frozen=True, slots=True)
class Sums:
    """What the weights of some tokens, in any order, sum to."""

    total: float
    """Σ weight: at least 1, as the largest logit is among them."""
    entropy_bits: float
    """Of the probabilities weight ÷ total."""

    @property
    def log_total(self) -> float:
        return math.log(self.total)


def weigh(logits: NDArray[np.float32], largest: float, temperature: float) -> NDArray[np.float64]:
    """exp((logit - largest) ÷ temperature), of a temperature above 0: how likely beside the most likely."""
    return _weigh(_below(logits, largest), temperature)


def sums(logits: NDArray[np.float32], largest: float, temperature: float) -> Sums:
    """What `weigh` gives, summed without being kept. The ``largest`` is among the logits."""
    total = weighted = 0.0
    for begin in range(0, logits.size, AT_ONCE):
        below = _below(logits[begin : begin + AT_ONCE], largest)
        weight = _weigh(below, temperature)
        total += float(np.add.reduce(weight))
        # Not a dot product: BLAS may make work for several threads of it, and wait for them.
        weighted += float(np.add.reduce(np.multiply(weight, below, out=below)))
    return Sums(total, entropy_bits(total, weighted / max(temperature, _COLDEST)))


def entropy_bits(total: float, weighted: float) -> float:
    """−Σ p log₂ p of p = weight ÷ ``total``, where ``weighted`` is Σ weight ln weight."""
    return max(0.0, (math.log(total) - weighted / total) / math.log(2))


def _below(logits: NDArray[np.float32], largest: float) -> NDArray[np.float64]:
    return np.subtract(logits, largest, dtype=np.float64)


def _weigh(below: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    return np.exp(below if temperature == 1 else below * (1 / max(temperature, _COLDEST)))
