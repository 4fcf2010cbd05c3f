"""Which form of the weights writes fastest here, and whether guessing pays off: measured once, remembered.

A form that rounds weights is taken only where the user wants speed more than exact numbers.
"""

from __future__ import annotations

import json
import logging
import math
import os
import platform
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import torch
from numpy.typing import NDArray

from vectarium.files import write_atomically
from vectarium.model import threads
from vectarium.model.guesses import EXPECTED, MOST, Costs, Draft
from vectarium.model.loading import LoadedModel
from vectarium.model.memory import Memory
from vectarium.model.one_token import FLOAT16, FLOAT32, INT8, Form, OneToken, conv1ds
from vectarium.model.trace import Store

if TYPE_CHECKING:
    from vectarium.model.compiled import Compiled
    from vectarium.model.crew import Crew

log = logging.getLogger(__name__)

PYTORCH = "PyTorch"
"""Float32, without machine code of our own."""
COMPILED = "vectarium.model.compiled"
ROUNDS = 5
WORTH_IT = 0.9  # of the time that float32 takes, for twice the memory
WRONG = 0.02  # relative error that no rounding to float16 explains
COUNTS = (1, 2, 4, MOST + 1)  # positions at once
BEFORE = 16  # positions that those of a measurement see
ROWS_AT_ONCE = 4096  # of a matrix that is looked at: some milliseconds
LOOKS = 0.005  # seconds between two looks at what another thread does
ROOM = 4  # bytes a weight that have to be free


def to_write_in(model: LoadedModel, exact: bool, memory: Path | None) -> Generator[float | None, None, Form]:
    """The model in the form to write in; yields the share done, many times a second.

    None while it waits for machine code: asking more often does not make that go faster.

    With ``exact`` only where that loses nothing against float32. What was measured is remembered in the file
    ``memory``, so that a machine always takes the same form.
    """
    if not (yield from _compiled(model)):
        return OneToken(model)
    from vectarium.machine_code import tiles
    from vectarium.model.crew import Crew

    crew = Crew(threads.ALL, model.layers)
    lossless = yield from _lossless(model)
    fit = [PYTORCH, FLOAT32]
    if tiles.TAKES_FLOAT16 and (lossless or not exact) and _has_room(model):
        fit.append(FLOAT16)
    key = f"{' or '.join(fit)}; {_key(model)}"
    fastest = _read(memory).get(key)
    if fastest not in fit:
        fastest = yield from _fastest(model, fit, lossless, crew)
        _remember(memory, key, fastest)
    if fastest == PYTORCH:
        return OneToken(model)
    return (yield from _ready(model, str(fastest), fastest == FLOAT32 or lossless, crew))


def to_read_with(model: LoadedModel, form: Form) -> Form:
    """What reads text that was typed, in float32, while ``form`` writes: machine code where that does."""
    if form.form == FLOAT32:
        return form
    from vectarium.model.compiled import Compiled

    assert isinstance(form, Compiled)
    making = _ready(model, FLOAT32, True, form.crew)
    while True:  # nothing is copied, which is all that takes time
        try:
            next(making)
        except StopIteration as end:
            reader: Form = end.value
            return reader


def to_guess_with(
    model: LoadedModel, form: Form, memory: Path | None
) -> Generator[float, None, Draft | None]:
    """The model in a form to guess with while ``form`` writes, None where that does not pay off.

    Nor where it would leave the computer with little memory, or ``form`` reads one position at a time. Yields
    the share done, many times a second; the file ``memory`` is as above.
    """
    if isinstance(form, OneToken):
        return None
    from vectarium.model.compiled import Compiled

    assert isinstance(form, Compiled)
    if not _has_room(model):
        return None
    key = f"guessing for {form.form}; {_key(model)}"
    costs = _costs_from(_read(memory).get(key))
    if costs is not None and not costs.best(EXPECTED):
        return None
    eight_bits = yield from _ready(model, INT8, False, form.crew)
    if costs is None:
        costs = yield from _costs(model, form, eight_bits)
        _remember(memory, key, [costs.guess, *costs.several])
    return Draft(eight_bits, costs) if costs.best(EXPECTED) else None


def _has_room(model: LoadedModel) -> bool:
    """Whether there is memory for a copy of the weights in fewer bytes, and for other programs."""
    size = sum(weight.numel() for weight in model.network.parameters())
    if psutil.virtual_memory().available < ROOM * size:
        log.info("no memory is left for a copy of the weights")
        return False
    return True


def _compiled(model: LoadedModel) -> Generator[None, None, bool]:
    """Whether there is machine code for the model, which takes seconds to make the first time."""
    if model.device != "cpu":
        return False
    making = threading.Thread(target=_make, daemon=True, name="machine code")
    making.start()
    while making.is_alive():
        making.join(LOOKS)
        yield None
    try:
        found = import_module(COMPILED)
    except Exception:  # whatever goes wrong there, PyTorch does it too
        log.exception("There is no machine code for this computer")
        return False
    return bool(found.can_compile(model))


def _make() -> None:
    with suppress(Exception):  # `_compiled` will meet it as well
        from vectarium.machine_code.compiling import fill_cache

        fill_cache()
        import_module(COMPILED)


def _ready(model: LoadedModel, form: str, exact: bool, crew: Crew) -> Generator[float, None, Compiled]:
    """The model in machine code, with its matrices in a form."""
    from vectarium.model.compiled import Compiled, Matrix, as_it_is, packed

    memory = Memory()

    def matrix(
        weight: torch.Tensor, bias: torch.Tensor | None, share: float
    ) -> Generator[float, None, Matrix]:
        if form == FLOAT32:
            return as_it_is(weight, bias)
        return (yield from packed(memory, weight, bias, form, share))

    blocks: list[list[Matrix]] = []
    for layer, block in enumerate(model.network.transformer.h):
        blocks.append([])
        for conv in conv1ds(block):
            blocks[-1].append((yield from matrix(conv.weight.t(), conv.bias, layer / model.layers)))
    unembedding = yield from matrix(model.network.lm_head.weight, None, 1.0)
    return Compiled(model, form, exact, blocks, unembedding, crew)


def _lossless(model: LoadedModel) -> Generator[float, None, bool]:
    """Whether every matrix is the same in float16."""
    weights = [conv.weight.t() for block in model.network.transformer.h for conv in conv1ds(block)]
    for weight in (*weights, model.network.lm_head.weight):
        for some in weight.split(ROWS_AT_ONCE):
            if not torch.equal(some.half().to(some.dtype), some):
                return False
            yield 0.0
    return True


def _fastest(
    model: LoadedModel, forms: Sequence[str], lossless: bool, crew: Crew
) -> Generator[float, None, str]:
    """Read a position in every form, in turns, and compare the best times."""
    ready: dict[str, Form] = {PYTORCH: OneToken(model)}
    for name in forms:
        if name != PYTORCH:
            ready[name] = yield from _ready(model, name, lossless, crew)
    store = _some_positions(model)
    expected = _logits(ready[PYTORCH], store, 1)
    for name in list(ready):
        wrong = np.linalg.norm(_logits(ready[name], store, 1) - expected)
        if not wrong <= WRONG * np.linalg.norm(expected):
            log.info("%s is not right on this machine", name)
            del ready[name]
        yield 1.0
    seconds = yield from _best_times(store, [(form, 1) for form in ready.values()])
    times = dict(zip(ready, seconds, strict=True))
    log.info("seconds that a position takes: %s", times)
    fastest = min((PYTORCH, FLOAT32), key=lambda name: times.get(name, math.inf))
    if times.get(FLOAT16, math.inf) < WORTH_IT * times.get(fastest, 0.0):
        return FLOAT16
    return fastest


def _costs(model: LoadedModel, form: Compiled, eight_bits: Compiled) -> Generator[float, None, Costs]:
    """Read one position and several, and one in eight bits, in turns, and compare the best times."""
    ways = [*((form, count) for count in COUNTS), (eight_bits, 1)]
    one, *others, guess = yield from _best_times(_some_positions(model), ways)
    several = np.interp(np.arange(1, MOST + 2), COUNTS, [1.0, *(other / one for other in others)])
    log.info("a guess takes %.2f of a position, so many at once: %s", guess / one, several.round(2))
    return Costs(guess / one, tuple(map(float, several)))


def _some_positions(model: LoadedModel) -> Store:
    store = Store(model, min(model.context, BEFORE + MOST + 1))
    store.heads.zero_()
    return store


def _best_times(store: Store, ways: Sequence[tuple[Form, int]]) -> Generator[float, None, list[float]]:
    """Seconds that reading so many positions takes with each form."""
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for (form, count), found in zip(ways, seconds, strict=True):
            begun = time.perf_counter()
            _logits(form, store, count)
            found.append(time.perf_counter() - begun)
            yield 1.0
    return [min(found) for found in seconds]


@torch.inference_mode()
def _logits(form: Form, store: Store, count: int) -> NDArray[np.float32]:
    """What a form makes of so many positions after `BEFORE` others, as far as there is room for them."""
    form.threads.take()
    count = min(count, store.capacity)
    start = min(BEFORE, store.capacity - count)
    found = form.read(store.residual, store.heads, [0] * count, start)
    return form.logits(store.residual[-1, start : start + count]) if found is None else found.logits


# Memory


def _costs_from(remembered: str | list[float] | None) -> Costs | None:
    if isinstance(remembered, list) and len(remembered) == MOST + 2:
        return Costs(remembered[0], tuple(remembered[1:]))
    return None


def _key(model: LoadedModel) -> str:
    """What the speed depends on: the model's shape, the machine, and what computes there."""
    from vectarium.machine_code.compiling import EDITION

    shape = f"{model.layers} × {model.heads} × {model.width}, {model.vocabulary_size} tokens"
    machine = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}, {os.cpu_count()} cores"
    libraries = f"PyTorch {torch.__version__}, Numba {metadata.version('numba')} of {EDITION}"
    return f"{shape}; {machine}, {threads.ALL} threads; {libraries}"


def _read(memory: Path | None) -> dict[str, str | list[float]]:
    """What was measured: forms, and what guessing costs."""
    try:
        content: Any = json.loads(memory.read_text(encoding="utf-8")) if memory is not None else {}
    except (OSError, ValueError):
        return {}
    known = content.items() if isinstance(content, dict) else ()
    return {key: found for key, found in known if found in (PYTORCH, FLOAT32, FLOAT16) or _are_costs(found)}


def _are_costs(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(cost, float) and cost > 0 for cost in found)


def _remember(memory: Path | None, key: str, form: str | list[float]) -> None:
    if memory is None:
        return
    try:
        write_atomically(memory, json.dumps(_read(memory) | {key: form}, indent=1))
    except OSError as error:
        log.info("What was measured cannot be kept: %s", error)
