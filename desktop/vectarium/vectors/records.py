"""Points, neighbours and results as records, to be saved as CSV or JSON."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.vectors.arithmetic import Result
from vectarium.vectors.axes import Axis
from vectarium.vectors.neighbours import Neighbours
from vectarium.vectors.spaces import Kind, Space
from vectarium.vocabulary import visible

_ID_NAMES = {Kind.WORDS: "rank", Kind.POSITIONS: "position", Kind.CONTEXT: "position"}

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Records:
    """Named columns and rows of plain Python values; a number that is undefined is None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def point_records(space: Space, coordinates: NDArray[np.floating[Any]], axes: Sequence[Axis]) -> Records:
    """Every point with its id and its ``coordinates`` [point, axis].

    Word vectors have in place of the id their rank by frequency, from 1; positions are numbered from 0.
    """
    ids = (space.ids + 1 if space.kind is Kind.WORDS else space.ids).tolist()
    columns = (_ID_NAMES.get(space.kind, "id"), "text", *(axis.name for axis in axes))
    rows = zip(ids, map(_text, space.words), coordinates.tolist(), strict=True)
    return Records(columns, tuple((number, text, *point) for number, text, point in rows))


def neighbour_records(neighbours: Neighbours) -> Records:
    """The list of neighbours as it is shown, with all three measures of each."""
    columns = ("rank", "text", "cosine", "Euclid", "dot", "word of the expression")
    rows = zip(
        range(1, len(neighbours) + 1),
        map(_text, neighbours.words),
        map(_defined, neighbours.cosines.tolist()),
        neighbours.distances.tolist(),
        neighbours.dots.tolist(),
        neighbours.own.tolist(),
        strict=True,
    )
    return Records(columns, tuple(rows))


def result_records(result: Result) -> Records:
    """The terms of an expression and their sum, with every dimension."""
    dimensions = tuple(f"dimension {number}" for number in range(1, len(result.vector) + 1))
    terms = (
        (each.weight, _text(each.point.word), each.point.composite, *each.point.vector.tolist())
        for each in result.terms
    )
    total = (None, result.name, None, *result.vector.tolist())
    return Records(("weight", "text", "mean of its tokens", *dimensions), (*terms, total))


def _text(word: str) -> str:
    """``word`` as it is, or drawn where it holds bytes that are no text."""
    return visible(word) if any("\ud800" <= character <= "\udfff" for character in word) else word


def _defined(number: float) -> float | None:
    return None if math.isnan(number) else number
