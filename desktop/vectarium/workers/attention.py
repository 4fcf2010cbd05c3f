"""Answers about attention, made from the trace that the model worker holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from vectarium.attention.head_measures import FIRST_TOKEN
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
    Treatment,
)
from vectarium.model.errors import BrokenWeights
from vectarium.words import by_words

CELLS = 64  # a side, at most: as many as a thumbnail has pixels
BATCH_SECONDS = 0.08
TOP = 5
AT_ONCE = 2**20  # weights that are reduced together: a copy of a long text's layer is large


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
    treatment: Treatment
    ids: Ids  # [token] that the model sees
    places: int  # tokens or words
    a_cell: int  # of them
    cells: npt.NDArray[np.float32]  # [layer, head, CELLS, CELLS]
    rows: npt.NDArray[np.float64]  # [measure, layer, head, query]

    def goes_on(self, model: Any, ids: Ids, treatment: Treatment, a_cell: int) -> bool:
        """Whether `ids` only append to what is known, in cells of the same size."""
        known = len(self.ids)
        return (
            self.model is model
            and self.treatment == treatment
            and self.a_cell == a_cell
            and known <= len(ids)
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
        from vectarium.model.behaviour import average

        ids, count, treatment = trace.ids, len(trace), request.treatment
        starts = model.vocabulary.word_starts(ids) if treatment.words else np.arange(count)  # [place]
        places = len(starts)
        a_cell = max(1, -(-places // CELLS))
        cells = np.zeros((model.layers, model.heads, CELLS, CELLS), np.float32)
        rows = np.full((7, model.layers, model.heads, count), np.nan)
        first_place, first = 0, 0
        known = self._known
        if known is not None and known.goes_on(model, ids, treatment, a_cell):
            first_place, first = known.places, len(known.ids)
            if treatment.words and (first < count or known.places < places):
                # The last word may have grown: what is known of its cells may be too large by now.
                first_place = (known.places - 1) // a_cell * a_cell
                first = int(starts[first_place])
            cells[:, :, : -(-first_place // a_cell)] = known.cells[:, :, : -(-first_place // a_cell)]
            rows[..., :first] = known.rows[..., :first]
        size = -(-places // a_cell)
        sent, told = 0, monotonic()
        for layer in range(model.layers):
            checkpoint(layer / model.layers)
            if first < count:
                pattern = _sound(attention.pattern(model, trace, layer, first), layer, first)
                yield None  # a keystroke waits for half a layer at most
                sink = _hide_first(pattern) if treatment.hide_sink else None
                shown = pattern.cpu().numpy()
                rows[:, layer, :, first:] = _measured(shown, ids, first, sink)
                step = max(1, AT_ONCE // shown[0].size)
                for head in range(0, model.heads, step):
                    part = shown[head : head + step]
                    part = by_words(part, starts, first) if treatment.words else part
                    _reduce(part, first_place, a_cell, cells[layer, head : head + step])
            done = layer + 1 == model.layers
            if not done and monotonic() - told < BATCH_SECONDS:
                yield None
                continue
            part = slice(sent, layer + 1)
            if done:
                self._known = _Known(model, treatment, ids, places, a_cell, cells, rows)
            yield HeadsRead(
                request.number,
                seen,
                treatment,
                first_layer=sent,
                cells=read_only(cells[part, :, :size, :size].copy()),
                tokens_a_cell=a_cell,
                measures=read_only(average(rows[:, part])),
                done=done,
            )
            sent, told = layer + 1, monotonic()


def _sound(pattern: Any, layer: int, first: int = 0) -> Any:
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


def _measured(
    pattern: npt.NDArray[np.float32], ids: Ids, first: int, sink: npt.NDArray[np.float32] | None
) -> npt.NDArray[np.float64]:
    """The measures of the rows from ``first`` on, [measure, head, query - first].

    Without the first token, whose weights ``sink`` [head, query - first] holds, they are those of the text
    that begins with the second one; its own measure is what was hidden.
    """
    from vectarium.model.behaviour import measure_rows

    if sink is None:
        return measure_rows(pattern, ids, first)
    skipped = 1 if first == 0 else 0
    rows = np.full((7, *sink.shape), np.nan)
    rows[..., skipped:] = measure_rows(pattern[:, skipped:, 1:], ids[1:], max(0, first - 1))
    rows[:, pattern.sum(axis=-1) == 0] = np.nan  # nothing is left to be measured
    rows[FIRST_TOKEN, :, skipped:] = sink[:, skipped:]
    return rows


def _hide_first(pattern: Any) -> npt.NDArray[np.float32]:
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


def _reduce(pattern: npt.NDArray[np.float32], first: int, step: int, cells: npt.NDArray[np.float32]) -> None:
    """Raise ``cells``, [head, CELLS, CELLS], to the maxima of rows ``first`` and on, [head, query, key]."""
    if step > 1:
        heads, count, keys = pattern.shape
        above, columns = first % step, -(-keys // step)
        rows = -(-(above + count) // step)
        padded = np.zeros((heads, rows * step, columns * step), np.float32)
        padded[:, above : above + count, :keys] = pattern
        pattern = padded.reshape(heads, rows, step, -1).max(axis=2)
        pattern = pattern.reshape(heads, rows, columns, step).max(axis=3)
    row = first // step
    part = cells[:, row : row + pattern.shape[1], : pattern.shape[2]]
    np.maximum(part, pattern, out=part)


def read_head(model: Any, trace: Any, request: ReadHead, seen: Seen) -> HeadRead:
    """A head with what led to its pattern."""
    from vectarium.model import attention
    from vectarium.model.one_token import scaling

    layer, head, first = request.layer, request.head, min(request.first_query, len(trace))
    scores = attention.scores(model, trace, layer, head, first)
    _sound(scores.pattern, layer, first)
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
        made = _sound(attention.scores(model, trace, layer, head).pattern, layer)  # [query, key]
        if request.treatment.hide_sink:
            _hide_first(made)
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
        weights = _sound(row, layer, query)[0, : query + 1]
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
