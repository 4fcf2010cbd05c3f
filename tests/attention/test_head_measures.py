"""Words for behaviours, and patterns without their sink."""

import numpy as np

from vectarium.attention.head_measures import MEASURES, in_words, without_first
from vectarium.model.behaviour import HeadBehaviour


def test_measures_stand_in_the_models_order():
    names = [name.replace("_", " ") for name in HeadBehaviour.__dataclass_fields__]
    assert [measure.name for measure in MEASURES] == [name.removesuffix(" bits") for name in names]


def test_a_head_is_named_by_its_strongest_behaviour():
    assert in_words(np.array([0.94, 0.2, 0.01, np.nan, np.nan, 1.1, 0.3])) == "94 % to the previous token"
    assert in_words(np.array([0.1, 0.81, 0.0, 0.0, 0.0, 9.0, 1.0])) == "81 % to the first token"
    spread = in_words(np.array([0.1, 0.2, 0.1, np.nan, 0.1, 4.25, 2.87]))
    assert spread == "spread out: 2.9 bits of entropy, 4.2 tokens back on average"
    assert in_words(np.full(7, np.nan)).startswith("one token")


def test_without_the_first_key_rows_sum_to_one():
    pattern = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.8, 0.05, 0.15]])
    assert np.allclose(without_first(pattern), [[0, 0, 0], [0, 1, 0], [0, 0.25, 0.75]])
    assert pattern[0, 0] == 1


def test_a_hidden_first_token_is_no_behaviour():
    measures = np.array([0.3, 0.9, 0.1, np.nan, np.nan, 4.0, 1.0])
    assert in_words(measures) == "90 % to the first token"
    assert in_words(measures, hide_sink=True) == "30 % to the previous token"
    nothing = np.array([np.nan, 1.0, np.nan, np.nan, np.nan, np.nan, np.nan])
    assert in_words(nothing, hide_sink=True).startswith("nothing but the first token")


def test_every_measure_can_be_filtered():
    for measure in MEASURES:
        limits = measure.limits()
        assert len(limits) == 8
        for limit in limits:
            assert limit.allows(limit.value)
            assert not limit.allows(np.nan)
            above, below = limit.value + 0.01, limit.value - 0.01
            assert (limit.allows(above), limit.allows(below)) == (limit.at_least, not limit.at_least)
    assert MEASURES[0].limits()[2].text == "at least 50 %"
    assert MEASURES[5].limits()[4].text == "at most 1.0 tokens back"
