"""What a direction means: dot products of words with it, with each other, and angles in the space."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.vectors.arrays import Doubles, VectorError, read_only
from vectarium.vectors.spaces import Space, UnknownWord, WordVector

_CHUNK = 8192
_LISTED = re.compile(r'"([^"]*)"|“([^”]*)”|([^\s,;/"“”]+)')


@dataclass(frozen=True, eq=False)
class Readings:
    """Where words lie along a direction, in the order they were given; an unknown word has no reading."""

    points: tuple[WordVector, ...]
    dots: Doubles  # [word]
    cosines: Doubles  # [word]; NaN for a zero vector
    unknown: tuple[UnknownWord, ...]


@dataclass(frozen=True, eq=False)
class AngleHistogram:
    """Angles in degrees between random pairs of points, beside pairs of random Gaussian vectors."""

    edges: Doubles  # [bin + 1] degrees
    counts: NDArray[np.int64]  # [bin] pairs of the space
    random_counts: NDArray[np.int64]  # [bin] pairs of Gaussian vectors of the same dimension
    pairs: int  # drawn of each kind
    mean: float
    deviation: float
    random_mean: float
    random_deviation: float


def listed_words(text: str) -> tuple[tuple[str, bool], ...]:
    """The words of a typed list, each with whether it was in quotes.

    Spaces, commas, semicolons and slashes part words; quotes hold together what has some of these in it.
    """
    found = (match.groups() for match in _LISTED.finditer(text))
    words = (((first or second or bare), not bare) for first, second, bare in found)
    return tuple((word.replace("␣", " "), exact or "␣" in word) for word, exact in words if word)


def readings(
    space: Space, direction: NDArray[np.floating[Any]], words: Sequence[tuple[str, bool]]
) -> Readings:
    """Dot products and cosines of ``words``, as `listed_words` gives them, with ``direction`` [dim].

    Raises VectorError where the direction has another size than the space.
    """
    if direction.shape != (space.dim,):
        raise VectorError(f"The direction has {direction.size} numbers, {space.name} has {space.dim}.")
    points: list[WordVector] = []
    unknown: list[UnknownWord] = []
    for word, exact in words:
        try:
            points.append(space.find(word, exact=exact))
        except UnknownWord as error:
            unknown.append(error)
    vectors = np.array([point.vector for point in points], np.float64).reshape(-1, space.dim)
    wide = direction.astype(np.float64)
    dots = vectors @ wide
    return Readings(tuple(points), read_only(dots), read_only(_cosines(dots, vectors, wide)), tuple(unknown))


def dot_products(vectors: NDArray[np.floating[Any]], *, cosine: bool = False) -> Doubles:
    """All dot products of ``vectors`` [word, dim] with each other, or their cosines, [word, word]."""
    wide = vectors.astype(np.float64)
    products = wide @ wide.T
    if cosine:
        lengths = np.sqrt(np.diag(products))
        both = np.outer(lengths, lengths)
        products = np.divide(products, both, out=np.full_like(products, np.nan), where=both > 0)
    return read_only(products)


def angle_histogram(
    space: Space,
    *,
    pairs: int = 20_000,
    bins: int = 90,
    seed: int = 0,
    checkpoint: Checkpoint = unheeded,
) -> AngleHistogram:
    """Angles of ``pairs`` random pairs of different points of ``space``, and of as many Gaussian pairs.

    Points without length have no angles and are not drawn. The same seed draws the same pairs. Raises
    VectorError where the space has fewer than two points with a length.
    """
    usable = np.flatnonzero(space.norms > 0)
    if len(usable) < 2:
        raise VectorError(f"{space.name} has fewer than two points with a direction, so no angles.")
    generator = np.random.default_rng(seed)
    first = generator.integers(len(usable), size=pairs)
    second = generator.integers(len(usable) - 1, size=pairs)
    second += second >= first  # never the point itself
    angles, random_angles = np.empty(pairs), np.empty(pairs)
    for start in range(0, pairs, _CHUNK):
        checkpoint(start / pairs)
        part = slice(start, min(start + _CHUNK, pairs))
        angles[part] = _angles(space.vectors[usable[first[part]]], space.vectors[usable[second[part]]])
        shape = (2, part.stop - part.start, space.dim)
        random_angles[part] = _angles(*generator.standard_normal(shape, dtype=np.float32))
    edges = np.linspace(0, 180, bins + 1)
    checkpoint(1.0)
    return AngleHistogram(
        read_only(edges),
        read_only(np.histogram(angles, edges)[0]),
        read_only(np.histogram(random_angles, edges)[0]),
        pairs,
        float(angles.mean()),
        float(angles.std()),
        float(random_angles.mean()),
        float(random_angles.std()),
    )


def _cosines(dots: Doubles, vectors: Doubles, direction: Doubles) -> Doubles:
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(direction)
    return np.asarray(np.divide(dots, lengths, out=np.full(len(dots), np.nan), where=lengths > 0))


def _angles(left: NDArray[np.float32], right: NDArray[np.float32]) -> Doubles:
    """Angles in degrees between the rows of two [pair, dim] arrays.

    2 atan2(|l − r|, |l + r|) of unit vectors (Kahan, How Futile are Mindless Assessments of Roundoff, 2006,
    section 12) keeps its accuracy for angles near 0° and 180°, where the arc cosine loses it.
    """
    left_units = left / np.linalg.norm(left, axis=1, keepdims=True)
    right_units = right / np.linalg.norm(right, axis=1, keepdims=True)
    apart = np.linalg.norm(left_units - right_units, axis=1)
    together = np.linalg.norm(left_units + right_units, axis=1)
    return np.asarray(np.degrees(2 * np.arctan2(apart, together)), np.float64)
