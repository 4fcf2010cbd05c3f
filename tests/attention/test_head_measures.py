"""Words for behaviours, and patterns regrouped."""

import numpy as np
import pytest

from vectarium.attention.head_measures import MEASURES, by_words, in_words, without_first, word_starts
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


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ((b"The", b" cat", b" s", b"at"), [0, 1, 2]),
        ((b"don", b"'t", b" stop"), [0, 2]),
        ((b"Hi", b",", b" you", b"!", b"!"), [0, 1, 2, 3]),
        ((b"caf", b"\xc3", b"\xa9", b" x"), [0, 3]),
        ((b"a", b"\n", b"b"), [0, 1, 2]),
        ((), []),
    ],
)
def test_words(pieces, words):
    assert word_starts(list(pieces)).tolist() == words


def test_a_words_tokens_are_summed_and_its_queries_averaged():
    pattern = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]], np.float32)
    found = by_words(pattern, np.array([0, 2]))
    assert np.allclose(found, [[1, 0], [0.5, 0.5]])
    assert np.allclose(by_words(pattern, np.array([0, 1, 2])), pattern)
