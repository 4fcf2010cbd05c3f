"""Which form of the weights writes fastest here: measured once, and remembered.

A form that rounds weights is taken only where the user wants speed more than exact numbers.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import torch

from vectarium.files import write_atomically
from vectarium.model import one_token, threads
from vectarium.model.loading import LoadedModel
from vectarium.model.one_token import FLOAT16, FLOAT32, Linear, Matrices, OneToken

log = logging.getLogger(__name__)

ROUNDS = 9
BLOCKS = 4  # that are measured: of one alone, the processor would keep the weights in its cache
WORTH_IT = 0.9  # of the time that float32 takes
WRONG = 1e-3  # relative error that no rounding to float16 explains


def prepare(model: LoadedModel, exact: bool, memory: Path | None) -> Generator[float, None, OneToken]:
    """The model in the form to write in; yields the share done, many times a second.

    With ``exact`` only where that loses nothing against float32. What was measured is remembered in the file
    ``memory``, so that a machine always takes the same form and writes the same text.
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
        packed = []
        for conv in one_token.conv1ds(block):
            packed.append(one_token.packed(conv.weight.t(), conv.bias))
            yield layer / model.layers
        blocks.append(Matrices(*packed))
        if remembered is None and len(blocks) == min(BLOCKS, model.layers):
            remembered = _faster(model, blocks)
            _remember(memory, _key(model), remembered)
            if remembered == FLOAT32:
                return plain
    parts: list[Linear] = []
    for rows in model.network.lm_head.weight.split(one_token.ROWS_AT_ONCE):
        parts.append(one_token.packed(rows, None))
        yield 1.0
    unembedding = one_token.one_after_the_other(parts)
    return OneToken(model, FLOAT16, lossless, blocks, unembedding)


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


# Memory


def _key(model: LoadedModel) -> str:
    """What the speed depends on: the model's shape, the machine and the version of PyTorch."""
    shape = f"{model.layers} × {model.heads} × {model.width}, {model.vocabulary_size} tokens"
    machine = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}, {os.cpu_count()} cores"
    return f"{shape}; {machine}, {threads.ALL} threads; PyTorch {torch.__version__}"


def _read(memory: Path | None) -> dict[str, str]:
    try:
        content: Any = json.loads(memory.read_text(encoding="utf-8")) if memory is not None else {}
    except (OSError, ValueError):
        return {}
    known = content.items() if isinstance(content, dict) else ()
    return {key: form for key, form in known if form in (FLOAT32, FLOAT16)}


def _remember(memory: Path | None, key: str, form: str) -> None:
    if memory is None:
        return
    try:
        write_atomically(memory, json.dumps(_read(memory) | {key: form}, indent=1))
    except OSError as error:
        log.info("What was measured cannot be kept: %s", error)
