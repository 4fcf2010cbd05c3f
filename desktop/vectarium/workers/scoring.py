"""The probabilities of typed tokens, by what the model would see before each of them when it writes."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from vectarium.context import seen_range
from vectarium.messages import Floats, Ids, read_only
from vectarium.messages_futures import ScoreTexts, TextsScored
from vectarium.messages_writing import Score, Scored
from vectarium.ranking import BrokenLogits

AT_ONCE = 64  # tokens that are judged together: the unembedding is read from memory once for all of them


def scores(
    model: Any, trace: Any, request: Score, checkpoint: Callable[[float], None], form: Any = None
) -> Iterator[Scored]:
    """The answer to `Score`, some tokens an item. What `trace` has of the text is not computed again.

    `form` unembeds where it takes so many positions at once.
    """
    from vectarium.model import forward_pass

    ids, count, done = request.ids, len(request.positions), 0

    def start(position: int) -> int:
        return seen_range(position, model.context)[0]

    for first, group in groupby(request.positions.tolist(), key=start):
        positions = np.array(list(group), np.int32)
        trace = forward_pass.run(model, ids[first : first + model.context], trace, checkpoint)
        for begin in range(0, len(positions), AT_ONCE):
            some = positions[begin : begin + AT_ONCE]
            judged = _judged(forward_pass.logits_at(model, trace, some - first - 1, form), ids[some])
            done += len(some)
            checkpoint(done / count)
            yield Scored(request.number, ids, read_only(some), *judged)


def score_texts(
    model: Any, trace: Any, request: ScoreTexts, checkpoint: Callable[[float], None], form: Any = None
) -> TextsScored:
    """Answer `ScoreTexts`, without a trace for others to go on from."""
    found = (
        tuple(scores(model, trace, Score(request.number, ids, positions), checkpoint, form))
        for ids, positions in request.texts
    )
    return TextsScored(request.number, tuple(found))


def _judged(logits: Floats, tokens: Ids) -> tuple[npt.NDArray[np.float64], Ids, npt.NDArray[np.float64]]:
    """Probability, rank and entropy in bits, [entry] each, of `tokens` by `logits`, [entry, vocabulary].

    In float32, summed in pairs: shares of a vocabulary of 50,257 are right to some 2e-6 of themselves,
    entropies to as much of a bit. Raises BrokenLogits.
    """
    probability, entropy = np.empty(len(tokens)), np.empty(len(tokens))
    ranks = np.empty(len(tokens), np.int32)
    for entry, (row, token) in enumerate(zip(logits, tokens.tolist(), strict=True)):
        with np.errstate(invalid="ignore"):
            log_shares = row - row.max()
            shares = np.exp(log_shares)
            total = float(shares.sum())
            shares *= log_shares
            mean = float(shares.sum()) / total
        if not np.isfinite(mean):
            raise BrokenLogits("The model gave logits that are not finite numbers.")
        probability[entry] = np.exp(float(log_shares[token])) / total
        entropy[entry] = max(0.0, (np.log(total) - mean) / np.log(2))
        # Equal logits rank by token id, as in `vectarium.ranking`.
        ahead = np.count_nonzero(row > row[token])
        ranks[entry] = ahead + np.count_nonzero(row[:token] == row[token])
    return read_only(probability), read_only(ranks), read_only(entropy)
