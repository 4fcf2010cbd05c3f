"""All heads of a text at once: thumbnails of their patterns, and what each head does."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from vectarium.attention.head_measures import FIRST_TOKEN
from vectarium.messages import Ids, read_only
from vectarium.messages_attention import HeadsRead, ReadHeads, Seen, Treatment
from vectarium.words import by_words
from vectarium.workers.attention import hide_first, sound

CELLS = 64  # a side, at most: as many as a thumbnail has pixels
BATCH_SECONDS = 0.08
TURN_SECONDS = 0.015  # after which other questions get their turn
AT_ONCE = 2**19  # weights that are made, measured and reduced together
ROWS = 64  # of them, at most: of many rows from the same token on, half would be empty


@dataclass
class _Known:
    """All heads' thumbnails of one text, kept so that an edit needs only the rows from where it begins."""

    model: Any
    treatment: Treatment
    ids: Ids  # [token] that the model sees
    places: int  # tokens or words
    a_cell: int  # of them
    cells: npt.NDArray[np.float32]  # [layer, head, CELLS, CELLS]
    rows: npt.NDArray[np.float64]  # [measure, layer, head, query]

    def shared(self, model: Any, ids: Ids, treatment: Treatment, a_cell: int) -> int:
        """How many tokens begin both texts, if what is known of them holds for `ids` too."""
        if self.model is not model or self.treatment != treatment or self.a_cell != a_cell:
            return 0
        shorter = min(len(ids), len(self.ids))
        different = np.flatnonzero(ids[:shorter] != self.ids[:shorter])
        return int(different[0]) if different.size else shorter


class HeadReader:
    """Reads all heads, a stretch of a layer's patterns at a time: no more of them is held."""

    def __init__(self) -> None:
        self._known: _Known | None = None

    def read(
        self, model: Any, trace: Any, request: ReadHeads, seen: Seen, checkpoint: Callable[[float], None]
    ) -> Iterator[HeadsRead | None]:
        """Some layers an item; None where other questions get their turn in between."""
        from vectarium.model import attention, threads
        from vectarium.model.behaviour import Rows, average

        ids, count, treatment = trace.ids, len(trace), request.treatment
        starts = model.vocabulary.word_starts(ids) if treatment.words else np.arange(count)  # [place]
        places = len(starts)
        a_cell = max(1, -(-places // CELLS))
        cells = np.zeros((model.layers, model.heads, CELLS, CELLS), np.float32)
        rows = np.full((7, model.layers, model.heads, count), np.nan)
        first_place = self._first_place(model, ids, treatment, starts, a_cell)
        if known := self._known if first_place else None:
            first, kept = int(np.append(starts, count)[first_place]), -(-first_place // a_cell)
            cells[:, :, :kept] = known.cells[:, :, :kept]
            rows[..., :first] = known.rows[..., :first]
        stretches = _stretches(starts, first_place, a_cell, count, model.heads)
        hidden = int(treatment.hide_sink)  # the first token is no part of what is measured
        measured = {
            place: Rows(ids[hidden:end], max(0, first - hidden)) for place, _, first, end in stretches
        }
        size = -(-places // a_cell)
        sent, told = 0, monotonic()
        turn = told
        weights = model.heads * max(1, count - stretches[0][2]) * count if stretches else 1
        # Of a few new rows, looking things up takes longer than what is done with them.
        for layers in _some(model.layers, max(1, AT_ONCE // weights)):
            checkpoint(layers.start / model.layers)
            for place, stop, first, end in stretches:
                if monotonic() - turn > TURN_SECONDS:
                    yield None
                    turn = monotonic()
                # Of steps as small as these threads wait for one another; what came in between took more.
                threads.take_for((end - first) * end * model.width * len(layers))
                patterns = attention.patterns_of(model, trace, layers, first, end)
                for layer, pattern in zip(layers, patterns, strict=True):
                    sound(pattern, layer, first)
                heads = patterns.flatten(end_dim=1)
                sink = hide_first(heads) if treatment.hide_sink else None
                shown = heads.cpu().numpy()
                found = _measured(measured[place], shown, first, sink)
                into = rows[:, layers.start : layers.stop, :, first:end]
                into[:] = found.reshape(into.shape)
                shown = by_words(shown, starts[:stop], first) if treatment.words else shown
                _reduce(shown, place, a_cell, cells[layers.start : layers.stop].reshape(-1, CELLS, CELLS))
            done = layers.stop == model.layers
            if not done and monotonic() - told < BATCH_SECONDS:
                continue
            part = slice(sent, layers.stop)
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
            sent, told = layers.stop, monotonic()
            turn = told

    def _first_place(
        self, model: Any, ids: Ids, treatment: Treatment, starts: npt.NDArray[np.int64], a_cell: int
    ) -> int:
        """The first token, or word, of which something is not known."""
        known = self._known
        shared = 0 if known is None else known.shared(model, ids, treatment, a_cell)
        if known is None or not shared:
            return 0
        if shared == len(known.ids) and (shared == len(ids) or not treatment.words):
            return known.places
        # The last word they share may have grown or lost its end, and its cells be too large by now.
        return int(np.searchsorted(starts, shared - 1, side="right") - 1) // a_cell * a_cell


def _some(layers: int, at_once: int) -> Iterator[range]:
    return (range(first, min(first + at_once, layers)) for first in range(0, layers, at_once))


def _stretches(
    starts: npt.NDArray[np.int64], place: int, a_cell: int, count: int, heads: int
) -> list[tuple[int, int, int, int]]:
    """The places from `place` on, cut where cells end: from which to which place, from which to which token.

    The patterns of one stretch stay in a processor's cache: ``rows · (first + rows)`` weights a head.
    """
    places, edges = len(starts), np.append(starts, count)
    found = []
    while place < places:
        first = int(edges[place])
        tokens = min(ROWS, (math.isqrt(first**2 + 4 * AT_ONCE // heads) - first) // 2)
        stop = int(np.searchsorted(edges, first + tokens, side="right")) - 1
        if stop < places:
            stop = min(places, max(stop // a_cell, place // a_cell + 1) * a_cell)
        found.append((place, stop, first, int(edges[stop])))
        place = stop
    return found


def _measured(
    measured: Any, pattern: npt.NDArray[np.float32], first: int, sink: npt.NDArray[np.float32] | None
) -> npt.NDArray[np.float64]:
    """The measures of the rows from ``first`` on, which ``measured`` knows: [measure, head, query - first].

    Without the first token, whose weights ``sink`` [head, query - first] holds, they are those of the text
    that begins with the second one; its own measure is what was hidden.
    """
    if sink is None:
        rows: npt.NDArray[np.float64] = measured.measure(pattern)
        return rows
    skipped = 1 if first == 0 else 0
    rows = np.full((7, *sink.shape), np.nan)
    rows[..., skipped:] = measured.measure(pattern[:, skipped:, 1:])
    rows[:, pattern.sum(axis=-1) == 0] = np.nan  # nothing is left to be measured
    rows[FIRST_TOKEN, :, skipped:] = sink[:, skipped:]
    return rows


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
