"""The baseline a language model has to beat: a trigram model with back-off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


class Level:
    """One order of the model: absolute discounting, the rest handed to the order below.

    p(w | h) = max(c(h, w) - D, 0) / c(h) + D n(h) / c(h) * p(w | shorter h), with n(h) the number of
    different tokens after h and D = n1 / (n1 + 2 n2) from how many events occur once and twice.
    """

    def __init__(self, events: Ids, counts: NDArray[np.float64], vocabulary: int) -> None:
        """``events`` are different keys ``history * vocabulary + token``, seen ``counts`` times."""
        self.vocabulary = vocabulary
        order = np.argsort(events)
        self.events, self.counts = events[order], counts[order]
        histories = self.events // vocabulary
        self.histories, begin = np.unique(histories, return_index=True)
        self.totals = np.add.reduceat(self.counts, begin)
        self.kinds = np.diff(np.append(begin, len(histories))).astype(np.float64)
        once, twice = float((counts == 1).sum()), float((counts == 2).sum())
        self.discount = once / (once + 2 * twice) if once and twice else 0.5

    def probability(self, history: Ids, token: Ids, below: NDArray[np.float64]) -> NDArray[np.float64]:
        event = history * self.vocabulary + token
        place = np.minimum(np.searchsorted(self.events, event), len(self.events) - 1)
        count = np.where(self.events[place] == event, self.counts[place], 0.0)
        at = np.minimum(np.searchsorted(self.histories, history), len(self.histories) - 1)
        known = self.histories[at] == history
        total = np.where(known, self.totals[at], 1.0)
        kept = np.maximum(count - self.discount, 0) / total
        handed_on = self.discount * self.kinds[at] / total
        return np.where(known, kept + handed_on * below, below)


class Trigram:
    """Interpolated Kneser-Ney of order three (Chen and Goodman 1999, section 2.7).

    Lower orders count in how many different contexts a token occurs, not how often.
    """

    def __init__(self, ids: Ids, end_of_text: int, vocabulary: int) -> None:
        """``ids`` are stories in a row, each after one ``end_of_text``, which also opens every history."""
        self.vocabulary, self.end_of_text = vocabulary, end_of_text
        first, second, third = self._histories(ids)
        trigrams, counts = np.unique((first * vocabulary + second) * vocabulary + third, return_counts=True)
        bigrams, continuations = np.unique(trigrams % vocabulary**2, return_counts=True)
        self.levels = [
            Level(bigrams, continuations.astype(np.float64), vocabulary),
            Level(trigrams, counts.astype(np.float64), vocabulary),
        ]
        tokens, contexts = np.unique(bigrams % vocabulary, return_counts=True)
        self.base = Level(tokens, contexts.astype(np.float64), vocabulary)

    def nats(self, ids: Ids) -> NDArray[np.float64]:
        """The surprise at each token of ``ids`` after the first, [token - 1]."""
        first, second, third = self._histories(ids)
        uniform = np.full(len(third), 1 / self.vocabulary)
        probability = self.base.probability(np.zeros_like(third), third, uniform)
        probability = self.levels[0].probability(second, third, probability)
        probability = self.levels[1].probability(first * self.vocabulary + second, third, probability)
        return -np.log(probability)

    def _histories(self, ids: Ids) -> tuple[Ids, Ids, Ids]:
        """Each token with the two before it; nothing before an end of text is looked at."""
        third, second = ids[1:], ids[:-1]
        first = np.concatenate([[self.end_of_text], ids[:-2]])
        return np.where(second == self.end_of_text, self.end_of_text, first), second, third
