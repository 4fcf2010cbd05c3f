"""Writing on: one sampled token at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.model import forward_pass
from vectarium.model.forward_pass import Trace
from vectarium.model.loading import LoadedModel
from vectarium.sampling import SamplingSettings, Step, take_step


def seen_range(count: int, context: int) -> tuple[int, int]:
    """The tokens, from start to end - 1, that a model sees at the end of a text of ``count`` tokens.

    All of them while they fit into its context. Beyond that the oldest drop out, a quarter of the context
    at a time, so that the model always sees at least three quarters of its context, and the pass runs anew
    once a quarter instead of once a token. The same text is always seen in the same way, typed or generated.
    """
    hop = max(1, context // 4)
    start = -(-max(0, count - context) // hop) * hop
    return start, count


def generate(
    model: LoadedModel,
    ids: Sequence[int] | NDArray[Any],
    settings: SamplingSettings | Callable[[], SamplingSettings],
    seed: int,
    previous: Trace | None = None,
    limit: int | None = None,
    checkpoint: Checkpoint = unheeded,
) -> Iterator[tuple[Step, Trace]]:
    """Continue ``ids``, [token], one token a turn: how it was drawn, and the trace it was drawn from.

    The trace ends before the drawn token, and begins where `seen_range` says. ``settings`` are asked for
    every token when they are a function. The random numbers come from numpy's PCG64: the same seed on the
    same device gives the same text. Stops after the end-of-text token or ``limit`` tokens.

    Raises ValueError for an empty text, BrokenLogits when the model gives no distribution, and what
    `forward_pass.run` raises, to which ``checkpoint`` goes.
    """
    text = [int(token) for token in ids]
    random = np.random.Generator(np.random.PCG64(seed))
    trace = previous
    made = 0
    while limit is None or made < limit:
        now = settings() if callable(settings) else settings
        step, trace = next_step(model, text, now, float(random.random()), trace, checkpoint)
        yield step, trace
        made += 1
        if step.token_id == model.vocabulary.end_of_text:
            return
        text.append(step.token_id)


def next_step(
    model: LoadedModel,
    ids: Sequence[int] | NDArray[Any],
    settings: SamplingSettings,
    uniform: float,
    previous: Trace | None = None,
    checkpoint: Checkpoint = unheeded,
) -> tuple[Step, Trace]:
    """Draw one token after ``ids``, [token], with a random number in [0, 1); and what it was drawn from.

    Raises what `generate` raises.
    """
    if not len(ids):
        raise ValueError("There is no text to continue: the model needs at least one token.")
    start, end = seen_range(len(ids), model.context)
    trace = forward_pass.run(model, ids[start:end], previous, checkpoint)
    return take_step(forward_pass.logits(model, trace, end - start - 1), settings, uniform), trace
