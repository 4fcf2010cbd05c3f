"""The form of the weights that the model worker writes with, made ready a little at a time."""

import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

LONGEST_WAIT = 1.0  # seconds


class WritingForm:
    """One loaded model's: float32 until another form is ready."""

    def __init__(self, model: Any, memory: Path | None, reads_anew: Callable[[], object] = float) -> None:
        """`memory` is a file that keeps what was measured.

        `reads_anew` is called when text is read in another way from now on, with other last digits.
        """
        from vectarium.model.one_token import OneToken

        self._model, self._memory, self._reads_anew = model, memory, reads_anew
        self.plain: Any = OneToken(model)
        self.fast: Any = self.plain
        self.draft: Any = None  # Draft, to guess with
        self._choosing: Generator[float | None, None, Any] | None = None
        self._hurries = False
        self._drafting: Generator[float, None, Any] | None = None

    def begin(self, exact: bool) -> None:
        """Choose anew; `go_on` does the work."""
        from vectarium.model.forms import to_write_in

        self.fast, self.draft = self.plain, None
        self._choosing, self._drafting = to_write_in(self._model, exact, self._memory), None

    def go_on(self, checkpoint: Callable[[float], object] = float) -> bool:
        """Some milliseconds of work; whether all is done."""
        try:
            if self._choosing is not None:
                share = next(self._choosing)
                self._hurries = share is not None
                checkpoint(share or 0.0)
            elif self._drafting is not None:
                checkpoint(next(self._drafting))
        except StopIteration as end:
            self._ended(end.value)
        return self._choosing is None and self._drafting is None

    def _ended(self, found: Any) -> None:
        from vectarium.model.forms import to_guess_with, to_read_with

        if self._choosing is not None:
            self.fast, self._choosing = found, None
            before, self.plain = self.plain, to_read_with(self._model, found)
            if before.most != self.plain.most:
                self._reads_anew()
            self._drafting = to_guess_with(self._model, self.fast, self._memory)
        else:
            self.draft, self._drafting = found, None

    def finish(self, checkpoint: Callable[[float], object]) -> None:
        """What is left to do before it is written with: nobody waits for what only guesses.

        Nor long for machine code, which takes seconds to make when there is none yet.
        """
        patience = time.perf_counter() + LONGEST_WAIT
        while self._choosing is not None and (self._hurries or time.perf_counter() < patience):
            self.go_on(checkpoint)
        for form in (self.plain, self.fast):
            form.threads.try_soon()
