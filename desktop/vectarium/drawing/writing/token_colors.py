"""What colours the tokens of a text get, from the model's own numbers, with the legend that explains them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor

from vectarium.drawing.palette import Theme, mix

Floats = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int8]

MODES = ("probability", "rank", "entropy", "none")
_PROBABILITY = (0.001, 0.01, 0.1, 0.5)
_RANK = (10, 100, 1000)
_ENTROPY = (1.0, 2.0, 4.0, 6.0)


@dataclass(frozen=True)
class Legend:
    """The colours of the classes, and what each is called."""

    title: str
    names: tuple[str, ...]
    colors: tuple[QColor, ...]


def classes(mode: str, probability: Floats, rank: Floats, entropy_bits: Floats) -> Classes:
    """[token] index into the legend's colours, -1 where the number is not known (not a number)."""
    if mode == "probability":
        values, found = probability, np.searchsorted(_PROBABILITY, probability, side="right")
    elif mode == "rank":
        values, found = rank, np.searchsorted(_RANK, rank, side="right")
    elif mode == "entropy":
        values, found = entropy_bits, np.searchsorted(_ENTROPY, entropy_bits, side="right")
    else:
        return np.full(len(probability), -1, np.int8)
    return np.where(np.isnan(values), -1, found).astype(np.int8)


def legend(mode: str, theme: Theme) -> Legend:
    """What the classes of a mode are, drawn in a theme."""
    share = 0.43 if theme.name == "dark" else 0.26
    orange = mix(theme.query, theme.value, 0.5)

    def tint(color: str | QColor, strength: float = 1.0) -> QColor:
        return mix(theme.pane, color, share * strength)

    if mode == "probability":
        names = ("< 0.1 %", "0.1–1 %", "1–10 %", "10–50 %", "≥ 50 %")
        colors = (
            tint(theme.value, 1.2),
            tint(orange),
            tint(theme.query),
            tint(theme.key, 0.65),
            tint(theme.key),
        )
        return Legend("probability the model gave it", names, colors)
    if mode == "rank":
        ranks = ("top 10", "top 100", "top 1,000", "beyond")
        hues = (theme.key, theme.query, theme.value, theme.positive)
        return Legend("the model's rank of it", ranks, tuple(map(tint, hues)))
    if mode == "entropy":
        names = ("< 1 bit", "1–2", "2–4", "4–6", "≥ 6 bits")
        strengths = (0.2, 0.45, 0.7, 0.95, 1.2)
        return Legend(
            "the model's entropy before it",
            names,
            tuple(tint(theme.accent, strength) for strength in strengths),
        )
    return Legend("", (), ())
