"""What the model worker does to write on: one token a turn, and the probabilities of typed tokens."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from vectarium.messages import Generate, Generated, Ids, read_only
from vectarium.messages_writing import Score, Scored, Steer
from vectarium.sampling import Step, rank


class Writer:
    """One text being continued: `turn` draws a token, `wait_ms` says how long it is until the next."""

    def __init__(self, request: Generate) -> None:
        self.request = request
        self._settings, self._pace = request.settings, request.pace
        generator = np.random.PCG64(request.seed)
        generator.advance(request.used)
        self._random = np.random.Generator(generator)
        self._ids: Ids = request.ids
        self._made = 0
        self._begun = self._last = time.perf_counter()
        self._tail = b""

    def steer(self, steered: Steer) -> None:
        """Act on changed settings from the next token on."""
        self._settings, self._pace = steered.settings, steered.pace

    def wait_ms(self) -> int:
        """Milliseconds until the next token is due."""
        if not self._made:
            return 0
        return max(0, round(1000 * (self._last + self._pace - time.perf_counter())))

    def turn(
        self, model: Any, trace: Any, checkpoint: Callable[[float], None]
    ) -> tuple[Generated, Any, str | None]:
        """Draw a token: the reply, the trace it came from, and why it was the last, None if it was not."""
        from vectarium.model.generation import next_step

        numbers = self.request.uniforms
        uniform = numbers[self._made] if self._made < len(numbers) else float(self._random.random())
        step, trace = next_step(model, self._ids, self._settings, uniform, trace, checkpoint)
        self._made += 1
        self._last = time.perf_counter()
        speed = self._made / max(self._last - self._begun, 1e-9)
        reply = Generated(self.request.number, self._ids, step, speed)
        self._ids = read_only(np.append(self._ids, np.int32(step.token_id)))
        return reply, trace, self._why_over(model, step)

    def _why_over(self, model: Any, step: Step) -> str | None:
        if step.token_id == model.vocabulary.end_of_text:
            return "the model ended the text"
        self._tail = (self._tail + model.vocabulary.token_bytes[step.token_id])[-1000:]
        for stop in self.request.stops:
            if stop.encode("utf-8", "surrogateescape") in self._tail:
                return f"stopped at “{stop.strip() or stop!r}”"
        return "" if self._made >= self.request.count else None


def score(model: Any, trace: Any, request: Score, checkpoint: Callable[[float], None]) -> tuple[Scored, Any]:
    """Answer `Score`: every token is judged by what the model would see before it when it writes."""
    from vectarium.model import forward_pass
    from vectarium.model.generation import seen_range

    count = len(request.positions)
    probability, entropy = np.empty(count), np.empty(count)
    ranks = np.empty(count, np.int32)
    for entry, position in enumerate(request.positions.tolist()):
        start, end = seen_range(position, model.context)
        last = max(p for p in request.positions.tolist() if seen_range(p, model.context)[0] == start)
        trace = forward_pass.run(model, request.ids[start:last], trace, checkpoint)
        ranking = rank(forward_pass.logits(model, trace, end - start - 1))
        shares = ranking.model_probability
        place = ranking.rank_of(int(request.ids[position]))
        probability[entry], ranks[entry] = shares[place], place
        positive = shares[shares > 0]
        entropy[entry] = max(0.0, -float(positive @ np.log2(positive)))
        checkpoint((entry + 1) / count)
    found = (probability, ranks, entropy)
    probability, ranks, entropy = (read_only(array) for array in found)
    return Scored(request.number, request.ids, request.positions, probability, ranks, entropy), trace
