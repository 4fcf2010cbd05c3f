"""Answers about attention, made from the trace that the model worker holds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from vectarium.messages import read_only
from vectarium.messages_attention import (
    HeadRead,
    MovesRead,
    PatternsRead,
    ReadHead,
    ReadHeads,
    ReadMoves,
    ReadPatterns,
    Seen,
)
from vectarium.model.errors import BrokenWeights
from vectarium.words import by_words

TOP = 5


def answerable(model: Any, request: ReadHeads | ReadHead | ReadPatterns | ReadMoves) -> bool:
    """Whether the model has the heads and the tokens that are asked about."""
    heads: tuple[tuple[int, int], ...] = ()
    match request:
        case ReadHead() | ReadMoves():
            heads = ((request.layer, request.head),)
        case ReadPatterns():
            heads = request.heads
    known = all(layer < model.layers and head < model.heads for layer, head in heads)
    return known and len(request.ids) > 0 and int(request.ids.max()) < model.vocabulary_size


def sound(pattern: Any, layer: int, first: int = 0) -> Any:
    """`pattern`, [..., query - first, key]. Raises BrokenWeights where it is not a number."""
    broken = pattern[..., 0].isnan()  # a softmax makes all of a row of it or nothing
    if broken.any():
        token = first + int(broken.reshape(-1, broken.shape[-1]).any(dim=0).nonzero()[0])
        raise BrokenWeights(
            f"From token {token + 1:,} of the text on, the attention of layer {layer} is not a number: "
            "the model’s weights are damaged, or too large for its number type.",
            "Shorten the text, or choose another model in the Model menu.",
        )
    return pattern


def hide_first(pattern: Any) -> npt.NDArray[np.float32]:
    """Take the first key out of ``pattern``, [..., query, key], and share its weight out, in place.

    Returns its weights, [..., query].
    """
    import torch

    with torch.inference_mode():
        weights = _array(pattern[..., 0])
        pattern[..., 0] = 0
        total = pattern.sum(dim=-1, keepdim=True)
        total[total == 0] = 1
        pattern /= total
    return weights


def read_head(model: Any, trace: Any, request: ReadHead, seen: Seen) -> HeadRead:
    """A head with what led to its pattern."""
    from vectarium.model import attention
    from vectarium.model.one_token import scaling

    layer, head, first = request.layer, request.head, min(request.first_query, len(trace))
    scores = attention.scores(model, trace, layer, head, first)
    sound(scores.pattern, layer, first)
    return HeadRead(
        request.number,
        seen,
        layer,
        head,
        first,
        raw=_array(scores.raw),
        pattern=_array(scores.pattern),
        scaling=scaling(model, layer),
        queries=_array(trace.queries[layer, head, first:]),
        keys=_array(trace.keys[layer, head]),
        values=_array(trace.values[layer, head]),
    )


def read_patterns(
    model: Any, trace: Any, request: ReadPatterns, seen: Seen, checkpoint: Callable[[float], None]
) -> PatternsRead:
    """Several heads' patterns in one; each is made and, unless it is asked for, let go before the next."""
    from vectarium.model import attention

    starts = model.vocabulary.word_starts(trace.ids)
    combined: npt.NDArray[np.float32] | None = None
    each = []
    for index, (layer, head) in enumerate(request.heads):
        checkpoint(index / len(request.heads))
        made = sound(attention.scores(model, trace, layer, head).pattern, layer)  # [query, key]
        if request.treatment.hide_sink:
            hide_first(made)
        pattern = made.cpu().numpy()
        if request.treatment.words:
            pattern = by_words(pattern, starts)
        if request.each:
            each.append(pattern)
        if combined is None:
            combined = pattern.copy()
        elif request.maximum:
            np.maximum(combined, pattern, out=combined)
        else:
            combined += pattern
    assert combined is not None
    if not request.maximum:
        combined /= len(request.heads)
    apart = read_only(np.stack(each)) if each else None
    return PatternsRead(
        request.number, seen, request.heads, request.maximum, read_only(combined), apart, request.treatment
    )


def read_moves(model: Any, trace: Any, request: ReadMoves, seen: Seen) -> MovesRead:
    """What a head moves to one token, and how well the layer's heads and bias sum to its attention output."""
    import torch

    from vectarium.model import attention

    layer, head, query = request.layer, request.head, request.position - seen.start
    with torch.inference_mode():
        moved = attention.moved_vectors(model, trace, layer, head, query)  # [key, width]
        change = moved.sum(dim=0)
        pushed = attention.direct_effect(model, trace, query, change)  # [vocabulary]
        best, worst = pushed.topk(min(TOP, len(pushed))), pushed.topk(min(TOP, len(pushed)), largest=False)
        row = attention.scores(model, trace, layer, head, query).pattern[:1]  # [query, key]
        weights = sound(row, layer, query)[0, : query + 1]
        outputs = attention.head_outputs(model, trace, layer, query)[:, 0]  # [head, width]
        total = outputs.sum(dim=0) + attention.output_bias(model, layer)
        error = (total - attention.output(model, trace, layer, query)).abs().max()
    return MovesRead(
        request.number,
        seen,
        request.position,
        layer,
        head,
        weights=_array(weights),
        moved=_array(moved.norm(dim=1)),
        change=float(change.norm()),
        residual=float(trace.residual[layer, query].float().norm()),
        up=tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True)),
        down=tuple(zip(worst.indices.tolist(), worst.values.tolist(), strict=True)),
        heads=model.heads,
        sum_error=float(error),
    )


def _array(tensor: Any) -> npt.NDArray[np.float32]:
    """A copy of its own: the trace's tensors grow under what is shown."""
    return read_only(np.array(tensor.float().cpu().numpy()))
