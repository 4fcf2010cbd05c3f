"""The behaviours heads are measured by, in words; and patterns without their sink. Numpy alone."""

from dataclasses import dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Limit:
    """Which numbers of a measure are wanted; `text` says so: “at least 50 %”."""

    at_least: bool
    value: float
    text: str

    def allows(self, number: float) -> bool:
        """Whether a number is within the limit; NaN never is."""
        return number >= self.value if self.at_least else number <= self.value


@dataclass(frozen=True)
class Measure:
    """One behaviour. `weight` is whether it is a share of the attention, from 0 to 1."""

    name: str
    words: str  # after a percentage, or after the number
    how: str
    weight: bool = True
    steps: tuple[float, ...] = (0.1, 0.25, 0.5, 0.75)  # to filter by

    def text(self, value: float) -> str:
        """The number as it stands under a head."""
        if isnan(value):
            return "–"
        return f"{100 * value:.0f} %" if self.weight else f"{value:.1f}"

    def limits(self) -> tuple[Limit, ...]:
        """What heads can be filtered by."""
        unit = "" if self.weight else f" {self.words}"
        least = tuple(Limit(True, step, f"at least {self.text(step)}{unit}") for step in self.steps)
        most = tuple(Limit(False, step, f"at most {self.text(step)}{unit}") for step in self.steps)
        return least + most


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
        "mean distance",
        "tokens back",
        "How many tokens back the weight lies on average.",
        weight=False,
        steps=(1.0, 2.0, 5.0, 10.0),
    ),
    Measure(
        "entropy",
        "bits of entropy",
        "The mean entropy of a row of weights: 0 bits for one key, 3 bits for eight equal ones.",
        weight=False,
        steps=(0.5, 1.0, 2.0, 3.0),
    ),
)
"""In the order of the model's `HeadBehaviour`."""

FIRST_TOKEN = 1
WORTH_A_NAME = 0.3


def in_words(measures: Floats, hide_sink: bool = False) -> str:
    """A head's strongest behaviour: “94 % to the previous token”. `measures` is [measure].

    With `hide_sink` they are of what is left without the first token, whose own measure says what was hidden.
    """
    shares = [
        (float(value), measure.words)
        for index, (value, measure) in enumerate(zip(measures, MEASURES, strict=True))
        if measure.weight and not isnan(value) and not (hide_sink and index == FIRST_TOKEN)
    ]
    if not shares and hide_sink:
        return "nothing but the first token, which is hidden"
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
