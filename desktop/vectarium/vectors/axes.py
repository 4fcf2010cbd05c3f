"""Axes to draw a space along: principal components, or directions of one's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.vectors.arrays import Doubles, Floats, read_only, unit
from vectarium.vectors.pca import PrincipalComponents

_CHUNK = 16384


@dataclass(frozen=True, eq=False)
class Axis:
    """A direction of length one through ``origin``; a point's coordinate is (x − origin) · direction."""

    name: str
    direction: Doubles  # [dim]
    origin: Doubles  # [dim], where the coordinate is zero
    share: float  # of the variance of the points it was made for


@dataclass(frozen=True)
class Extremes:
    """The words farthest out on an axis, the farthest first."""

    low: tuple[str, ...]
    high: tuple[str, ...]


def component_axes(components: PrincipalComponents) -> tuple[Axis, ...]:
    """An axis a principal component, named PC 1, PC 2, …"""
    return tuple(
        Axis(f"PC {number}", direction, components.mean, float(share))
        for number, (direction, share) in enumerate(
            zip(components.directions, components.shares, strict=True), start=1
        )
    )


def custom_axis(name: str, direction: NDArray[np.floating[Any]], vectors: NDArray[np.floating[Any]]) -> Axis:
    """The axis along ``direction`` [dim] through the mean of ``vectors`` [point, dim], with its share.

    Axes of one's own need not be at right angles to each other or to the components, though a cloud draws
    them so: their dot products tell. Raises VectorError where the direction is zero.
    """
    along = read_only(unit(direction, name))
    mean = read_only(np.asarray(vectors.mean(axis=0, dtype=np.float64)))
    coordinates = project(vectors, [Axis(name, along, mean, 0.0)])[:, 0].astype(np.float64)
    # The total variance is the sum over the dimensions; sums of squares in chunks spare a centred copy.
    total = sum(
        float(np.square(vectors[start : start + _CHUNK] - mean).sum())
        for start in range(0, len(vectors), _CHUNK)
    )
    share = float(np.square(coordinates - coordinates.mean()).sum()) / total if total > 0 else 0.0
    return Axis(name, along, mean, share)


def project(vectors: NDArray[np.floating[Any]], axes: Sequence[Axis]) -> Floats:
    """Coordinates of ``vectors`` [..., dim] on ``axes``, [..., axis]."""
    directions = np.stack([axis.direction for axis in axes])  # [axis, dim]
    offsets = np.array([axis.origin @ axis.direction for axis in axes])  # [axis]
    flat = vectors.reshape(-1, vectors.shape[-1])
    coordinates = np.empty((len(flat), len(axes)), np.float32)
    for start in range(0, len(flat), _CHUNK):
        coordinates[start : start + _CHUNK] = flat[start : start + _CHUNK] @ directions.T - offsets
    return read_only(coordinates.reshape(*vectors.shape[:-1], len(axes)))


def extremes(words: Sequence[str], coordinates: NDArray[np.floating[Any]], count: int = 5) -> Extremes:
    """The ``count`` words at either end of an axis, from their coordinates [word] on it."""
    order = np.argsort(coordinates, kind="stable").tolist()
    return Extremes(
        tuple(words[row] for row in order[:count]), tuple(words[row] for row in order[::-1][:count])
    )
