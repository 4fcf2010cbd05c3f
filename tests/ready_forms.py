"""A form made ready in one go."""

from pathlib import Path
from typing import Any
from unittest import mock

from vectarium.model import forms
from vectarium.model.one_token import FLOAT16, OneToken


def prepared(model: Any, exact: bool, memory: Path | None = None, fastest: str | None = FLOAT16) -> OneToken:
    """What `forms.prepare` comes to where `fastest` was measured; None measures."""
    preparing = forms.prepare(model, exact, memory)
    faster = forms._faster if fastest is None else lambda model, packed: fastest
    with mock.patch.object(forms, "_faster", faster):
        while True:
            try:
                next(preparing)
            except StopIteration as end:
                return end.value
