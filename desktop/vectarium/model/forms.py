"""Which form of the weights writes fastest here, and whether guessing pays off: measured once, remembered.

A form that rounds weights is taken only where the user wants speed more than exact numbers.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from vectarium.files import write_atomically
from vectarium.model import one_token, threads
from vectarium.model.guesses import EXPECTED, MOST, Costs, Draft
from vectarium.model.loading import LoadedModel
from vectarium.model.one_token import FLOAT16, FLOAT32, INT8, Linear, Matrices, OneToken

log = logging.getLogger(__name__)

ROUNDS = 9
BLOCKS = 4  # that are measured: of one alone, the processor would keep the weights in its cache
WORTH_IT = 0.9  # of the time that float32 takes
WRONG = 1e-3  # relative error that no rounding to float16 explains
COUNTS = (1, 2, 3, 4, MOST + 1)  # positions at once
PASSES = 5
Pack = Callable[[torch.Tensor, "torch.Tensor | None"], Linear]
ROOM = 4  # times as much memory has to be free


def to_write_in(model: LoadedModel, exact: bool, memory: Path | None) -> Generator[float, None, OneToken]:
    """The model in the form to write in; yields the share done, many times a second.

    With ``exact`` only where that loses nothing against float32. What was measured is remembered in the file
    ``memory``, so that a machine always takes the same form.
    """
    plain = one_token.in_float32(model)
    if model.device != "cpu" or not one_token.can_pack():
        return plain
    lossless = yield from _lossless(model)
    remembered = _read(memory).get(_key(model))
    if (exact and not lossless) or remembered == FLOAT32:
        return plain
    blocks: list[Matrices] = []
    for layer, block in enumerate(model.network.transformer.h):
        blocks.append((yield from _matrices(block, one_token.packed, layer / model.layers)))
        if remembered is None and len(blocks) == min(BLOCKS, model.layers):
            remembered = _faster(model, blocks)
            _remember(memory, _key(model), remembered)
            if remembered == FLOAT32:
                return plain
    unembedding = yield from _unembedding(model, one_token.packed)
    return OneToken(model, FLOAT16, lossless, blocks, unembedding)


def to_guess_with(
    model: LoadedModel, form: OneToken, memory: Path | None
) -> Generator[float, None, Draft | None]:
    """The model in a form to guess with while ``form`` writes, None where that does not pay off.

    Nor where it would leave the computer with little memory. Yields the share done, many times a second;
    the file ``memory`` is as above.
    """
    if model.device != "cpu" or not one_token.can_pack():
        return None
    size = sum(weight.numel() for weight in model.network.parameters())  # bytes, one a weight
    if psutil.virtual_memory().available < ROOM * size:
        log.info("no memory is left for guessing")
        return None
    key = f"guessing for {form.form}; {_key(model)}"
    costs = _costs_from(_read(memory).get(key))
    if costs is not None and not costs.best(EXPECTED):
        return None
    blocks: list[Matrices] = []
    for layer, block in enumerate(model.network.transformer.h):
        blocks.append((yield from _matrices(block, one_token.in_eight_bits, layer / model.layers)))
    unembedding = yield from _unembedding(model, one_token.in_eight_bits)
    eight_bits = OneToken(model, INT8, False, blocks, unembedding)
    if costs is None:
        costs = yield from _costs(model, form, eight_bits)
        _remember(memory, key, [costs.guess, *costs.several])
    return Draft(eight_bits, costs) if costs.best(EXPECTED) else None


def _matrices(block: Any, pack: Pack, share: float) -> Generator[float, None, Matrices]:
    packed: list[Linear] = []
    for conv in one_token.conv1ds(block):
        packed.append(pack(conv.weight.t(), conv.bias))
        yield share
    return Matrices(*packed)


def _unembedding(model: LoadedModel, pack: Pack) -> Generator[float, None, Linear]:
    parts: list[Linear] = []
    for rows in model.network.lm_head.weight.split(one_token.ROWS_AT_ONCE):
        parts.append(pack(rows, None))
        yield 1.0
    return one_token.one_after_the_other(parts)


def _lossless(model: LoadedModel) -> Generator[float, None, bool]:
    weights = [conv.weight for block in model.network.transformer.h for conv in one_token.conv1ds(block)]
    for weight in (*weights, *model.network.lm_head.weight.split(one_token.ROWS_AT_ONCE)):
        if not one_token.loses_nothing(weight):
            return False
        yield 0.0
    return True


@torch.inference_mode()
def _faster(model: LoadedModel, packed: list[Matrices]) -> str:
    """Run the first blocks' matrices both ways, in turn, and compare the best times."""
    plain = [one_token.matrices_in_float32(block) for block in model.network.transformer.h[: len(packed)]]
    width = torch.randn(1, model.width, generator=torch.Generator().manual_seed(0))
    rows = (width, width, width, plain[0].inner(width)) * len(packed)
    ways = [[matrix for block in way for matrix in block.in_order] for way in (plain, packed)]
    for ours, other, row in zip(*ways, rows, strict=True):
        expected = ours(row)
        if not float((other(row) - expected).norm()) <= WRONG * float(expected.norm()):
            log.info("float16 is not right on this machine")
            return FLOAT32
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for way, seconds in zip(ways, times, strict=True):
            begun = time.perf_counter()
            for matrix, row in zip(way, rows, strict=True):
                matrix(row)
            seconds.append(time.perf_counter() - begun)
    in_float32, in_float16 = min(times[0]), min(times[1])
    log.info(
        "%d blocks take %.0f µs in float32, %.0f µs in float16",
        len(packed),
        1e6 * in_float32,
        1e6 * in_float16,
    )
    return FLOAT16 if in_float16 < WORTH_IT * in_float32 else FLOAT32


def _costs(model: LoadedModel, form: OneToken, eight_bits: OneToken) -> Generator[float, None, Costs]:
    """Run all matrices with one row and with several, and in eight bits, and compare the best times."""
    ways = [*((form, count) for count in COUNTS), (eight_bits, 1)]
    seconds: list[list[float]] = [[] for _ in ways]
    for _ in range(PASSES):
        for (way, count), found in zip(ways, seconds, strict=True):
            with torch.inference_mode():
                found.append(_time_of(model, way, count))
            yield 1.0
    one, *others, guess = (min(found) for found in seconds)
    several = np.interp(np.arange(1, MOST + 2), COUNTS, [1.0, *(other / one for other in others)])
    log.info("a guess takes %.2f of a position, so many at once: %s", guess / one, several.round(2))
    return Costs(guess / one, tuple(map(float, several)))


def _time_of(model: LoadedModel, form: OneToken, count: int) -> float:
    threads.take_all()
    width = torch.ones(count, model.width)
    inner = torch.ones(count, model.network.transformer.h[0].mlp.c_proj.weight.shape[0])
    begun = time.perf_counter()
    for block in form.blocks:
        for matrix, rows in zip(block.in_order, (width, width, width, inner), strict=True):
            matrix(rows)
    form.logits(width)
    return time.perf_counter() - begun


# Memory


def _costs_from(remembered: str | list[float] | None) -> Costs | None:
    if isinstance(remembered, list) and len(remembered) == MOST + 2:
        return Costs(remembered[0], tuple(remembered[1:]))
    return None


def _key(model: LoadedModel) -> str:
    """What the speed depends on: the model's shape, the machine and the version of PyTorch."""
    shape = f"{model.layers} × {model.heads} × {model.width}, {model.vocabulary_size} tokens"
    machine = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}, {os.cpu_count()} cores"
    return f"{shape}; {machine}, {threads.ALL} threads; PyTorch {torch.__version__}"


def _read(memory: Path | None) -> dict[str, str | list[float]]:
    """What was measured: forms, and what guessing costs."""
    try:
        content: Any = json.loads(memory.read_text(encoding="utf-8")) if memory is not None else {}
    except (OSError, ValueError):
        return {}
    known = content.items() if isinstance(content, dict) else ()
    return {key: found for key, found in known if found in (FLOAT32, FLOAT16) or _are_costs(found)}


def _are_costs(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(cost, float) and cost > 0 for cost in found)


def _remember(memory: Path | None, key: str, form: str | list[float]) -> None:
    if memory is None:
        return
    try:
        write_atomically(memory, json.dumps(_read(memory) | {key: form}, indent=1))
    except OSError as error:
        log.info("What was measured cannot be kept: %s", error)
