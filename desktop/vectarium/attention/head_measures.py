"""The behaviours heads are measured by, in words; and patterns regrouped for reading. Numpy alone."""

from dataclasses import dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Measure:
    """One behaviour. `weight` is whether it is a share of the attention, from 0 to 1."""

    name: str
    words: str  # after a percentage, or after the number
    how: str
    weight: bool = True

    def text(self, value: float) -> str:
        """The number as it stands under a head."""
        if isnan(value):
            return "–"
        return f"{100 * value:.0f} %" if self.weight else f"{value:.1f}"


MEASURES = (
    Measure("previous token", "to the previous token", "The mean weight on the token before."),
    Measure(
        "first token",
        "to the first token",
        "The weight on the first token of the text, averaged over the text: the attention sink.",
    ),
    Measure("same token", "to the token itself", "The weight on the token itself, averaged over the text."),
    Measure(
        "earlier copies",
        "to earlier copies of the token",
        "The weight on earlier copies of the same token, averaged over the tokens that have some.",
    ),
    Measure(
        "induction",
        "to the token after an earlier copy",
        "The weight on the tokens right after earlier copies of the same token, averaged over the tokens "
        "that have some: what an induction head does.",
    ),
    Measure(
        "mean distance", "tokens back on average", "How many tokens back the weight lies on average.", False
    ),
    Measure(
        "entropy",
        "bits of entropy",
        "The mean entropy of a row of weights: 0 bits for one key, 3 bits for eight equal ones.",
        False,
    ),
)
"""In the order of the model's `HeadBehaviour`."""

WORTH_A_NAME = 0.3


def in_words(measures: Floats) -> str:
    """A head's strongest behaviour: “94 % to the previous token”. `measures` is [measure]."""
    shares = [
        (float(value), measure.words)
        for value, measure in zip(measures, MEASURES, strict=True)
        if measure.weight and not isnan(value)
    ]
    if not shares:
        return "one token: it can only attend to itself"
    share, words = max(shares)
    if share < WORTH_A_NAME:
        distance, entropy = float(measures[5]), float(measures[6])
        return f"spread out: {entropy:.1f} bits of entropy, {distance:.1f} tokens back on average"
    return f"{100 * share:.0f} % {words}"


def without_first(pattern: Floats) -> Floats:
    """`pattern`, [..., query, key], without the first key, every row shared out again to sum to 1.

    The first query, which sees nothing else, becomes zeros.
    """
    rest = np.array(pattern, copy=True)
    rest[..., :1] = 0
    total = rest.sum(axis=-1, keepdims=True)
    result: Floats = np.divide(rest, total, out=np.zeros_like(rest), where=total > 0)
    return result


def word_starts(pieces: list[bytes]) -> npt.NDArray[np.int64]:
    """The first token of each word of a text cut into tokens, [word].

    A token opens a word if it begins with white space, or if it begins with a letter or digit after a token
    that ended with neither, or the other way round.
    """
    starts = []
    for index, piece in enumerate(pieces):
        text = piece.decode("utf-8", "replace")
        before = pieces[index - 1].decode("utf-8", "replace") if index else ""
        if (
            not index
            or text[:1].isspace()
            or before[-1:].isspace()
            or (_in_word(before[-1:]) != _in_word(text[:1]))
        ):
            starts.append(index)
    return np.array(starts, np.int64)


def _in_word(character: str) -> bool:
    # A replaced character is a piece of one that goes on in the next token.
    return character.isalnum() or character in ("’", "'", "\ufffd")


def by_words(pattern: Floats, starts: npt.NDArray[np.int64]) -> Floats:
    """`pattern`, [query, key], with the weights on a word's tokens summed and its queries averaged."""
    if not len(starts):
        return pattern
    sizes = np.diff(np.append(starts, len(pattern)))
    summed = np.add.reduceat(pattern, starts, axis=1)
    result: Floats = np.add.reduceat(summed, starts, axis=0) / sizes[:, None]
    return result.astype(pattern.dtype)
