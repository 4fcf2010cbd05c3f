"""What a training step sees."""

from typing import Any

import numpy as np
import pytest
from batches import IGNORED, Batches

CONTEXT = 48


@pytest.fixture(scope="module")
def stories(prepared: Any) -> Any:
    return prepared[1]


def make(stories: Any, repeats: int = 0, size: int = 8, seed: int = 3) -> Batches:
    return Batches(stories, 320, CONTEXT, size, repeats, seed)


def test_targets_are_the_next_ids(stories: Any) -> None:
    ids, targets = make(stories).step(0)
    assert ids.shape == targets.shape == (8, CONTEXT)
    np.testing.assert_array_equal(ids[:, 1:], targets[:, :-1])


def test_a_step_depends_on_seed_and_number_alone(stories: Any) -> None:
    ids, _ = make(stories).step(7)
    np.testing.assert_array_equal(make(stories).step(7)[0], ids)
    assert (make(stories).step(8)[0] != ids).any()
    assert (make(stories, seed=4).step(7)[0] != ids).any()


def test_windows_begin_before_a_story_at_its_first_word_or_inside(stories: Any) -> None:
    ids, _ = make(stories, size=400).step(0)
    end = stories.token_ids[0]
    firsts = {int(stories.token_ids[start + 1]) for start in stories.starts}
    before = (ids[:, 0] == end).mean()
    assert 0.4 < before < 0.62
    assert 0.15 < np.isin(ids[ids[:, 0] != end, 0], list(firsts)).mean() < 0.95


def test_each_story_opens_one_window_in_a_pass(stories: Any) -> None:
    count = len(stories.starts)
    batches = make(stories, size=count)
    order = [int(batches._order(0)[turn]) for turn in range(count)]
    assert sorted(order) == list(range(count))
    assert list(batches._order(1)) != order


def test_exercises_repeat_and_only_repetitions_count(stories: Any) -> None:
    batches = make(stories, repeats=8)
    for number in range(20):
        ids, targets = batches.step(number)
        assert (ids[:, 0] == stories.token_ids[0]).all()
        for row, wanted in zip(ids, targets, strict=True):
            length = int((wanted == IGNORED).sum())
            assert 16 <= length < CONTEXT // 2
            assert (wanted[:length] == IGNORED).all()
            # A target after the first copy stands one copy before, too.
            np.testing.assert_array_equal(wanted[length:], row[1 : CONTEXT - length + 1])


def test_a_share_of_the_windows_are_exercises(stories: Any) -> None:
    _, targets = make(stories, repeats=3).step(0)
    assert (targets == IGNORED).any(axis=1).sum() == 3
