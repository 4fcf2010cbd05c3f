"""Vector expressions worked out in a space, with what is needed to draw them."""

from dataclasses import dataclass

import numpy as np

from vectarium.vectors.arrays import Floats, read_only
from vectarium.vectors.expressions import Expression, ExpressionError, Term, parse, quoted
from vectarium.vectors.spaces import Space, UnknownWord, WordVector

LARGEST, SMALLEST = 1e15, 1e-15  # what float32 can square and add up over a vocabulary
_ROUNDING = 1e-12  # of the lengths of the terms: what is left of words that cancel out in float64


@dataclass(frozen=True, eq=False)
class WeightedWord:
    """One term of an expression with the vector it stands for."""

    term: Term
    point: WordVector

    @property
    def weight(self) -> float:
        return self.term.weight


@dataclass(frozen=True, eq=False)
class Difference:
    """The step from one word to another, and the same step where the expression takes it."""

    name: str
    tail: Floats  # [dim] the word that is taken away
    head: Floats  # [dim] the word that is added
    moved_tail: Floats  # [dim]
    moved_head: Floats  # [dim] the result


@dataclass(frozen=True, eq=False)
class Result:
    """The value of an expression.

    ``tips`` are where the arrows of the terms end when each begins where the last one ended: the first row is
    the origin, the last the result.
    """

    expression: Expression
    terms: tuple[WeightedWord, ...]
    vector: Floats  # [dim]
    tips: Floats  # [term + 1, dim]
    differences: tuple[Difference, ...]  # of a − b + c: the step from b to c, then the one from b to a

    @property
    def name(self) -> str:
        """The expression in one line, to name an axis or a file."""
        return str(self.expression)

    @property
    def marked_name(self) -> str:
        """The name with an asterisk at the words that are the mean of their tokens."""
        return self.expression.written(
            [place for place, each in enumerate(self.terms) if each.point.composite]
        )

    @property
    def own(self) -> tuple[int, ...]:
        """The rows of its words, and of the tokens of those that are composite.

        For `neighbours.Nearness` to mark or leave out.
        """
        points = [each.point for each in self.terms]
        rows = [row for point in points for row in (point.pieces if point.row is None else (point.row,))]
        return tuple(dict.fromkeys(rows))

    @property
    def composite(self) -> tuple[str, ...]:
        """The words that the space lacks and that are the mean of their tokens."""
        return tuple(dict.fromkeys(each.point.word for each in self.terms if each.point.composite))


@dataclass(frozen=True, eq=False)
class Miss:
    """How far the tip of a result lies from a word."""

    point: WordVector
    offset: Floats  # [dim] from the tip to the word
    distance: float  # Euclid
    cosine: float  # NaN where either is zero
    angle: float  # degrees; NaN where the cosine is


def evaluate(text: str, space: Space) -> Result:
    """The value of the expression ``text`` in ``space``.

    Raises ExpressionError, which says where and what is wrong and which words are near.
    """
    expression = parse(text, lambda word: space.row_of(word, exact=False) is not None)
    terms = tuple(WeightedWord(term, _found(term, space)) for term in expression.terms)
    steps = np.array([each.weight * each.point.vector.astype(np.float64) for each in terms])  # [term, dim]
    tips = np.concatenate([np.zeros((1, space.dim)), np.cumsum(steps, axis=0)])
    lengths = np.linalg.norm(steps, axis=1)
    largest = terms[int(np.argmax(lengths))]
    if not lengths.max() <= LARGEST:
        raise ExpressionError(
            f"{largest.weight:.3g} times this word is longer than can be measured. Use a smaller number.",
            largest.term.start,
            largest.term.end,
        )
    length = np.linalg.norm(tips[-1])
    if length <= _ROUNDING * lengths.sum():
        tips[-1] = 0.0
    elif length < SMALLEST:
        raise ExpressionError(
            "The result is shorter than can be measured. Use larger numbers.",
            largest.term.start,
            largest.term.end,
        )
    narrow = read_only(tips.astype(np.float32))
    return Result(expression, terms, narrow[-1], narrow, _differences(terms, narrow))


def miss(result: Result, expected: WordVector) -> Miss:
    """From the tip of ``result`` to where ``expected`` truly lies."""
    tip, word = result.vector.astype(np.float64), expected.vector.astype(np.float64)
    lengths = float(np.linalg.norm(tip) * np.linalg.norm(word))
    cosine = float(tip @ word) / lengths if lengths > 0 else float("nan")
    offset = word - tip
    angle = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    narrow = read_only(offset.astype(np.float32))
    return Miss(expected, narrow, float(np.linalg.norm(offset)), cosine, angle)


def spelling(space: Space, row: int) -> str:
    """The shortest text that means the word of ``row`` in an expression."""
    word = space.words[row]
    for bare in (word.strip(" "), word):
        try:
            terms = evaluate(bare, space).terms
        except ExpressionError:
            continue
        if len(terms) == 1 and terms[0].weight == 1 and terms[0].point.row == row:
            return bare
    return quoted(word)


def _found(term: Term, space: Space) -> WordVector:
    try:
        return space.find(term.word, exact=term.exact)
    except UnknownWord as error:
        raise ExpressionError(str(error), term.start, term.end, error.near) from error


def _differences(terms: tuple[WeightedWord, ...], tips: Floats) -> tuple[Difference, ...]:
    """The two sides of the parallelogram that a − b + c spans; nothing for any other expression."""
    if sorted(each.weight for each in terms) != [-1.0, 1.0, 1.0]:
        return ()
    first, last = (each.point for each in terms if each.weight > 0)
    taken = next(each.point for each in terms if each.weight < 0)
    return tuple(
        Difference(
            f"{added.word.strip()} − {taken.word.strip()}",
            taken.vector,
            added.vector,
            start.vector,
            tips[-1],
        )
        for added, start in ((last, first), (first, last))
    )
