"""Forms made ready in one go, and texts that they read."""

import contextlib
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from vectarium.model import forms
from vectarium.model.forward_pass import run
from vectarium.model.guesses import MOST, Costs, Draft
from vectarium.model.one_token import FLOAT16, FLOAT32, Form


def prepared(model: Any, exact: bool, memory: Path | None = None, fastest: str | None = FLOAT16) -> Form:
    """The form to write in that `forms.to_write_in` comes to where `fastest` is measured to be so.

    Where it is not to choose from, float32 is. None measures.
    """
    with contextlib.nullcontext() if fastest is None else fastest_is(fastest):
        return _finished(forms.to_write_in(model, exact, memory))


def fastest_is(form: str) -> Any:
    """A context in which a measurement finds a form to be the fastest, where it is to choose from."""

    def found(model: Any, fit: Sequence[str], *_: Any) -> Generator[float, None, str]:
        yield 1.0
        return form if form in fit else FLOAT32

    return mock.patch.object(forms, "_fastest", found)


def draft(model: Any, form: Form | None = None, memory: Path | None = None) -> Draft | None:
    """What to guess with beside `form`, float32 if it is None: whether that pays off here is measured."""
    return _finished(forms.to_guess_with(model, form or prepared(model, True, fastest=FLOAT32), memory))


def draft_at(model: Any, form: Form | None, costs: Costs) -> Draft:
    """What to guess with beside `form` where guessing costs that much."""
    with mock.patch.object(forms, "_costs", _always(costs)):
        found = draft(model, form)
    assert found is not None
    return found


def eager_draft(model: Any, form: Form | None = None, guess: float = 0.01) -> Draft:
    """What to guess with where a guess takes that share of a position, and several no more than one."""
    return draft_at(model, form, _costs(guess))


def guesses_that_take(share: float) -> Any:
    """A context in which a guess takes that share of a position, and several no more than one."""
    return mock.patch.object(forms, "_costs", _always(_costs(share)))


def some_ids(model: Any, count: int) -> Any:
    return np.random.default_rng(count).integers(0, model.vocabulary_size, count)


def grown(model: Any, ids: Any, given: int, form: Form | None) -> Any:
    """The trace of tokens of which ``given`` are read at once and the others one by one, by `form`."""
    trace = run(model, ids[:given]) if given else None
    for end in range(given + 1, len(ids) + 1):
        trace = run(model, ids[:end], trace, one_token=form)
    return trace


def _costs(guess: float) -> Costs:
    return Costs(guess, (1.0,) * (MOST + 1))


def _always(costs: Costs) -> Callable[..., Generator[float, None, Costs]]:
    # A mock would keep the models that it was called with.
    def found(*_: Any) -> Generator[float, None, Costs]:
        yield 1.0
        return costs

    return found


def _finished(preparing: Generator[float, None, Any]) -> Any:
    while True:
        try:
            next(preparing)
        except StopIteration as end:
            return end.value
