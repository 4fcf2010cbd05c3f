"""What stands out in a cloud of vectors: the arithmetic of an expression, paths through the layers."""

from collections.abc import Sequence

import numpy as np

from vectarium.drawing.cloud.point_cloud_camera import Floats
from vectarium.drawing.cloud.point_cloud_scene import Arrow, AxisName, Cloud, Mark, Path, Scene
from vectarium.messages_vectors import Axis, Evaluated, Near

TEXT_ROLES = ("first", "second", "third", "fourth")
MOST_PATHS = 160  # more lines than that say nothing

Columns = Sequence[int]  # which three of the axes are drawn


def cloud_of(
    coordinates: Floats,
    labels: Sequence[str],
    axes: Sequence[Axis],
    columns: Columns,
    extent: Sequence[Floats] = (),
) -> Cloud:
    """The cloud of `coordinates` [point, axis] on three of the axes, scaled for `extent` if it is given."""
    names = []
    for column in columns:
        axis = axes[column] if column < len(axes) else Axis("", 0.0)
        names.append(AxisName(axis.name, axis.share, ", ".join(axis.low), ", ".join(axis.high)))
    wide = np.concatenate([on(each, columns).reshape(-1, 3) for each in extent]) if extent else None
    return Cloud(on(coordinates, columns), labels, (names[0], names[1], names[2]), wide)


def on(coordinates: Floats, columns: Columns) -> Floats:
    """Three columns of `coordinates` [..., axis]; a space of fewer dimensions is flat along the others."""
    wanted = [
        coordinates[..., column]
        if column < coordinates.shape[-1]
        else np.zeros(coordinates.shape[:-1], np.float32)
        for column in columns
    ]
    return np.stack(wanted, axis=-1)


def arithmetic(
    evaluated: Evaluated,
    listed: Near,
    limit: int,
    points: Floats,
    columns: Columns,
    *,
    chain: bool,
    isolated: bool,
) -> Scene:
    """The words of an expression, their arrows, the result and what is near it.

    `points` [point, axis] are all of the space's on all axes. With `chain` each term is an arrow from where
    the last one ended; of what is no difference of two words there is nothing else to draw.
    """
    marks: list[Mark] = []
    arrows: list[Arrow] = []
    taken: set[int | None] = set()

    def mark(place: Floats, text: str, role: str, row: int | None, strong: bool = False) -> None:
        if row is None or row not in taken:
            marks.append(Mark(on(place, columns), text, role, row, strong))
            taken.add(row)

    expected, others = evaluated.expected, evaluated.others
    missed: Floats | None = None  # where the word lies that the arithmetic is compared with
    if expected is not None:
        missed = expected.place
        mean = " (mean of its tokens)" if expected.composite else ""
        text = f"{expected.label}{mean}  misses by {expected.distance:.2f}"
        mark(expected.place, text, "found", expected.row, strong=True)
    elif len(evaluated.terms) > 1 and len(others):
        missed = points[others.rows[0]]
        text = f"{others.labels[0]}  misses by {others.distances[0]:.2f}"
        mark(missed, text, "found", int(others.rows[0]), strong=True)
    for term in evaluated.terms:
        text = f"{term.label} (mean of its tokens)" if term.composite else term.label
        mark(term.place, text, "word", term.row, strong=True)
    for row, label in zip(listed.rows[:limit].tolist(), listed.labels, strict=False):
        mark(points[row], label, "near", row)
    if len(evaluated.terms) > 1:
        for step in evaluated.differences:
            role = "difference" if step.moved else "term"
            arrows.append(Arrow(on(step.start, columns), on(step.end, columns), role))
        if chain or not evaluated.differences:
            # The arrow of the first word of a − b + c, from zero to where the word lies, says nothing new.
            role, steps = (
                ("chain", evaluated.chain[1:]) if evaluated.differences else ("term", evaluated.chain)
            )
            arrows += [Arrow(on(step.start, columns), on(step.end, columns), role) for step in steps]
        marks.append(Mark(on(evaluated.tip, columns), "", "result"))
        if missed is not None:
            arrows.append(Arrow(on(evaluated.tip, columns), on(missed, columns), "miss"))
    return Scene(tuple(marks), tuple(arrows), dimmed=True, isolated=isolated)


def trajectories(
    places: Sequence[Floats],
    names: Sequence[Sequence[str]],
    lenses: Sequence[tuple[str, ...]],
    selected: Sequence[int],
    columns: Columns,
    layer: int,
) -> Scene:
    """The paths of the tokens of texts: `places` [text] of [layer + 1, position, axis].

    In each text the path of the position `selected` stands out, with the names of `lenses` [text][layer + 1].
    """
    paths = []
    many = sum(each.shape[1] for each in places) > MOST_PATHS
    for text, (path, words) in enumerate(zip(places, names, strict=True)):
        role = TEXT_ROLES[text % len(TEXT_ROLES)]
        for position in range(path.shape[1]):
            strong = position == selected[text]
            if many and not strong:
                continue
            nodes = on(path[:, position], columns)
            lens = lenses[text] if strong and text < len(lenses) else ()
            paths.append(Path(nodes, words[position], role if strong else "path", lens, strong, layer))
    return Scene(paths=tuple(sorted(paths, key=lambda path: path.strong)), dimmed=False)
