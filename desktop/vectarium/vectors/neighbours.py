"""Nearest points of a space, exact over all of it and always in the space itself, never in a projection.

Products of rounded vectors, or float32 ones, find the candidates, float64 puts them in order: every point
that rounding could have moved across the edge is among the candidates, so the answer is that of a float64
search of everything.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.ranking import reached_by
from vectarium.vectors.arrays import Doubles, Floats, Rows, VectorError, read_only
from vectarium.vectors.search import fold
from vectarium.vectors.spaces import Space, WordVector

MOST = 200
FEW = 1 / 32
"""Of a space, the candidates that are put in order faster than others are looked for."""


class Measure(Enum):
    """What "near" means."""

    COSINE = "cosine"
    EUCLID = "Euclid"
    DOT = "dot product"


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The points nearest to a vector, nearest first, with all three measures of each.

    A cosine with a zero vector is undefined: NaN.
    """

    measure: Measure
    words: tuple[str, ...]
    rows: Rows  # [neighbour]
    cosines: Doubles  # [neighbour]
    distances: Doubles  # [neighbour] Euclid
    dots: Doubles  # [neighbour]
    own: NDArray[np.bool_]  # [neighbour] whether it is one of the words that made the vector
    twins: tuple[tuple[int, ...], ...]  # other rows folded into each neighbour; empty if unfolded

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class Place:
    """Where an expected word truly lies: ``rank`` 1 is nearest."""

    word: str
    rank: int
    among: int  # points that were ranked
    cosine: float
    distance: float  # Euclid
    dot: float


class Nearness:
    """How near every point of a space is to a vector, worked out once for whatever is asked about it.

    ``own`` are the rows of the words that made the vector; they are marked, or left out on request.
    ``folded`` takes words that differ by case or a leading space for one, at the place of the nearest of
    them; then the twins of a word left out are left out too.
    """

    def __init__(
        self, space: Space, vector: NDArray[np.floating[Any]], measure: Measure = Measure.COSINE
    ) -> None:
        """Of ``vector`` [dim]. Raises VectorError for one of another size, or the cosine of a zero vector."""
        self._space, self._measure = space, measure
        self._query = _query(space, vector, measure)
        length = float(np.linalg.norm(self._query)) if measure is Measure.COSINE else 1.0
        self._factor = self._query / length

    @cached_property
    def _scores(self) -> Floats:
        """From the vectors as they are."""
        # Not a matrix product: BLAS reads some rows at once, of which memory gives less than of one by one
        # (measured with one thread, which all but fills the way to memory).
        dots = np.vecdot(self._space.vectors, self._factor.astype(np.float32))
        return _scores(self._space, dots, self._query, self._measure)

    @cached_property
    def _rough_scores(self) -> tuple[Floats, Floats] | None:
        """From rounded vectors, and by how much each may be off."""
        coarse, norms = self._space.coarse, self._space.norms
        if coarse is None:
            return None
        dots, off = coarse.dots(self._factor)
        if self._measure is Measure.COSINE:
            np.divide(off, norms, out=off, where=norms > 0)
        elif self._measure is Measure.EUCLID:
            off *= 2
        return _scores(self._space, dots, self._query, self._measure), off

    def nearest(
        self,
        count: int = 10,
        *,
        own: Collection[int] = (),
        leave_out_own: bool = False,
        folded: bool = False,
    ) -> Neighbours:
        """The ``count`` (1 to 200) nearest points; on a tie the earlier in the space.

        Raises VectorError for a count out of range.
        """
        if not 1 <= count <= MOST:
            raise VectorError(f"Between 1 and {MOST} neighbours can be shown, not {count}.")
        space, left_out = self._space, set(own) if leave_out_own else set()
        first = count + len(left_out) + (count if folded else 0)
        while True:
            ranked = self._ranked(first)
            rows = np.array(list(_kept(space, ranked, left_out, folded))[:count], np.intp)
            if len(rows) == count or first >= len(space):
                break
            first *= 4
        cosines, distances, dots = _measured(space.vectors[rows], self._query)
        return Neighbours(
            self._measure,
            tuple(space.words[row] for row in rows),
            read_only(rows),
            read_only(cosines),
            read_only(distances),
            read_only(dots),
            read_only(np.isin(rows, list(own))),
            tuple(
                tuple(twin for twin in space.index.twins(space.words[row]) if twin != row) if folded else ()
                for row in rows
            ),
        )

    def _ranked(self, first: int) -> Rows:
        """The rows of the ``first`` nearest points, in the order of float64 scores."""
        first = min(first, len(self._space))
        rows = self._candidates(first)
        exact = _exact_scores(self._space, rows, self._query, self._measure)
        return rows[np.argsort(-exact, kind="stable")][:first]

    def _candidates(self, first: int) -> Rows:
        """Rows, ascending, among which are the ``first`` nearest."""
        slack = 2 * _slack(self._space, self._query, self._measure)
        if self._rough_scores is not None:
            scores, off = self._rough_scores
            rows = np.flatnonzero(scores + off >= reached_by(scores - off, first) - slack)
            if len(rows) <= FEW * len(self._space):
                return rows
        return np.flatnonzero(self._scores >= reached_by(self._scores, first) - slack)

    def place_of(
        self,
        expected: WordVector,
        *,
        own: Collection[int] = (),
        leave_out_own: bool = False,
        folded: bool = False,
    ) -> Place:
        """The rank of ``expected`` among the points near the vector, counted as `nearest` lists them.

        A composite word is ranked as if it stood in the space after all others. An expected word that is
        itself left out is ranked among the others.
        """
        space, query, scores, measure = self._space, self._query, self._scores, self._measure
        cosine, distance, dot = (float(each[0]) for each in _measured(expected.vector[None], query))
        target = {Measure.COSINE: cosine, Measure.EUCLID: -(distance**2), Measure.DOT: dot}[measure]
        target = -np.inf if np.isnan(target) else target
        row = len(space) if expected.row is None else expected.row
        slack = _slack(space, query, measure)

        left_out = set(own) if leave_out_own else set()
        ahead = np.flatnonzero(scores > target + slack)
        close = np.flatnonzero((scores <= target + slack) & (scores >= target - slack))
        exact = _exact_scores(space, close, query, measure)
        ahead = np.concatenate([ahead, close[(exact > target) | ((exact == target) & (close < row))]])
        if folded:
            index = space.index
            hidden = {index.key(each) for each in left_out} | {fold(expected.word)}
            better = {index.key(each) for each in ahead.tolist()} - hidden
            among = index.distinct - sum(bool(index.twins(key)) for key in hidden) + 1
            return Place(expected.word, len(better) + 1, among, cosine, distance, dot)
        better_rows = set(ahead.tolist()) - left_out - {row}
        among = len(space) - len(left_out - {row}) + (expected.row is None)
        return Place(expected.word, len(better_rows) + 1, among, cosine, distance, dot)


def _query(space: Space, vector: NDArray[np.floating[Any]], measure: Measure) -> Doubles:
    if vector.shape != (space.dim,):
        raise VectorError(f"A vector of {space.dim} numbers is needed in {space.name}, not {vector.shape}.")
    query = vector.astype(np.float64)
    if not np.isfinite(query).all():
        raise VectorError("The vector holds numbers that are infinite or undefined, so nothing is near it.")
    if measure is Measure.COSINE and not query.any():
        raise VectorError(
            "The vector is zero and points nowhere, so it has no cosine with anything. "
            "Choose Euclid, or an expression that is not zero."
        )
    return query


def _scores(space: Space, dots: Floats, query: Doubles, measure: Measure) -> Floats:
    """For each word a number that is larger the nearer it is; a cosine that is undefined comes last.

    ``dots`` are with the query, for a cosine with one of length 1; they are written over.
    """
    if measure is Measure.COSINE:
        with np.errstate(invalid="ignore"):
            dots /= space.norms
        np.copyto(dots, np.float32(-np.inf), where=space.norms == 0)
    elif measure is Measure.EUCLID:
        dots *= 2
        dots -= space.norms**2
        dots -= np.float32(query @ query)
    return dots


def _slack(space: Space, query: Doubles, measure: Measure) -> float:
    """How far rounding can move a float32 score at most (Higham, Accuracy and Stability, section 3.1)."""
    relative = 4 * (space.dim + 8) * float(np.finfo(np.float32).eps) / 2
    if measure is Measure.COSINE:
        return relative
    longest, length = float(space.norms.max()), float(np.linalg.norm(query))
    return relative * (longest * length if measure is Measure.DOT else (longest + length) ** 2)


def _measured(vectors: Floats, query: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Cosines, Euclidean distances and dot products of ``vectors`` [word, dim] with the query, in float64."""
    wide = vectors.astype(np.float64)
    dots = wide @ query
    distances = np.linalg.norm(wide - query, axis=1)
    lengths = np.linalg.norm(wide, axis=1) * np.linalg.norm(query)
    cosines = np.divide(dots, lengths, out=np.full(len(wide), np.nan), where=lengths > 0)
    return cosines, distances, dots


def _exact_scores(space: Space, rows: Rows, query: Doubles, measure: Measure) -> Doubles:
    cosines, distances, dots = _measured(space.vectors[rows], query)
    if measure is Measure.COSINE:
        return np.where(np.isnan(cosines), -np.inf, cosines)
    return dots if measure is Measure.DOT else -(distances**2)


def _kept(space: Space, ranked: Rows, left_out: set[int], folded: bool) -> Iterator[int]:
    """Of ``ranked`` those that are shown: not left out, and where ``folded`` the nearest of its twins."""
    if not folded:
        yield from (row for row in ranked.tolist() if row not in left_out)
        return
    shown = {space.index.key(row) for row in left_out}
    for row in ranked.tolist():
        if (key := space.index.key(row)) not in shown:
            shown.add(key)
            yield row
