"""What is said about one head: its measures in words and numbers, and what its picture shows."""

from dataclasses import dataclass
from math import isnan

import numpy as np
import numpy.typing as npt

from vectarium.attention.head_measures import FIRST_TOKEN, MEASURES, in_words

SINK_FROM = 0.5
SINK = (
    "A head that finds nothing to look for rests its weight on the first token: the attention sink. "
    "“Hide first-token sink” shows what is left."
)
EVERY_TOKEN = "Here every token counts: none is hidden, none summed into words."


def described(measures: npt.NDArray[np.floating], hide_sink: bool) -> tuple[str, str]:
    """What a head does, in words; and every number, a line each, with how it is measured."""
    does, sink = in_words(measures, hide_sink), float(measures[FIRST_TOKEN])
    lines = [
        f"{measure.name} {measure.text(float(value))}: {measure.how}"
        for measure, value in zip(MEASURES, measures, strict=True)
    ]
    if hide_sink:
        lines.append("The first token is hidden: only its own number counts it.")
        does += "" if isnan(sink) else f" · {100 * sink:.0f} % on the first token hidden"
    elif sink >= SINK_FROM:
        does += ", the attention sink"
    return does, "\n".join(lines)


@dataclass(frozen=True)
class Shown:
    """What a matrix is of. `limit` is where the colours of scores end; None for weights."""

    queries_down: bool
    limit: float | None = None
    infinity: bool = False  # later keys are drawn as −∞
    hide_sink: bool = False
    words: bool = False
    maximum: bool = False  # of several heads
    sink: bool = False  # most of the weight is on the first token


def caption(shown: Shown) -> str:
    """Which way a matrix runs, and what was done to its numbers."""
    runs = "Paper: queries down, keys across" if shown.queries_down else "Video: keys down, queries across"
    if shown.limit is not None:
        later = " Later keys are −∞." if shown.infinity else ""
        return f"{runs}. Blue is positive, red negative, full at ±{shown.limit:.1f}.{later}"
    line = "row" if shown.queries_down else "column"
    sums = "the largest weight of any of the heads" if shown.maximum else f"each {line} sums to 100 %"
    sentences = [f"{runs}; {sums}{'' if shown.maximum else ', by the softmax'}."]
    if shown.words:
        sentences.append("To a word the sum, from a word the mean over its tokens.")
    if shown.hide_sink:
        sentences.append("The first token is hidden and the rest shared out again.")
    elif shown.sink:
        sentences.append(SINK)
    return " ".join(sentences)
