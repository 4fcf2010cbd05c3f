"""What the worker for vectors answers: functions of an open space and a request."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vectarium import messages_vectors as m
from vectarium.checkpoints import Checkpoint
from vectarium.messages import Floats, Reply, read_only
from vectarium.vectors import arithmetic, directions
from vectarium.vectors.arithmetic import Result
from vectarium.vectors.arrays import VectorError
from vectarium.vectors.axes import Axis, custom_axis, extremes, project
from vectarium.vectors.expressions import quoted
from vectarium.vectors.neighbours import Measure, Nearness, Neighbours
from vectarium.vectors.spaces import Kind, Space, UnknownWord, WordVector
from vectarium.vocabulary import visible

_ID_NAMES = {Kind.WORDS: "rank", Kind.POSITIONS: "position", Kind.CONTEXT: "position"}


@dataclass(frozen=True, eq=False)
class OpenedSpace:
    """A space with the axes that it is drawn on: its components, and those of the user's own after them."""

    space: Space
    axes: tuple[Axis, ...]
    coordinates: Floats  # [point, axis]

    def place(self, vector: Floats) -> Floats:
        """`vector` [..., dim] on the axes, [..., axis]."""
        return read_only(project(vector, self.axes))


def open_space(space: Space, axes: Sequence[Axis]) -> OpenedSpace:
    return OpenedSpace(space, tuple(axes), read_only(project(space.vectors, axes)))


def opened(number: int, key: str, opened_space: OpenedSpace) -> m.SpaceOpened:
    space = opened_space.space
    return m.SpaceOpened(
        number,
        space=key,
        name=space.name,
        dim=space.dim,
        ids_are=_ID_NAMES.get(space.kind, "id"),
        # Ranks by frequency are counted from 1 as people count them.
        ids=read_only(space.ids + np.int32(space.kind is Kind.WORDS)),
        words=space.words,
        labels=tuple(map(visible, space.words)),
        coordinates=opened_space.coordinates,
        axes=tuple(
            named(axis, space, opened_space.coordinates[:, index])
            for index, axis in enumerate(opened_space.axes)
        ),
    )


def named(axis: Axis, space: Space, coordinates: Floats) -> m.Axis:
    ends = extremes(space.words, coordinates, 4)
    return m.Axis(axis.name, axis.share, tuple(map(visible, ends.low)), tuple(map(visible, ends.high)))


def make_axis(request: m.MakeAxis, opened_space: OpenedSpace) -> tuple[OpenedSpace, Reply]:
    """The space with one axis more, unless it has that already, and the reply. Raises ExpressionError."""
    space = opened_space.space
    result = arithmetic.evaluate(request.text, space)
    names = [axis.name for axis in opened_space.axes]
    name = result.marked_name
    if name not in names:
        axis = custom_axis(name, result.vector, space.vectors)
        opened_space = open_space(space, [*opened_space.axes, axis])
        names.append(name)
    index = names.index(name)
    along = read_only(opened_space.coordinates[:, index].copy())
    made = named(opened_space.axes[index], space, along)
    return opened_space, m.AxisMade(request.number, request.space, made, along)


def complete(request: m.Complete, space: Space) -> m.Completions:
    typed = request.typed
    found = space.index.complete(typed, limit=12, folded=request.folded)
    rows: list[int | None] = [each.row for each in found]
    labels = [visible(each.word) + _twins(len(each.twins)) for each in found]
    expressions = [arithmetic.spelling(space, each.row) for each in found]
    if space.row_of(typed, exact=False) is None and space.split is not None and typed.strip():
        composite = space.find(typed, exact=False)
        if composite.row is None:
            rows.append(None)
            labels.append(f"{visible(composite.word)}, the mean of its {len(composite.pieces)} tokens")
            expressions.append(quoted(composite.word))
    if rows or not request.alike:
        return m.Completions(
            request.number, request.space, typed, tuple(rows), tuple(labels), tuple(expressions)
        )
    near = [space.rows[word] for word in space.index.near(typed, 6)]
    return m.Completions(
        request.number,
        request.space,
        typed,
        tuple(near),
        tuple(visible(space.words[row]) for row in near),
        tuple(arithmetic.spelling(space, row) for row in near),
        alike=True,
    )


def _twins(count: int) -> str:
    return f" and {count} twin{'s' * (count > 1)}" if count else ""


def evaluate(request: m.Evaluate, opened_space: OpenedSpace) -> list[Reply]:
    """The value and what is near it; a second reply where the expected word is unknown.

    Raises ExpressionError and VectorError.
    """
    space = opened_space.space
    text = request.text if request.row is None else arithmetic.spelling(space, request.row)
    result = arithmetic.evaluate(text, space)
    nearness = Nearness(space, result.vector, Measure(request.measure))
    count = min(m.MOST_NEIGHBOURS, len(space))
    near = nearness.nearest(count, own=result.own, folded=request.folded)
    others = nearness.nearest(count, own=result.own, leave_out_own=True, folded=request.folded)
    replies: list[Reply] = []
    expected = None
    if request.expected.strip():
        try:
            expected = _expected(request, opened_space, result, nearness)
        except UnknownWord as error:
            replies.append(
                m.Problem(
                    request.number, request.space, "expected", request.expected, str(error), near=error.near
                )
            )
    place = opened_space.place
    tips = place(result.tips)
    replies.insert(
        0,
        m.Evaluated(
            request.number,
            space=request.space,
            text=text,
            measure=request.measure,
            terms=tuple(
                m.TermPoint(
                    visible(each.point.word),
                    each.weight,
                    each.point.row,
                    each.point.composite,
                    place(each.point.vector),
                )
                for each in result.terms
            ),
            tip=place(result.vector),
            chain=tuple(m.Step(tips[index], tips[index + 1], True) for index in range(len(result.terms))),
            differences=tuple(
                step
                for each in result.differences[:1]
                for step in (
                    m.Step(place(each.tail), place(each.head), False),
                    m.Step(place(each.moved_tail), place(each.moved_head), True),
                )
            ),
            near=_near(near),
            others=_near(others),
            expected=expected,
            length=float(np.linalg.norm(result.vector.astype(np.float64))),
        ),
    )
    return replies


def _expected(
    request: m.Evaluate, opened_space: OpenedSpace, result: Result, nearness: Nearness
) -> m.Expected:
    space = opened_space.space
    point = space.find(request.expected.strip(), exact=False)
    without = nearness.place_of(point, own=result.own, leave_out_own=True, folded=request.folded)
    ranked = nearness.place_of(point, own=result.own, folded=request.folded)
    missed = arithmetic.miss(result, point)
    return m.Expected(
        visible(point.word),
        point.row,
        point.composite,
        opened_space.place(point.vector),
        without.rank,
        without.among,
        ranked.rank,
        without.cosine,
        without.distance,
        without.dot,
        missed.angle,
    )


def _near(found: Neighbours) -> m.Near:
    return m.Near(
        tuple(map(visible, found.words)),
        found.words,
        read_only(found.rows.astype(np.int32)),
        read_only(found.cosines.astype(np.float32)),
        read_only(found.distances.astype(np.float32)),
        read_only(found.dots.astype(np.float32)),
        tuple(found.own.tolist()),
        tuple(map(len, found.twins)),
    )


def read_direction(request: m.ReadDirection, space: Space) -> m.DirectionRead:
    """Raises ExpressionError, and VectorError where the list is empty."""
    result = arithmetic.evaluate(request.direction, space)
    read = directions.readings(space, result.vector, directions.listed_words(request.words))
    if not read.points and not read.unknown:
        raise VectorError("Type the words to lay along this direction, such as one, two, three.")
    return m.DirectionRead(
        request.number,
        request.space,
        result.marked_name,
        tuple(visible(point.word) for point in read.points),
        tuple(point.composite for point in read.points),
        read_only(read.dots.astype(np.float32)),
        read_only(read.cosines.astype(np.float32)),
        _unknown(read.unknown),
    )


def compare_words(request: m.CompareWords, space: Space) -> m.WordsCompared:
    """Raises VectorError for a list without two words, or with more than can be read."""
    points: list[WordVector] = []
    unknown: list[UnknownWord] = []
    for word, exact in directions.listed_words(request.words):
        try:
            points.append(space.find(word, exact=exact))
        except UnknownWord as error:
            unknown.append(error)
    if not 2 <= len(points) <= 40:
        missing = " ".join(_unknown(unknown))
        raise VectorError(f"Between 2 and 40 words can be compared, not {len(points)}. {missing}".strip())
    vectors = np.stack([point.vector for point in points])
    return m.WordsCompared(
        request.number,
        request.space,
        tuple(visible(point.word) for point in points),
        read_only(directions.dot_products(vectors, cosine=request.cosine).astype(np.float32)),
        tuple(point.composite for point in points),
        request.cosine,
        _unknown(unknown),
    )


def _unknown(errors: Sequence[UnknownWord]) -> tuple[str, ...]:
    """A sentence each, with what is spelt alike; many words in one sentence."""
    if len(errors) <= 2:
        return tuple(map(str, errors))
    return (f"Not in this space: {', '.join(visible(error.word) for error in errors)}.",)


def measure_angles(request: m.MeasureAngles, space: Space, checkpoint: Checkpoint) -> m.AnglesMeasured:
    found = directions.angle_histogram(space, checkpoint=checkpoint)
    return m.AnglesMeasured(
        request.number,
        request.space,
        read_only(found.edges.astype(np.float32)),
        read_only(found.counts.astype(np.int32)),
        read_only(found.random_counts.astype(np.int32)),
        found.pairs,
        found.mean,
        found.deviation,
        found.random_mean,
        found.random_deviation,
    )


def with_axis_names(axes: Sequence[Axis], suffix: str) -> tuple[Axis, ...]:
    """`axes` named for what they were made of, where that is another space than the one shown."""
    return tuple(replace(axis, name=f"{axis.name} {suffix}") for axis in axes)
