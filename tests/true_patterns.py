"""Attention patterns of a tiny model as transformers makes them, for what is compared with them."""

import numpy as np
import torch

from tiny_models import random_network

SIZES = {"n_positions": 200, "n_layer": 3, "n_head": 4}  # of the model with seed 3


def text(count, seed=0):
    return np.random.default_rng(seed).integers(0, 360, count).astype(np.int32)


def go_on(share):
    pass


def true_patterns(ids):
    """[layer, head, query, key] as transformers makes them."""
    with torch.inference_mode():
        output = random_network(3, **SIZES)(torch.tensor(ids[None].astype(np.int64)), output_attentions=True)
    return np.stack([layer[0].numpy() for layer in output.attentions])


def in_words(pattern, starts):
    """The sum to each word, the mean from it, one number at a time."""
    ends = [*starts[1:], pattern.shape[-1]]
    spans = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
    result = np.zeros((*pattern.shape[:-2], len(spans), len(spans)))
    for row, query in enumerate(spans):
        for column, key in enumerate(spans):
            result[..., row, column] = pattern[..., query, key].sum(axis=-1).mean(axis=-1)
    return result
