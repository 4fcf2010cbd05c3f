"""Forms made ready in one go."""

from collections.abc import Generator
from pathlib import Path
from typing import Any
from unittest import mock

from vectarium.model import forms
from vectarium.model.guesses import MOST, Costs, Draft
from vectarium.model.one_token import FLOAT16, OneToken, in_float32


def prepared(model: Any, exact: bool, memory: Path | None = None, fastest: str | None = FLOAT16) -> OneToken:
    """The form to write in that `forms.to_write_in` comes to where `fastest` was measured; None measures."""
    faster = forms._faster if fastest is None else lambda model, packed: fastest
    with mock.patch.object(forms, "_faster", faster):
        return _finished(forms.to_write_in(model, exact, memory))


def draft(model: Any, form: OneToken | None = None, memory: Path | None = None) -> Draft | None:
    """What to guess with beside `form`, float32 if it is None: whether that pays off here is measured."""
    return _finished(forms.to_guess_with(model, form or in_float32(model), memory))


def draft_at(model: Any, form: OneToken | None, costs: Costs) -> Draft:
    """What to guess with beside `form` where guessing costs that much."""
    with mock.patch.object(forms, "_costs", side_effect=lambda *_: _at_once(costs)):
        found = draft(model, form)
    assert found is not None
    return found


def eager_draft(model: Any, form: OneToken | None = None, guess: float = 0.01) -> Draft:
    """What to guess with where a guess takes that share of a position, and several no more than one."""
    return draft_at(model, form, _costs(guess))


def guesses_that_take(share: float) -> Any:
    """A context in which a guess takes that share of a position, and several no more than one."""
    return mock.patch.object(forms, "_costs", side_effect=lambda *_: _at_once(_costs(share)))


def _costs(guess: float) -> Costs:
    return Costs(guess, (1.0,) * (MOST + 1))


def _at_once(costs: Costs) -> Generator[float, None, Costs]:
    yield 1.0
    return costs


def _finished(preparing: Generator[float, None, Any]) -> Any:
    while True:
        try:
            next(preparing)
        except StopIteration as end:
            return end.value
