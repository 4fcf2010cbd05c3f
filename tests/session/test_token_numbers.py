"""The numbers of tokens are the model's own, whoever knows them: the draw, or the model when it is asked."""

from dataclasses import replace

import numpy as np
import pytest

from vectarium.messages import read_only
from vectarium.messages_writing import Scored
from vectarium.sampling import SamplingSettings, take_step
from vectarium.session.token_numbers import TypedScores
from writing_steps import logits, written


def own(token: int) -> tuple[np.ndarray, float]:
    """[token] softmax at temperature 1 after `token`, and its entropy in bits."""
    exact = np.exp(logits(token).astype(np.float64))
    share = exact / exact.sum()
    return share, -float((share * np.log2(share)).sum())


def test_a_hot_draw_and_a_cold_one_tell_the_same_entropy():
    for settings in (
        SamplingSettings(),
        SamplingSettings(temperature=3.0, top_k=5),
        SamplingSettings(temperature=0.2, repetition_penalty=1.5),
        SamplingSettings(temperature=0.0),
    ):
        branch = written((1, 2), 4, settings=settings)
        numbers = TypedScores().numbers(np.array(branch.ids, np.int32), branch.steps)
        assert np.isnan(numbers.entropy_bits[:2]).all()
        for position in range(2, 6):
            share, entropy = own(branch.ids[position - 1])
            token = branch.ids[position]
            assert numbers.probability[position] == pytest.approx(share[token])
            assert numbers.entropy_bits[position] == pytest.approx(entropy)
            assert numbers.rank[position] == (share > share[token]).sum()


def test_what_an_old_step_does_not_tell_the_model_is_asked_for():
    known = take_step(logits(2), SamplingSettings(temperature=2.0), 0.3)
    old = replace(known, model_entropy_bits=None)
    ids, steps = np.array([1, 2, known.token_id], np.int32), (None, None, old)
    scores = TypedScores()
    assert scores.missing(ids, steps) == [1, 2]
    assert np.isnan(scores.numbers(ids, steps).entropy_bits[2])
    assert scores.numbers(ids, steps).probability[2] == known.model_probability
    answer = [read_only(np.array(values)) for values in ((0.1, 0.2), (4, 7), (1.5, 2.5))]
    scores.use(Scored(1, ids, np.array([1, 2], np.int32), *answer))
    assert scores.missing(ids, steps) == []
    assert scores.numbers(ids, steps).entropy_bits[1:].tolist() == [1.5, 2.5]
    assert scores.numbers(ids, steps).drawn.tolist() == [False, False, True]
    # A step that tells all needs nobody.
    assert scores.numbers(ids, (None, None, known)).entropy_bits[2] == known.model_entropy_bits


def test_the_first_to_be_asked_for_may_come_late():
    ids, typed = np.arange(100, dtype=np.int32), (None,) * 100
    assert TypedScores().missing(ids, typed)[:2] == [1, 2]
    assert TypedScores().missing(ids, typed, 90) == list(range(90, 100))


def test_numbers_of_a_text_that_grows_or_changes_are_those_of_the_text_alone():
    scores = TypedScores()
    long, other = written((1, 2), 6), written((1, 5), 6, seed=4)
    for branch in (long.cut(4), long, long.cut(5), other, other.cut(2), long):
        ids = np.array(branch.ids, np.int32)
        scored = Scored(1, ids, *(read_only(np.array([value])) for value in (1, ids[1] / 10, 4, 1.5)))
        alone = TypedScores()
        for known in (scores, alone):
            known.numbers(ids, branch.steps)
            known.use(scored)
        found, expected = (known.numbers(ids, branch.steps) for known in (scores, alone))
        for name in ("probability", "rank", "entropy_bits", "drawn"):
            assert np.array_equal(getattr(found, name), getattr(expected, name), equal_nan=True)
        assert found.probability[1] == ids[1] / 10
