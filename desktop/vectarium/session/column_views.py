"""Several texts beside one another, in the words and shapes that their columns show."""

import math

import numpy as np

from vectarium.documents.document import Branch
from vectarium.drawing.futures.text_column import ColumnText
from vectarium.drawing.palette import Theme
from vectarium.drawing.writing.prose_painting import Marks
from vectarium.drawing.writing.token_colors import classes, legend
from vectarium.sampling import SamplingSettings
from vectarium.session.step_views import scientific, settings_in_short
from vectarium.session.token_numbers import TokenNumbers, TypedScores
from vectarium.vocabulary import Vocabulary

FACTS_TIP = (
    "p: the model's own probability of all these tokens together, at temperature 1. Perplexity: as undecided "
    "as if it had chosen among so many at each"
)


def beyond_temperature(settings: SamplingSettings) -> str:
    """The cuts, in a few characters."""
    return ", ".join(settings_in_short(settings).split(", ")[1:])


def numbers_of_steps(branch: Branch) -> TokenNumbers:
    """What the draws of a text tell of its tokens."""
    return TypedScores().numbers(np.array(branch.ids, np.int32), branch.steps)


def column_text(
    branch: Branch,
    vocabulary: Vocabulary,
    numbers: TokenNumbers,  # of the branch's tokens
    first: int,
    mode: str,
    theme: Theme,
    seen_from: int,
    facts: str,
) -> ColumnText:
    """A branch as a column shows it: its tokens from `first` on in the colours of `mode`."""
    kinds = classes(mode, numbers.probability, numbers.rank, numbers.entropy_bits)
    kinds[:first] = -1
    by_hand = frozenset(
        index for index, step in enumerate(branch.steps) if step is not None and step.uniform is None
    )
    marks = Marks(kinds, legend(mode, theme).colors, ~numbers.drawn, by_hand, seen_from)
    return ColumnText(vocabulary.text(branch.ids), vocabulary.spans(branch.ids), marks, facts, FACTS_TIP)


def facts_of(numbers: TokenNumbers, first: int) -> str:
    """How many tokens there are from `first` on, and how likely they were together."""
    count = len(numbers) - first
    if count <= 0:
        return ""
    known = numbers.probability[first:]
    known = known[~np.isnan(known)]
    words = "1 token" if count == 1 else f"{count:,} tokens"
    if not known.size:
        return words
    logarithm = float(np.log(np.maximum(known, 1e-300)).sum())
    of = "" if known.size == count else f" ({known.size:,} of them known)"
    perplexity = _short(math.exp(-logarithm / known.size))
    return f"{words}{of} · perplexity {perplexity}\np = {scientific(logarithm)}"


def _short(number: float) -> str:
    return f"{number:,.2f}" if number < 100 else f"{number:,.0f}"
