"""What the Writing pane and the workers say to each other beyond `vectarium.messages`."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vectarium.messages import Ids, Part, Reply, Request
from vectarium.sampling import SamplingSettings


@dataclass(frozen=True)
class Steer(Request):
    """From its next token on, whoever writes does so with `settings`, and not faster than `pace`."""

    settings: SamplingSettings
    pace: float  # seconds a token at least


@dataclass(frozen=True)
class ChooseForm(Request):
    """Write with the weights in the form that is fastest; with `exact` only where nothing is lost by it."""

    exact: bool


@dataclass(frozen=True)
class FormChosen(Reply):
    """How tokens are written from now on."""

    form: str  # number type of the weights
    exact: bool  # nothing is lost against float32
    guesses: bool  # whether tokens that may follow are guessed, to be read together
    forgotten: bool  # whether numbers of tokens on screen were not exact, and are to be read anew


@dataclass(frozen=True)
class Score(Request):
    """What probability did the model give the tokens of `ids` at `positions`, which are above 0?"""

    ids: Ids  # [token], the whole text
    positions: Ids  # [entry], ascending


@dataclass(frozen=True)
class Scored(Part):
    """The model's own view of tokens that it did not draw: at temperature 1, without cuts.

    Of many tokens each answer tells of some.
    """

    ids: Ids  # [token]
    positions: Ids  # [entry]
    probability: npt.NDArray[np.float64]  # [entry]
    rank: Ids  # [entry] 0 for the most likely
    entropy_bits: npt.NDArray[np.float64]  # [entry] of the distribution before the token
