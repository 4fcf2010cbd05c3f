"""The points of a space and the neighbours of a vector as rows of plain values, for files."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vectarium.drawing.numbers import Numbers
from vectarium.messages_vectors import Axis, Evaluated, Near, SpaceOpened

NEIGHBOUR_COLUMNS = ("rank", "text", "cosine", "Euclid", "dot", "word of the expression")


def tables(
    opened: SpaceOpened | None, evaluated: Evaluated | None, axes: tuple[Axis, ...], most: int | None
) -> list[Numbers]:
    """Points, at `most` so many neighbours, and the expression on `axes`, as far as they are there."""
    found: list[Numbers] = []
    if opened is not None:
        found.append(("points", point_columns(opened), lambda: points(opened)))
    if evaluated is not None:
        near = evaluated.near
        count = len(near) if most is None else most
        found.append(("neighbours", NEIGHBOUR_COLUMNS, lambda: neighbours(near, count)))
    if evaluated is not None and opened is not None and len(axes) == evaluated.tip.size:
        columns = expression_columns(replace(opened, axes=axes))
        found.append(("expression", columns, lambda: expression(evaluated)))
    return found


def point_columns(opened: SpaceOpened) -> tuple[str, ...]:
    return (opened.ids_are, "text", *(axis.name for axis in opened.axes))


def points(opened: SpaceOpened) -> Iterator[tuple[object, ...]]:
    """Every point with its id, rank or position, and all its components."""
    rows = zip(opened.ids.tolist(), opened.words, opened.labels, opened.coordinates.tolist(), strict=True)
    for number, word, label, place in rows:
        yield (number, _plain(word, label), *place)


def neighbours(near: Near, count: int) -> Iterator[tuple[object, ...]]:
    """The first `count`, a cosine that is undefined as None."""
    for index in range(min(count, len(near))):
        numbers = (near.cosines[index], near.distances[index], near.dots[index])
        yield (
            index + 1,
            _plain(near.words[index], near.labels[index]),
            *(None if np.isnan(number) else float(number) for number in numbers),
            near.own[index],
        )


def expression_columns(opened: SpaceOpened) -> tuple[str, ...]:
    return ("weight", "text", "mean of its tokens", *(axis.name for axis in opened.axes))


def expression(evaluated: Evaluated) -> Iterator[tuple[object, ...]]:
    """The terms where they lie, and last the result, which has no weight."""
    for term in evaluated.terms:
        yield (term.weight, term.label, term.composite, *term.place.tolist())
    yield (None, evaluated.text, None, *evaluated.tip.tolist())


def _plain(word: str, label: str) -> str:
    """A word as it is, or as it is drawn where it holds bytes that are no text."""
    return label if any("\ud800" <= character <= "\udfff" for character in word) else word
