"""What the model worker does to write on, one token a turn."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from vectarium.context import seen_range
from vectarium.messages import Generate, Generated, Ids, read_only
from vectarium.messages_writing import Steer
from vectarium.sampling import Step

LEFT_KEPT = 64  # tokens for which questions may still be about what was read before the oldest dropped out
LONGEST_WAIT_MS = 100  # a slow pace looks this often whether it is still wanted


class Writer:
    """One text being continued: `turn` draws a token, `wait_ms` says how long it is until the next."""

    def __init__(self, request: Generate, earlier: "Writer | None" = None) -> None:
        """`earlier` is who wrote before, perhaps the beginning of this text."""
        self.request = request
        if earlier is not None and not earlier.wrote(request.ids):
            earlier = None
        self._prompt: int = len(request.ids) if earlier is None else earlier._prompt
        self._trace: Any = None if earlier is None else earlier._trace
        self._left: Any = None  # trace
        self._left_since = 0  # tokens
        self._settings, self._pace = request.settings, request.pace
        generator = np.random.PCG64(request.seed)
        generator.advance(request.used)
        self._random = np.random.Generator(generator)
        self._coming: list[float] = []  # random numbers of the next tokens
        self._guesser: Any = None  # Guesser
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

    def wrote(self, ids: Ids) -> bool:
        """Whether `ids` end within what was written here."""
        return self._prompt < len(ids) <= len(self._ids) and np.array_equal(ids, self._ids[: len(ids)])

    def __len__(self) -> int:
        """How many tokens the text has by now."""
        return len(self._ids)

    @property
    def exact(self) -> bool:
        """Whether rounded weights gave nothing of what was read here."""
        return all(trace is None or trace.exact for trace in (self._trace, self._left))

    def nearer(self, trace: Any, seen: Ids) -> Any:
        """Of `trace` and what was written from, the one to read the tokens `seen` from.

        After a question about another text, several tokens at once would be read otherwise, and in float32,
        which changes the last digits. When the oldest tokens have dropped out of sight, all that the model
        still sees is read anew: questions that were asked before need not have that done once more.
        """
        own, left = self._trace, self._left
        if left is not None and np.array_equal(left.ids[: len(seen)], seen):
            return left
        if own is None or not np.array_equal(own.ids[: len(seen)], seen[: len(own)]):
            return trace
        return trace if trace is not None and np.array_equal(trace.ids[: len(own)], own.ids) else own

    def turn(
        self, model: Any, trace: Any, checkpoint: Callable[[float], None], form: Any = None
    ) -> tuple[Generated, Any, str | None]:
        """Draw a token: the reply, the trace it came from, and why it was the last, None if it was not.

        With a `WritingForm`, tokens that were written are read in its form, and those of the prompt in
        float32: the same text is then continued in the same way whatever was looked at in between.
        """
        from vectarium.model.generation import next_step

        # At a slow pace there is nothing to gain.
        uniform, *later = self._uniforms(None if form is None or self._pace else form.draft)
        trace = self.nearer(trace, self._ids[seen_range(len(self._ids), model.context)[0] :])
        reads, draws = (None, None) if form is None else (form.plain, form.fast)
        if self.wrote(self._ids):
            reads = draws
        step, trace = next_step(
            model, self._ids, self._settings, uniform, trace, checkpoint, reads, draws, self._guesser, later
        )
        self._keep_left(trace)
        self._trace = trace
        self._made += 1
        del self._coming[0]
        self._last = time.perf_counter()
        speed = self._made / max(self._last - self._begun, 1e-9)
        reply = Generated(self.request.number, (step,), speed)
        self._ids = read_only(np.append(self._ids, np.int32(step.token_id)))
        return reply, trace, self._why_over(model, step)

    def _uniforms(self, draft: Any) -> list[float]:
        """The random number of the next token; where tokens are guessed, those of the next ones too."""
        from vectarium.model.guesses import MOST, Guesser

        wanted = 1
        if draft is not None:
            wanted = min(1 + MOST, self.request.count - self._made)
            if self._guesser is None or self._guesser.draft is not draft:
                self._guesser = Guesser(draft)
        given = self.request.uniforms
        while len(self._coming) < wanted:
            place = self._made + len(self._coming)
            self._coming.append(given[place] if place < len(given) else float(self._random.random()))
        return self._coming[:wanted]

    def _keep_left(self, trace: Any) -> None:
        """Remember for a while what was read, when `trace`, the next one, begins later."""
        self._left_since += 1
        if self._trace is not None and not np.array_equal(trace.ids[: len(self._trace)], self._trace.ids):
            self._left, self._left_since = self._trace, 0
        elif self._left_since > LEFT_KEPT:
            self._left = None

    def _why_over(self, model: Any, step: Step) -> str | None:
        if step.token_id == model.vocabulary.end_of_text:
            return "the model ended the text"
        self._tail = (self._tail + model.vocabulary.token_bytes[step.token_id])[-1000:]
        for stop in self.request.stops:
            if stop.encode("utf-8", "surrogateescape") in self._tail:
                return f"stopped at “{stop.strip() or repr(stop)}”"
        return "" if self._made >= self.request.count else None
