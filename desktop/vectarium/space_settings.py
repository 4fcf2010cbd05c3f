"""How the Embeddings pane is set: what it keeps from one start to the next. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from vectarium.messages_vectors import MOST_NEIGHBOURS

SPACES = ("words", "all_words", "tokens", "unembedding", "positions", "context")
MEASURES = ("cosine", "Euclid", "dot product")
PANELS = ("Nearest words", "Direction lab", "Dot products", "Angles")
_START = ("king - man + woman", "queen")


def _first_expressions() -> dict[str, tuple[str, str]]:
    return {
        **dict.fromkeys(("words", "all_words", "tokens", "unembedding"), _START),
        "positions": ('"0"', ""),
    }


@dataclass(frozen=True)
class SpaceSettings:
    """Raises ValueError where a value is none that the pane could have."""

    space: str = SPACES[0]
    # By space the expression and the word expected; nothing where none is worked out.
    expressions: Mapping[str, tuple[str, str]] = field(default_factory=_first_expressions)
    measure: str = MEASURES[0]
    neighbours: int = 10  # 1 to 200
    own_words: bool = False
    folded: bool = False
    chain: bool = True  # each term of an expression as an arrow
    panel: str = PANELS[0]
    direction: str = "cats - cat"
    along: str = "puppy, puppies, octopus, octopi, octopuses, student, students, one, two, three, four"
    compared: str = "king, queen, man, woman, cat, dog"

    def __post_init__(self) -> None:
        counts = range(1, MOST_NEIGHBOURS + 1)
        allowed = {"space": SPACES, "measure": MEASURES, "neighbours": counts, "panel": PANELS}
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ValueError(f"{name} is {getattr(self, name)!r}, none of {values}")
        texts = [*self.expressions, *(text for pair in self.expressions.values() for text in pair)]
        for text in (*texts, self.direction, self.along, self.compared):
            if not isinstance(text, str):
                raise ValueError("not a text that was typed")
        for flag in (self.own_words, self.folded, self.chain):
            if not isinstance(flag, bool):
                raise ValueError(f"{flag!r} is neither on nor off")

    def asked(self, space: str | None, expression: str | None) -> "SpaceSettings":
        """These settings with what a command line asks for."""
        chosen = replace(self, space=space or self.space)
        if not expression:
            return chosen
        return replace(chosen, expressions={**self.expressions, chosen.space: (expression, "")})


def as_plain(settings: SpaceSettings) -> dict[str, object]:
    """For a JSON file."""
    return {entry.name: getattr(settings, entry.name) for entry in fields(settings)}


def read(value: object) -> SpaceSettings:
    """What `as_plain` gave. Raises ValueError or TypeError where it is something else."""
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no setting of a space")
    pairs = value.get("expressions", {})
    expressions = {space: (text, expected) for space, (text, expected) in dict(pairs).items()}
    return SpaceSettings(**{**value, "expressions": expressions})
