"""The form of the weights that the model worker writes with, made ready a little at a time."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any


class WritingForm:
    """One loaded model's: float32 until another form is ready."""

    def __init__(self, model: Any, memory: Path | None) -> None:
        """`memory` is a file that keeps what was measured."""
        from vectarium.model.one_token import in_float32

        self._model, self._memory = model, memory
        self.plain: Any = in_float32(model)
        self.fast: Any = self.plain
        self.draft: Any = None  # Draft, to guess with
        self._preparing: Generator[float, None, Any] | None = None

    def begin(self, exact: bool) -> None:
        """Choose anew; `go_on` does the work."""
        from vectarium.model.forms import prepare

        self.fast, self.draft = self.plain, None
        self._preparing = prepare(self._model, exact, self._memory)

    def go_on(self, checkpoint: Callable[[float], object] = float) -> bool:
        """Some milliseconds of work; whether all is done."""
        if self._preparing is not None:
            try:
                checkpoint(next(self._preparing))
            except StopIteration as end:
                (self.fast, self.draft), self._preparing = end.value, None
        return self._preparing is None

    def finish(self, checkpoint: Callable[[float], object]) -> None:
        """All of what is left to do before it is written with."""
        while not self.go_on(checkpoint):
            pass
        for form in (self.plain, self.fast):
            form.threads.try_soon()
