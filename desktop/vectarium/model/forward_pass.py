"""One explicit forward pass of GPT-2 that keeps the residual stream, queries, keys and values.

Follows Radford et al., 2019, as `transformers` implements it: pre-norm blocks, learned positions, Conv1D
weights stored [in, out]. Attention patterns are not kept (604 MB for 1,024 tokens of GPT-2 small); the
functions in `vectarium.model.attention` make them from the trace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.model import threads
from vectarium.model.devices import memory_errors
from vectarium.model.loading import LoadedModel
from vectarium.model.one_token import (
    FLOAT16,
    FLOAT32,
    Form,
    Matrices,
    Read,
    matrices_of,
    product,
    scaling,
)
from vectarium.model.trace import Store, Trace, common_beginning

_GROWTH = 64
_POSITIONS = 256  # that go through a matrix together


Guess = Callable[[torch.Tensor, torch.Tensor, int], list[int]]
"""Tokens that may follow a text, from ``residual`` and ``heads`` of a store, as `Form.read` has them,
and the most that there is room for. May write into the text's last position and those after it."""


def run(
    model: LoadedModel,
    ids: Sequence[int] | NDArray[Any],
    previous: Trace | None = None,
    checkpoint: Checkpoint = unheeded,
    one_token: Form | None = None,
    guess: Guess | None = None,
) -> Trace:
    """Run the model on ``ids``, [position], computing only what ``previous`` does not have.

    Tokens that begin both texts keep their residual stream, keys and values. ``checkpoint`` is called
    twice a layer with the share done, and may raise to cancel; ``previous`` stays valid then. Where there is
    only one position to compute, ``one_token`` does it, together with those that ``guess`` expects to follow:
    a matrix is read from memory once for all of them. If it rounds no weight, it also computes as many as it
    takes at once: PyTorch, which first arranges the weights for its own needs, is faster for more.

    Raises ValueError for more tokens than the model's context or a token outside its vocabulary, and
    OutOfMemory when there is no room for the pass.
    """
    tokens = np.array(ids, dtype=np.int32)
    tokens.setflags(write=False)
    _check_length(model, tokens)
    reused = 0 if previous is None else common_beginning(previous.ids, tokens)
    _check_tokens(model, tokens[reused:].tolist())
    if previous is not None:
        reused += previous.store.take_guesses(reused, tokens[reused:], one_token)
        if reused == tokens.size:
            with memory_errors(model.device):
                return Trace(tokens, reused, _no_larger_than_useful(model, previous.store, reused))
    with memory_errors(model.device):
        store = _room_for(model, tokens.size, previous, reused)
        store.filled = tokens.size
        store.forget_from(reused)
        try:
            if tokens.size:
                if one_token is not None and tokens.size == reused + 1:
                    _compute_last(model, store, tokens, checkpoint, one_token, guess)
                    if not one_token.exact:
                        store.exact = min(store.exact, reused)
                elif one_token is not None and one_token.exact and tokens.size - reused <= one_token.most:
                    one_token.threads.take()
                    found = one_token.read(
                        store.residual, store.heads, tokens[reused:].tolist(), reused, checkpoint
                    )
                    _keep(store, found, reused, one_token)
                else:
                    # 12 width² are the weights of a block as GPT-2 is published.
                    threads.take_for(12 * model.width**2 * model.layers * (tokens.size - reused))
                    _compute(model, store, tokens, reused, checkpoint)
        except BaseException:
            store.filled = reused
            raise
    return Trace(tokens, reused, store)


def logits(
    model: LoadedModel, trace: Trace, position: int, one_token: Form | None = None
) -> NDArray[np.float32]:
    """The logits after ``position``, [vocabulary], unembedded by ``one_token`` where it is given.

    The last ones are kept, read-only: what was just drawn from is what is asked for next. Raises IndexError
    outside the trace.
    """
    if not 0 <= position < len(trace):
        raise IndexError(f"Position {position} is outside the {len(trace)} tokens that were read.")
    kept = trace.store.logits
    kept_as = FLOAT32 if one_token is None else one_token.kept_as
    for form in (FLOAT32, FLOAT16) if kept_as == FLOAT32 else (kept_as,):
        if (position, form) in kept:
            return kept[position, form]
    with torch.inference_mode():
        if one_token is None:
            found = unembed(model, trace.residual[-1, position])
        else:
            one_token.threads.take()
            found = one_token.logits(trace.residual[-1, position : position + 1])[0]
    trace.store.keep_logits(position, kept_as, found)
    return found


@torch.inference_mode()
def all_logits(
    model: LoadedModel, trace: Trace, first: int = 0, end: int | None = None
) -> NDArray[np.float32]:
    """The logits after every position from ``first`` to ``end`` - 1, [position, vocabulary].

    For all of 1,024 tokens of GPT-2 that is 206 MB.
    """
    return unembed(model, trace.residual[-1, first:end])


@torch.inference_mode()
def logits_at(
    model: LoadedModel, trace: Trace, positions: NDArray[np.integer[Any]], one_token: Form | None = None
) -> NDArray[np.float32]:
    """The logits after some positions, [position, vocabulary], by ``one_token`` where it takes so many."""
    residual = trace.residual[-1]
    some = residual[torch.as_tensor(positions.astype(np.int64), device=residual.device)]
    if one_token is None or len(some) > one_token.most:
        threads.take_for(len(some) * model.width * model.vocabulary_size)
        return unembed(model, some)
    one_token.threads.take()
    return one_token.logits(some)


def norm(layer_norm: torch.nn.LayerNorm, hidden: torch.Tensor) -> torch.Tensor:
    return functional.layer_norm(
        hidden, layer_norm.normalized_shape, layer_norm.weight, layer_norm.bias, layer_norm.eps
    )


def unembed(model: LoadedModel, hidden: torch.Tensor) -> NDArray[np.float32]:
    """The logits of residual streams after the last block, [..., vocabulary]."""
    normed = norm(model.network.transformer.ln_f, hidden)
    weight = model.network.lm_head.weight
    if normed.numel() == model.width:
        result = product(normed.view(1, -1), weight).view(*normed.shape[:-1], -1)
    else:
        result = functional.linear(normed, weight)
    as_numpy: NDArray[np.float32] = result.float().cpu().numpy()
    return as_numpy


def _check_length(model: LoadedModel, ids: NDArray[np.int32]) -> None:
    if ids.ndim != 1:
        raise ValueError(f"A text is one row of tokens, not an array of shape {ids.shape}.")
    if ids.size > model.context:
        raise ValueError(f"The model reads at most {model.context:,} tokens; it was given {ids.size:,}.")


def _check_tokens(model: LoadedModel, new: Sequence[int]) -> None:
    if new and not 0 <= min(new) <= max(new) < model.vocabulary_size:
        outside = min(new) if min(new) < 0 else max(new)
        raise ValueError(f"Token {outside} is outside the model's {model.vocabulary_size:,} tokens.")


def _room_for(model: LoadedModel, count: int, previous: Trace | None, reused: int) -> Store:
    if previous is not None and reused == previous.store.filled and count <= previous.store.capacity:
        return previous.store
    store = Store(model, min(model.context, count + max(_GROWTH, count // 2)))
    if previous is not None:
        store.copy_from(previous.store, reused)
    return store


def _no_larger_than_useful(model: LoadedModel, store: Store, count: int) -> Store:
    """Where ``count`` tokens go on to be kept: not in the room of a text many times as long."""
    if 4 * (count + _GROWTH) > store.capacity:
        return store
    smaller = Store(model, count + _GROWTH)
    smaller.copy_from(store, count)
    return smaller


def _compute_last(
    model: LoadedModel,
    store: Store,
    ids: NDArray[np.int32],
    checkpoint: Checkpoint,
    one_token: Form,
    guess: Guess | None,
) -> None:
    """Fill the last position of ``ids`` in ``store``, and positions and logits of what may follow."""
    last = ids.size - 1
    begun = one_token.threads.begin()
    guesses = [] if guess is None else guess(store.residual, store.heads, store.capacity - ids.size)
    tokens = [int(ids[last]), *guesses]
    found = one_token.read(store.residual, store.heads, tokens, last, checkpoint)
    one_token.threads.done(begun, len(tokens))
    _keep(store, found, last, one_token)
    store.keep_guesses(guesses, one_token)


def _keep(store: Store, found: Read | None, start: int, one_token: Form) -> None:
    """What came with reading positions from ``start`` on, if anything did."""
    if found is None:
        return
    for position, logits in enumerate(found.logits, start):
        # A row of several would keep all of them in memory.
        store.keep_logits(position, one_token.kept_as, logits.copy() if len(found.logits) > 1 else logits)
    store.keep_patterns(start, found.patterns)


@torch.inference_mode()
def _compute(
    model: LoadedModel,
    store: Store,
    ids: NDArray[np.int32],
    start: int,
    checkpoint: Checkpoint,
) -> None:
    """Fill positions ``start`` to the end of ``ids`` in ``store``."""
    transformer = model.network.transformer
    end = ids.size
    device = store.residual.device
    positions = torch.arange(start, end, device=device)
    hidden = transformer.wte.weight[torch.from_numpy(ids[start:].astype(np.int64)).to(device)]
    hidden = hidden + transformer.wpe.weight[positions]
    # One query sees everything before it; queries after known positions need the mask spelled out.
    seen = positions[:, None] >= torch.arange(end, device=device) if start and end - start > 1 else None
    go_through(model, store, hidden, seen, start, end, checkpoint)


def go_through(
    model: LoadedModel,
    store: Store,
    hidden: torch.Tensor,  # [position, width]
    seen: torch.Tensor | None,  # [query, key]
    start: int,
    end: int,
    checkpoint: Checkpoint,
) -> None:
    """Take embedded tokens through all blocks, into the places ``start`` to ``end`` - 1 of ``store``.

    ``seen`` says which places each of them attends to; None is all up to its own.
    """
    residual = store.residual[:, start:end]
    residual[0] = hidden
    for layer, block in enumerate(model.network.transformer.h):
        matrices = matrices_of(block)
        checkpoint(layer / model.layers)
        _attend(model, store, layer, block, matrices, seen, start, end)
        checkpoint((layer + 0.5) / model.layers)
        # What lies between two matrices is several times as wide as the stream: never of a whole long text.
        for part in torch.split(residual[layer + 1], _POSITIONS):
            part += matrices.outer(block.mlp.act(matrices.inner(norm(block.ln_2, part))))
    checkpoint(1.0)


def _attend(
    model: LoadedModel,
    store: Store,
    layer: int,
    block: Any,
    matrices: Matrices,
    seen: torch.Tensor | None,  # [query, key]
    start: int,
    end: int,
) -> None:
    """Add what a layer's attention moves to the residual stream before it."""
    query, key, value = (part[layer, :, start:end] for part in (store.queries, store.keys, store.values))
    before, after = store.residual[layer, start:end], store.residual[layer + 1, start:end]
    for begin in range(0, end - start, _POSITIONS):
        some = slice(begin, begin + _POSITIONS)
        projected = matrices.attention_in(norm(block.ln_1, before[some]))
        parts = projected.view(len(projected), 3, model.heads, -1).permute(1, 2, 0, 3)
        query[:, some], key[:, some], value[:, some] = parts
    key, value = store.keys[layer, :, :end], store.values[layer, :, :end]  # [head, position, d_head]
    if block.attn.reorder_and_upcast_attn:
        query, key, value = query.float(), key.float(), value.float()
    mixed = functional.scaled_dot_product_attention(
        query[None],
        key[None],
        value[None],
        attn_mask=seen,
        is_causal=seen is None and end - start > 1,
        scale=scaling(model, layer),
    )[0]  # [head, position, d_head]
    joined = mixed.to(before.dtype).transpose(0, 1).reshape(end - start, model.width)
    torch.add(before, matrices.attention_out(joined), out=after)
