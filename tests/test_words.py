"""Words from tokens, and attention between them."""

import numpy as np
import pytest

from vectarium.vocabulary import Vocabulary
from vectarium.words import by_words, edges_of, word_starts


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
    assert word_starts(edges_of(pieces)).tolist() == words


def test_a_words_tokens_are_summed_and_its_queries_averaged():
    pattern = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]], np.float32)
    found = by_words(pattern, np.array([0, 2]))
    assert np.allclose(found, [[1, 0], [0.5, 0.5]])
    assert np.allclose(by_words(pattern, np.array([0, 1, 2])), pattern)


def test_bytes_of_any_kind_have_edges():
    """Looked up and decoded alike: a piece that a character follows begins and ends as that does."""
    edges = edges_of([b"", b"a!", b" \xc3", "\u00a0x".encode(), "é東".encode(), b"\xa9.", "’s".encode()])
    other, inside, apart = edges[1, 1], edges[1, 0], edges[2, 0]
    assert len({other, inside, apart}) == 3
    assert edges.tolist() == [
        [other, other],
        [inside, other],
        [apart, inside],
        [apart, inside],
        [inside, inside],
        [inside, other],
        [inside, inside],
    ]


def test_rows_from_a_word_on_are_those_of_the_whole():
    pattern = np.tril(np.random.default_rng(2).random((3, 7, 7)).astype(np.float32))
    starts = np.array([0, 2, 3, 6])
    whole = by_words(pattern, starts)
    assert whole.shape == (3, 4, 4)
    assert np.allclose(by_words(pattern[:, 3:], starts, first=3), whole[:, 2:])
    assert np.allclose(whole[1, 0, 0], (pattern[1, 0, :2].sum() + pattern[1, 1, :2].sum()) / 2)


def test_words_of_a_vocabulary():
    pieces, labels = (b"Hi", b" th", b"ere", b"!", b"<|end|>"), ("Hi", "␣th", "ere", "!", "<|end|>")
    vocabulary = Vocabulary(pieces, labels, frozenset({4}))
    ids = np.array([0, 1, 2, 3, 4, 0])
    starts = vocabulary.word_starts(ids)
    assert starts.tolist() == [0, 1, 3, 4, 5]
    assert vocabulary.word_labels(ids, starts) == ("Hi", "␣there", "!", "<|end|>", "Hi")
