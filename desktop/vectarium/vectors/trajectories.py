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
from vectarium.vectors.spaces import Space, contextual_space


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
    return component_axes(
        principal_components(all_points(streams, leave_out_first=leave_out_first), checkpoint)
    )


def all_points(streams: Sequence[ResidualStream], *, leave_out_first: bool = True) -> NDArray[Any]:
    """Every token at every layer, [point, dim], of the first tokens as `context_axes` says."""
    widths = {stream.residual.shape[-1] for stream in streams}
    if len(widths) != 1:
        raise VectorError("Paths can be drawn together for texts of one and the same model only.")
    start = 1 if leave_out_first and any(len(stream.words) > 1 for stream in streams) else 0
    return np.concatenate([stream.residual[:, start:].reshape(-1, *widths) for stream in streams])


def space_at(streams: Sequence[ResidualStream], layer: int) -> Space:
    """The tokens of all texts at a layer, or at the last where there are fewer, as a space."""
    layer = min(layer, len(streams[0].residual) - 1)
    words = [word for stream in streams for word in stream.words]
    vectors = np.concatenate([stream.residual[layer] for stream in streams])
    return contextual_space(words, vectors, f"Residual stream, layer {layer}")


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
