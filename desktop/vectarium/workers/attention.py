"""Answers about attention, made from the trace that the model worker holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from vectarium.messages import Ids, read_only
from vectarium.messages_attention import (
    HeadRead,
    HeadsRead,
    MovesRead,
    PatternsRead,
    ReadHead,
    ReadHeads,
    ReadMoves,
    ReadPatterns,
    Seen,
)

CELLS = 64  # a side, at most: as many as a thumbnail has pixels
BATCH_SECONDS = 0.08
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


@dataclass
class _Known:
    """All heads' thumbnails of one text, kept so that a text that grows needs only its new rows."""

    model: Any
    hide_sink: bool
    ids: Ids  # [token] that the model sees
    tokens_a_cell: int
    cells: npt.NDArray[np.float32]  # [layer, head, CELLS, CELLS]
    rows: npt.NDArray[np.float64]  # [measure, layer, head, query]

    def goes_on(self, model: Any, ids: Ids, hide_sink: bool) -> bool:
        """Whether `ids` only append to what is known, in cells of the same size."""
        known = len(self.ids)
        return (
            self.model is model
            and self.hide_sink == hide_sink
            and known <= len(ids) <= self.tokens_a_cell * CELLS
            and self.tokens_a_cell == _tokens_a_cell(len(ids))
            and np.array_equal(ids[:known], self.ids)
        )


class HeadReader:
    """Reads all heads, a layer at a time: no more than one layer's patterns are held."""

    def __init__(self) -> None:
        self._known: _Known | None = None

    def read(
        self, model: Any, trace: Any, request: ReadHeads, seen: Seen, checkpoint: Callable[[float], None]
    ) -> Iterator[HeadsRead | None]:
        """One turn a layer; None where the next batch is not worth a message yet."""
        from vectarium.model import attention
        from vectarium.model.behaviour import average, measure_rows

        ids, count = trace.ids, len(trace)
        known, first = self._known, 0
        tokens_a_cell = _tokens_a_cell(count)
        cells = np.zeros((model.layers, model.heads, CELLS, CELLS), np.float32)
        rows = np.full((7, model.layers, model.heads, count), np.nan)
        if known is not None and known.goes_on(model, ids, request.hide_sink):
            first = len(known.ids)
            cells[:] = known.cells
            rows[..., :first] = known.rows
        size = -(-count // tokens_a_cell)
        sent, told = 0, monotonic()
        for layer in range(model.layers):
            checkpoint(layer / model.layers)
            if first < count:
                pattern = attention.pattern(model, trace, layer, first)  # [head, query - first, key]
                yield None  # a keystroke waits for half a layer at most
                rows[:, layer, :, first:] = measure_rows(pattern.cpu().numpy(), ids, first)
                if request.hide_sink:
                    _hide_first(pattern)
                _reduce(pattern, first, tokens_a_cell, cells[layer])
            done = layer + 1 == model.layers
            if not done and monotonic() - told < BATCH_SECONDS:
                yield None
                continue
            part = slice(sent, layer + 1)
            if done:
                self._known = _Known(model, request.hide_sink, ids, tokens_a_cell, cells, rows)
            yield HeadsRead(
                request.number,
                seen,
                request.hide_sink,
                first_layer=sent,
                cells=read_only(cells[part, :, :size, :size].copy()),
                tokens_a_cell=tokens_a_cell,
                measures=read_only(average(rows[:, part])),
                done=done,
            )
            sent, told = layer + 1, monotonic()


def _tokens_a_cell(count: int) -> int:
    return max(1, -(-count // CELLS))


def _hide_first(pattern: Any) -> None:
    """Take the first key out of ``pattern``, [head, query, key], and share its weight out, in place."""
    import torch

    with torch.inference_mode():
        pattern[..., 0] = 0
        total = pattern.sum(dim=-1, keepdim=True)
        total[total == 0] = 1
        pattern /= total


def _reduce(pattern: Any, first: int, step: int, cells: npt.NDArray[np.float32]) -> None:
    """Raise ``cells``, [head, CELLS, CELLS], to the maxima of rows ``first`` and on, [head, query, key]."""
    from torch.nn import functional

    heads, count, keys = pattern.shape
    columns, above = -(-keys // step), first % step
    below = -(above + count) % step
    padded = functional.pad(pattern, (0, columns * step - keys, above, below))
    reduced = padded.view(heads, (above + count + below) // step, step, columns, step).amax(dim=4).amax(dim=2)
    row = first // step
    part = cells[:, row : row + reduced.shape[1], :columns]
    np.maximum(part, reduced.cpu().numpy(), out=part)


def read_head(model: Any, trace: Any, request: ReadHead, seen: Seen) -> HeadRead:
    """A head with what led to its pattern."""
    from vectarium.model import attention
    from vectarium.model.forward_pass import scaling

    layer, head, first = request.layer, request.head, min(request.first_query, len(trace))
    scores = attention.scores(model, trace, layer, head, first)
    return HeadRead(
        request.number,
        seen,
        layer,
        head,
        first,
        raw=_array(scores.raw),
        pattern=_array(scores.pattern),
        scaling=scaling(model, layer),
        queries=_array(attention.queries(model, trace, layer, first)[head]),
        keys=_array(trace.keys[layer, head]),
        values=_array(trace.values[layer, head]),
    )


def read_patterns(
    model: Any, trace: Any, request: ReadPatterns, seen: Seen, checkpoint: Callable[[float], None]
) -> PatternsRead:
    """Several heads' patterns in one; each is made and, unless it is asked for, let go before the next."""
    from vectarium.model import attention

    combined: Any = None
    each = []
    for index, (layer, head) in enumerate(request.heads):
        checkpoint(index / len(request.heads))
        pattern = attention.scores(model, trace, layer, head).pattern
        if request.each:
            each.append(_array(pattern))
        if combined is None:
            combined = pattern.clone()
        elif request.maximum:
            combined = combined.maximum(pattern)
        else:
            combined += pattern
    if not request.maximum:
        combined /= len(request.heads)
    apart = read_only(np.stack(each)) if each else None
    return PatternsRead(request.number, seen, request.heads, request.maximum, _array(combined), apart)


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
        weights = attention.scores(model, trace, layer, head, query).pattern[0, : query + 1]
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
