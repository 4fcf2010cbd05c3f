"""One sampled token."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.context import seen_range
from vectarium.model import forward_pass
from vectarium.model.guesses import Guesser
from vectarium.model.loading import LoadedModel
from vectarium.model.one_token import Form
from vectarium.model.trace import Trace
from vectarium.ranking import rank
from vectarium.sampling import SamplingSettings, Step, take_step


def next_step(
    model: LoadedModel,
    ids: Sequence[int] | NDArray[Any],
    settings: SamplingSettings,
    uniform: float,
    previous: Trace | None = None,
    checkpoint: Checkpoint = unheeded,
    reads: Form | None = None,
    draws: Form | None = None,
    guesser: Guesser | None = None,
    later: Sequence[float] = (),
) -> tuple[Step, Trace]:
    """Draw one token after ``ids``, [token], with a random number in [0, 1); and what it was drawn from.

    ``reads`` computes the last token of the text where that alone is new, ``draws`` the logits. With
    ``guesser`` it may read what comes next at the same time: ``later`` are the random numbers of the tokens
    after this one, as many as will be wanted. The trace
    ends before the drawn token, and begins where `seen_range` says. Raises ValueError for an empty text,
    BrokenLogits when the model gives no distribution, and what `forward_pass.run` raises, to which
    ``checkpoint`` goes.
    """
    if not len(ids):
        raise ValueError("There is no text to continue: the model needs at least one token.")
    start, end = seen_range(len(ids), model.context)
    guess = None
    if guesser is not None and later and reads is draws:
        guess = partial(guesser.guess, ids, start, settings, (uniform, *later[:-1]))
    trace = forward_pass.run(model, ids[start:end], previous, checkpoint, reads, guess)
    logits = forward_pass.logits(model, trace, end - start - 1, draws)
    ranking = rank(logits) if draws is None else draws.rank(logits)
    return take_step(ranking, settings, uniform, ids[start:end]), trace
