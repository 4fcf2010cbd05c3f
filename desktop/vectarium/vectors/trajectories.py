"""Tokens of texts as paths through the layers of the residual stream."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.vectors.arrays import Floats, VectorError
from vectarium.vectors.axes import Axis, component_axes, project
from vectarium.vectors.pca import principal_components


@dataclass(frozen=True, eq=False)
class ResidualStream:
    """The residual stream of one text: before the first block (layer 0), then after each."""

    text: str
    words: tuple[str, ...]  # [position]
    residual: NDArray[np.floating[Any]]  # [layer + 1, position, dim]


@dataclass(frozen=True, eq=False)
class Path:
    """One token on its way through the layers."""

    text: int  # which of the texts
    position: int
    word: str
    points: Floats  # [layer + 1, axis]


def context_axes(
    streams: Sequence[ResidualStream], *, leave_out_first: bool = True, checkpoint: Checkpoint = unheeded
) -> tuple[Axis, ...]:
    """Principal axes of every token at every layer of all the texts together.

    The residual of GPT-2's first position is many times as long as the others' and would be the first
    component all alone (Sun et al., Massive Activations in Large Language Models, 2024): it is left out of
    the fit unless that leaves nothing, and can be drawn all the same.

    Raises VectorError where the texts are empty or come from models of different width.
    """
    widths = {stream.residual.shape[-1] for stream in streams}
    if len(widths) != 1:
        raise VectorError("Paths can be drawn together for texts of one and the same model only.")
    start = 1 if leave_out_first and any(len(stream.words) > 1 for stream in streams) else 0
    points = [stream.residual[:, start:].reshape(-1, *widths) for stream in streams]
    return component_axes(principal_components(np.concatenate(points), checkpoint))


def paths(streams: Sequence[ResidualStream], axes: Sequence[Axis]) -> tuple[Path, ...]:
    """The path of every token of every text along ``axes``, in the order of texts and positions.

    Raises VectorError where a text has not one word a position.
    """
    found: list[Path] = []
    for text, stream in enumerate(streams):
        if stream.residual.ndim != 3 or stream.residual.shape[1] != len(stream.words):
            raise VectorError(
                f"{len(stream.words)} tokens and a residual stream of {stream.residual.shape} do not fit."
            )
        points = project(stream.residual, axes)  # [layer + 1, position, axis]
        found.extend(
            Path(text, position, word, points[:, position]) for position, word in enumerate(stream.words)
        )
    return tuple(found)
