"""Requests and replies about vector spaces. Numbers are those of the space itself, never of a projection.

Points travel as coordinates on the first ten principal components of their space, [..., component].
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from vectarium.messages import Floats, Ids, Reply, Request

MOST_NEIGHBOURS = 200


@dataclass(frozen=True)
class SpaceName:
    """A space by its key: words, all_words, tokens, unembedding, positions or context."""

    key: str
    name: str


@dataclass(frozen=True)
class VectorRequest(Request):
    """A question to the worker for vectors; `space` is the key of the space that it is about."""

    to: ClassVar[str] = "vectors"
    space: str


@dataclass(frozen=True)
class OpenSpace(VectorRequest):
    """Show a space: its points on their principal components."""


@dataclass(frozen=True)
class MakeAxis(VectorRequest):
    """An axis along the value of an expression."""

    text: str


@dataclass(frozen=True)
class Complete(VectorRequest):
    """Words that continue what was typed; where there is none and `alike`, words spelt much like it."""

    typed: str
    folded: bool = False
    alike: bool = False


@dataclass(frozen=True)
class Evaluate(VectorRequest):
    """The value of an expression, or the word of `row` where that is given, and what is near it."""

    text: str
    row: int | None = None
    measure: str = "cosine"  # "cosine", "Euclid" or "dot product"
    folded: bool = False
    expected: str = ""


@dataclass(frozen=True)
class ReadDirection(VectorRequest):
    """Dot products of the `words` of a list with a direction."""

    direction: str
    words: str


@dataclass(frozen=True)
class CompareWords(VectorRequest):
    """Dot products, or cosines, of the words of a list with each other."""

    words: str
    cosine: bool


@dataclass(frozen=True)
class MeasureAngles(VectorRequest):
    """The angles between random pairs of points."""


@dataclass(frozen=True)
class Stream:
    """A text whose residual stream was read; the numbers themselves stay with the workers."""

    names: tuple[str, ...]  # [position] as they are drawn
    words: tuple[str, ...]  # [position] as they are


@dataclass(frozen=True)
class FollowPaths(VectorRequest):
    """Lay the tokens of texts, at every layer, along the principal axes of these texts or of W_E.

    After these come the user's `own` axes: an expression of tokens of the texts at a layer, or else of W_E.
    """

    read: int  # the number of the `StreamsRead` that they came with
    layer: int
    basis: str = "context"  # or "tokens"
    own: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class ReadStreams(Request):
    """Run the model on texts and give their residual streams."""

    ids: Ids  # [token], the text on screen
    position: int
    others: tuple[str, ...] = ()  # further texts, to be tokenized


@dataclass(frozen=True)
class ReadLens(Request):
    """What the unembedding makes of the residual stream at `position`, layer by layer."""

    ids: Ids  # [token], the text on screen
    position: int


@dataclass(frozen=True)
class StreamsRead(Reply):
    """The residual streams that `ReadStreams` asked for; the first is that of the text on screen."""

    ids: Ids
    seen_from: int  # the first token that was read
    layers: int
    width: int
    streams: tuple[Stream, ...]
    lenses: tuple[tuple[str, ...], ...]  # [text after the first][layer + 1] as `LensRead`, of the last token


@dataclass(frozen=True)
class LensRead(Reply):
    """The likeliest next token by the logit lens at each layer."""

    ids: Ids
    position: int
    names: tuple[str, ...]  # [layer + 1] as they are drawn


@dataclass(frozen=True)
class Axis:
    """A named axis with its share of the variance (0 to 1) and the words farthest out on it."""

    name: str
    share: float
    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class SpaceOpened(Reply):
    """A space as it is drawn."""

    space: str
    name: str
    dim: int
    ids_are: str  # "id", "rank" or "position"
    ids: Ids  # [point]
    words: tuple[str, ...]  # [point] as they are
    labels: tuple[str, ...]  # [point] as they are drawn
    coordinates: Floats  # [point, component]
    axes: tuple[Axis, ...]  # [component]

    @cached_property
    def rows(self) -> dict[str, int]:
        """The first point of each word."""
        return {word: row for row, word in reversed(list(enumerate(self.words)))}


@dataclass(frozen=True, eq=False)
class AxisMade(Reply):
    """The axis of an expression, and every point's place on it."""

    space: str
    axis: Axis
    coordinates: Floats  # [point]


@dataclass(frozen=True)
class Completions(Reply):
    """What continues `typed`, whole matches first, then in the order of the space.

    After them `typed` itself, with a row of None, where the space lacks it but its tokens make it up. Where
    there is nothing of all that the words are `alike`: spelt much as `typed`.
    """

    space: str
    typed: str
    rows: tuple[int | None, ...]
    labels: tuple[str, ...]
    expressions: tuple[str, ...]  # the shortest text that means each in an expression
    alike: bool = False


@dataclass(frozen=True)
class Problem(Reply):
    """What is wrong with what was typed in `field`, where, and words to try instead."""

    space: str
    field: str  # "expression", "expected", "direction", "words" or "axis"
    text: str
    message: str
    start: int = 0
    end: int = 0
    near: tuple[str, ...] = ()  # as expressions


@dataclass(frozen=True, eq=False)
class Near:
    """Points near a vector, nearest first, with all three measures of each."""

    labels: tuple[str, ...]
    words: tuple[str, ...]
    rows: Ids  # [neighbour]
    cosines: Floats  # [neighbour]; NaN where undefined
    distances: Floats  # [neighbour]
    dots: Floats  # [neighbour]
    own: tuple[bool, ...]  # [neighbour] whether it is a word of the expression
    twins: tuple[int, ...]  # [neighbour] how many others were folded into it

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True, eq=False)
class TermPoint:
    """A word of an expression where it lies; `composite` if it is the mean of its tokens."""

    label: str
    weight: float
    row: int | None
    composite: bool
    place: Floats  # [component]


@dataclass(frozen=True, eq=False)
class Step:
    """An arrow of the arithmetic."""

    start: Floats  # [component]
    end: Floats  # [component]
    moved: bool  # a difference repeated where the expression takes it


@dataclass(frozen=True)
class Expected:
    """Where the word that one expects truly lies. `rank` 1 is nearest."""

    label: str
    row: int | None
    composite: bool
    place: Floats  # [component]
    rank: int
    among: int
    rank_with_own: int
    cosine: float
    distance: float
    dot: float
    angle: float  # degrees


@dataclass(frozen=True, eq=False)
class Evaluated(Reply):
    """The value of an expression and what is near it, with the geometry of the arithmetic."""

    space: str
    text: str  # the expression, or the one that means the word that was asked for
    measure: str
    terms: tuple[TermPoint, ...]
    tip: Floats  # [component]
    chain: tuple[Step, ...]  # each term from where the last one ended
    differences: tuple[Step, ...]
    near: Near  # the words of the expression among the others, marked
    others: Near  # without them
    expected: Expected | None
    length: float  # of the result


@dataclass(frozen=True, eq=False)
class DirectionRead(Reply):
    """Where words lie along a direction, in the order they were given."""

    space: str
    direction: str  # an asterisk at each word that is the mean of its tokens
    labels: tuple[str, ...]
    composite: tuple[bool, ...]
    dots: Floats  # [word]
    cosines: Floats  # [word]
    unknown: tuple[str, ...] = ()  # a sentence each


@dataclass(frozen=True, eq=False)
class WordsCompared(Reply):
    """A matrix of dot products or cosines."""

    space: str
    labels: tuple[str, ...]
    values: Floats  # [word, word]
    composite: tuple[bool, ...]  # [word]
    cosine: bool
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class AnglesMeasured(Reply):
    """Angles between random pairs of points, beside those of random Gaussian vectors."""

    space: str
    edges: Floats  # [bin + 1] degrees
    counts: Ids  # [bin]
    random_counts: Ids  # [bin]
    pairs: int
    mean: float
    deviation: float
    random_mean: float
    random_deviation: float


@dataclass(frozen=True, eq=False)
class PathsFollowed(Reply):
    """The tokens of texts through the layers, on ten axes and the user's own after them."""

    space: str
    read: int  # as in `FollowPaths`
    basis: str
    places: tuple[Floats, ...]  # [text] of [layer + 1, position, axis]
    axes: tuple[Axis, ...]
    problems: tuple[Problem, ...] = ()  # of own axes that these texts cannot have


@dataclass(frozen=True)
class ListSpaces(Request):
    """Which spaces there are, and the ready examples for each."""

    to: ClassVar[str] = "vectors"


@dataclass(frozen=True)
class SpacesListed(Reply):
    """The spaces that can be shown now."""

    spaces: tuple[SpaceName, ...]
    expressions: Mapping[str, tuple[tuple[str, str], ...]]  # by space: expression, expected word or ""
    directions: tuple[tuple[str, str, str], ...]  # name, direction, words
    contexts: tuple[tuple[str, tuple[str, ...]], ...]  # name, texts


@dataclass(frozen=True, eq=False)
class ModelMatrices:
    """What the model worker hands over when a model is loaded: views of the weights where possible."""

    name: str
    embedding: Floats  # [token, dim] W_E
    positions: Floats  # [position, dim] W_pos
    unembedding: Floats | None  # [token, dim], None where it is tied to the embedding
    vocabulary: object  # Vocabulary
    tokenizer: object
