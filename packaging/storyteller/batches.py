"""Which tokens each training step sees: a seeded order over whole stories, packed without padding."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from corpus import EncodedStories
from numpy.typing import NDArray

AT_END_OF_TEXT, AT_FIRST_WORD = 0.5, 0.25  # shares of windows; the rest begin anywhere in a story
IGNORED = -100  # as a target: no loss here, cross_entropy's own convention


@dataclass(frozen=True)
class Batches:
    """Windows of ``context`` tokens and their targets; every story opens one window in each pass.

    Half of the windows begin with ``<|endoftext|>``, a quarter with a story's first word and a quarter in the
    middle of a story, so that the model can be prompted with either; other stories fill the window up.
    ``repeats`` windows of each step are exercises instead: random tokens again and again, where only the
    repetitions count. Stories alone give small models little reason to grow heads that copy by position.
    """

    stories: EncodedStories
    vocabulary: int
    context: int
    size: int
    repeats: int
    seed: int

    def step(self, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The ids and the targets of one step, [window, position] each."""
        draw = np.random.default_rng([self.seed, 1, number])
        count = len(self.stories.starts)
        windows = np.empty((self.size, self.context + 1), dtype=np.int64)
        first_copies = np.zeros(self.size, dtype=np.int64)
        for row in range(self.size):
            turn = number * self.size + row
            story = int(self._order(turn // count)[turn % count])
            windows[row] = self._window(story, draw)
        for row in np.linspace(0, self.size - 1, self.repeats).astype(int):
            windows[row], first_copies[row] = self._repeats(draw)
        targets = windows[:, 1:].copy()
        targets[np.arange(self.context) < first_copies[:, None]] = IGNORED
        return windows[:, :-1], targets

    def _repeats(self, draw: np.random.Generator) -> tuple[NDArray[np.int64], int]:
        """Random tokens again and again, and the length of one copy.

        A quarter are shuffled tokens of a story, a quarter any tokens; half are of so few kinds that the
        token before has to be known to tell which copy goes on.
        """
        length = int(draw.integers(16, self.context // 2))
        kind = draw.random()
        if kind < 0.25:
            copy = draw.permutation(self._window(int(draw.integers(len(self.stories.starts))), draw)[:length])
        elif kind < 0.5:
            copy = draw.integers(1, self.vocabulary, length)
        else:
            copy = draw.choice(draw.integers(1, self.vocabulary, int(draw.integers(8, 33))), length)
        window = np.tile(copy, self.context // length + 2)[: self.context + 1]
        window[0] = self.stories.token_ids[0]
        return window, length

    def _window(self, story: int, draw: np.random.Generator) -> NDArray[np.int64]:
        where = draw.random()
        begin = 0
        if where >= AT_END_OF_TEXT + AT_FIRST_WORD:
            begin = int(draw.integers(len(self._tokens(story))))
        elif where >= AT_END_OF_TEXT:
            begin = 1
        pieces = [self._tokens(story)[begin:]]
        while sum(map(len, pieces)) <= self.context:
            pieces.append(self._tokens(int(draw.integers(len(self.stories.starts)))))
        return np.concatenate(pieces)[: self.context + 1].astype(np.int64)

    def _tokens(self, story: int) -> NDArray[np.uint16]:
        starts, ids = self.stories.starts, self.stories.token_ids
        end = starts[story + 1] if story + 1 < len(starts) else len(ids) - 1
        return ids[starts[story] : end]

    def _order(self, epoch: int) -> NDArray[np.int64]:
        return _order(self.seed, epoch, len(self.stories.starts))


@lru_cache(maxsize=2)
def _order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, 0, epoch]).permutation(count)
