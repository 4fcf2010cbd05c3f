"""Vectarium's own model code as the worker uses it, with everything captured that the panes show."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Write = Callable[[list[int], int], list[int]]


def writer_in(folder: Path, form: str, costs: Any = None) -> Write:
    """`writer` of the model in `folder`, with weights of the number type `form`.

    With `costs`, those of guessing, it guesses tokens ahead.
    """
    from ready_forms import draft_at
    from vectarium.model.guesses import Guesser

    model = load(folder)
    ready = forms(model)[form]
    return writer(model, ready, Guesser(draft_at(model, ready, costs)) if costs is not None else None)


def guesser(model: Any, form: Any) -> Any:
    """What guesses tokens ahead; None where the measurement of this moment says that it does not pay off."""
    from ready_forms import draft
    from vectarium.model.guesses import Guesser

    found = draft(model, form)
    return Guesser(found) if found is not None else None


def writer(model: Any, form: Any = None, guesses: Any = None) -> Write:
    """Continues a prompt by the most likely token, with the weights in `form`, float32 if it is None.

    It reads the prompt as the app does, in float32.
    Each token's whole distribution is ranked, and its residual stream and every head's new attention row are
    there.
    """
    from vectarium.model import attention, forms, generation
    from vectarium.model.guesses import MOST
    from vectarium.sampling import SamplingSettings

    settings = SamplingSettings(temperature=0.0)
    reader = form and forms.to_read_with(model, form)

    def write(prompt: list[int], count: int) -> list[int]:
        ids, trace = np.array(prompt + count * [0], np.int32), None
        for end in range(len(prompt), len(ids)):
            later = (0.5,) * min(MOST, len(ids) - end - 1)
            reads = reader if trace is None else form
            step, trace = generation.next_step(
                model, ids[:end], settings, 0.5, trace, reads=reads, draws=form, guesser=guesses, later=later
            )
            rows = trace.store.patterns_of(len(trace) - 1)
            if rows is None:  # of the prompt's last token
                made = attention.patterns(model, trace, first_query=len(trace) - 1)
                rows = np.stack([layer[:, 0].numpy() for layer in made])
            assert rows.shape == (model.layers, model.heads, end)
            ids[end] = step.token_id
        assert trace is not None
        assert trace.residual.shape[:2] == (model.layers + 1, len(ids) - 1)
        return ids[len(prompt) :].tolist()

    return write


def load(folder: Path) -> Any:
    from vectarium.model import loading

    return loading.load(str(folder), "cpu")


def forms(model: Any) -> dict[str, Any]:
    """The forms of the weights to write in, by number type, whichever this machine would choose."""
    from ready_forms import prepared
    from vectarium.model.one_token import FLOAT16, FLOAT32

    return {form: prepared(model, exact=False, fastest=form) for form in (FLOAT32, FLOAT16)}


def choice(model: Any) -> str:
    """The form that a measurement of this moment chooses where speed is preferred to exact numbers."""
    from ready_forms import prepared

    return prepared(model, exact=False, fastest=None).form


def searcher() -> Callable[[int], list[int]]:
    """Finds so many points of a space of GPT-2's size, nearest to the sum of two of them by cosine."""
    from benchmarks import shapes
    from vectarium.vectors.neighbours import Nearness
    from vectarium.vectors.spaces import Kind, make_space

    vectors = shapes.embedding()
    words = [f"w{row}" for row in range(len(vectors))]
    space, query = make_space("tokens", Kind.TOKENS, words, vectors), vectors[3] + vectors[5]
    return lambda count: Nearness(space, query).nearest(count).rows.tolist()
