import dataclasses
import re

import numpy as np
import pytest

from vectarium.vectors.arrays import VectorError
from vectarium.vectors.spaces import (
    Kind,
    Space,
    UnknownWord,
    contextual_space,
    make_space,
    position_space,
    told_apart,
)


def test_a_space_keeps_its_numbers_from_change(tokens: Space) -> None:
    for array in (tokens.vectors, tokens.ids, tokens.norms):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        tokens.name = "another"  # type: ignore[misc]


def test_the_maker_of_the_vectors_keeps_a_writable_array() -> None:
    vectors = np.ones((2, 3), np.float32)
    make_space("two", Kind.TOKENS, ["a", "b"], vectors)
    assert vectors.flags.writeable


def test_norms_are_lengths(tokens: Space) -> None:
    expected = np.linalg.norm(tokens.vectors.astype(np.float64), axis=1)
    np.testing.assert_allclose(tokens.norms, expected, rtol=1e-6)


def test_half_precision_becomes_single() -> None:
    space = make_space("halves", Kind.WORDS, ["a"], np.array([[0.5, 0.25]], np.float16))
    assert space.vectors.dtype == np.float32
    assert space.vectors.tolist() == [[0.5, 0.25]]


def test_a_bare_word_means_the_token_that_begins_a_word(tokens: Space) -> None:
    assert tokens.find("king", exact=False).word == " king"
    assert tokens.find("King", exact=False).word == " King"
    assert tokens.find("es", exact=False).word == "es"


def test_an_exact_word_means_itself(tokens: Space) -> None:
    for word in ("king", " king", "King", " King"):
        found = tokens.find(word)
        assert (found.word, found.row) == (word, tokens.words.index(word))
        assert not found.composite


def test_a_word_the_space_lacks_is_the_mean_of_its_tokens(tokens: Space) -> None:
    found = tokens.find("octopuses", exact=False)
    pieces = [tokens.words.index(piece) for piece in (" oct", "opus", "es")]
    assert found.composite
    assert found.row is None
    assert found.word == " octopuses"
    assert found.pieces == tuple(pieces)
    np.testing.assert_allclose(found.vector, tokens.vectors[pieces].mean(axis=0), rtol=1e-6)


def test_the_bundled_words_know_no_capitals(words: Space) -> None:
    assert words.find("Italy", exact=False).word == "italy"


def test_an_unknown_word_brings_near_ones(words: Space) -> None:
    with pytest.raises(UnknownWord, match="“kign” is not among the words of GloVe word vectors") as caught:
        words.find("kign")
    assert "king" in caught.value.near
    with pytest.raises(UnknownWord, match="octopodes"):
        words.find("octopodes")


def test_positions_are_named_by_number() -> None:
    space = position_space(np.eye(4, dtype=np.float32))
    assert space.find("3").vector.tolist() == [0, 0, 0, 1]


def test_repeated_tokens_of_a_text_are_told_apart() -> None:
    assert told_apart([" the", " cat", " the", " the"]) == (" the", " cat", " the#2", " the#3")
    assert told_apart(["a", "a#2", "a", "a"]) == ("a", "a#2", "a#3", "a#4")
    space = contextual_space([" the", " cat", " the"], np.eye(3, dtype=np.float32), "layer 2")
    assert space.find("the#2", exact=False).vector.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("words", "vectors", "message"),
    [
        (["a"], np.ones((2, 3)), "2 vectors for 1 words"),
        ([], np.ones((0, 3)), "no vectors"),
        (["a"], np.ones(3), "no vectors"),
        (["a", "b"], np.array([[1.0, np.nan], [1.0, 2.0]]), "infinite or undefined"),
        (["a", "b"], np.array([[1.0, 0.0], [np.inf, 2.0]]), "infinite or undefined"),
    ],
)
def test_what_is_no_space_is_refused(words: list[str], vectors: np.ndarray, message: str) -> None:
    with pytest.raises(VectorError, match=re.escape(message)):
        make_space("It", Kind.TOKENS, words, vectors)
