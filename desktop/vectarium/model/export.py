"""Write everything a forward pass gave to a file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.model import attention
from vectarium.model.forward_pass import all_logits
from vectarium.model.loading import LoadedModel
from vectarium.model.trace import Trace

_POSITIONS = 64


def write_trace(model: LoadedModel, trace: Trace, file: Path, checkpoint: Checkpoint = unheeded) -> None:
    """Write ``trace`` to a safetensors file, in float32: `logits` [position, vocabulary], `residual`
    [layer + 1, position, width] and `pattern` [layer, head, query, key].

    Written piece by piece, since together they can be larger than memory, and under another name until
    complete. ``checkpoint`` is called between pieces with the share done, and may raise to cancel.
    Raises OSError when the file cannot be written.
    """
    count = len(trace)
    shapes = {
        "logits": (count, model.vocabulary_size),
        "residual": (model.layers + 1, count, model.width),
        "pattern": (model.layers, model.heads, count, count),
    }
    total = sum(4 * math.prod(shape) for shape in shapes.values())
    unfinished = file.with_name(file.name + ".part")
    try:
        with unfinished.open("wb") as stream:
            stream.write(_header(shapes))
            written = 0
            for piece in _pieces(model, trace):
                checkpoint(written / (total or 1))
                stream.write(np.ascontiguousarray(piece, dtype="<f4").data)
                written += 4 * piece.size
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    checkpoint(1.0)


def _pieces(model: LoadedModel, trace: Trace) -> Iterator[NDArray[np.float32]]:
    """The arrays in the order of the header, in pieces of their first axis."""
    for first in range(0, len(trace), _POSITIONS):
        yield all_logits(model, trace, first, min(len(trace), first + _POSITIONS))
    for layer in trace.residual:
        yield layer.float().cpu().numpy()
    for pattern in attention.patterns(model, trace):
        yield pattern.cpu().numpy()


def _header(shapes: dict[str, tuple[int, ...]]) -> bytes:
    """The beginning of a safetensors file: its length in 8 bytes, then JSON padded to a multiple of 8."""
    entries: dict[str, object] = {}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * math.prod(shape)
        entries[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
