"""Ready examples for each kind of space, as the visual lectures show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vectarium.vectors.spaces import Kind


@dataclass(frozen=True)
class ExpressionExample:
    """An expression to click; ``expected`` is the word one hopes for, empty where there is none."""

    expression: str
    expected: str = ""


@dataclass(frozen=True)
class DirectionExample:
    """A direction and words to lay along it."""

    name: str
    direction: str
    words: str


@dataclass(frozen=True)
class ContextExample:
    """Texts in which one word parts ways."""

    name: str
    texts: tuple[str, ...]


_NEAREST = ("tower", "Wikipedia", "cat", "navy")

_ARITHMETIC = (
    ExpressionExample("king - man + woman", "queen"),
    ExpressionExample("uncle - man + woman", "aunt"),
    ExpressionExample("brother - man + woman", "sister"),
    ExpressionExample("nephew - man + woman", "niece"),
    ExpressionExample("father - man + woman", "mother"),
    ExpressionExample("son - man + woman", "daughter"),
    ExpressionExample("Italy - Germany + Hitler", "Mussolini"),
    ExpressionExample("Germany - Japan + sushi", "bratwurst"),
    ExpressionExample("2*cat - dog"),
)

_WORDS = tuple(ExpressionExample(word) for word in _NEAREST) + _ARITHMETIC

EXPRESSIONS: Mapping[Kind, tuple[ExpressionExample, ...]] = MappingProxyType(
    {
        Kind.WORDS: _WORDS,
        Kind.TOKENS: _WORDS,
        Kind.UNEMBEDDING: _WORDS,
        Kind.POSITIONS: (ExpressionExample('"0"'), ExpressionExample('"64" - "32" + "128"', "160")),
        Kind.CONTEXT: (),
    }
)

DIRECTIONS = (
    DirectionExample(
        "plural",
        "cats - cat",
        "puppy, puppies, octopus, octopi, octopuses, octopodes, student, students, "
        "one, two, three, four, five, six, seven, eight, nine, ten",
    ),
    DirectionExample(
        "gender",
        "woman - man",
        "uncle, aunt, brother, sister, nephew, niece, father, mother, son, daughter, king, queen",
    ),
    DirectionExample(
        "size",
        "meter - micrometer",
        "micrometer, millimeter, meter, microgram, milligram, gram, microliter, milliliter, liter",
    ),
)

CONTEXTS = (
    ContextExample(
        "mole", ("American shrew mole", "One mole of carbon dioxide", "Take a biopsy of the mole")
    ),
    ContextExample("tower", ("tower", "Eiffel tower", "miniature Eiffel tower")),
    ContextExample(
        "king",
        (
            "The King doth wake tonight and takes his rouse",
            "The King who lived in Scotland and murdered his predecessor",
        ),
    ),
)
