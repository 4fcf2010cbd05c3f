import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vectarium.vectors.expressions import Expression, ExpressionError, parse, quoted


def _terms(text: str, *known: str) -> list[tuple[float, str]]:
    return [(term.weight, term.word) for term in parse(text, known.__contains__).terms]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("king", [(1, "king")]),
        ("king - man + woman", [(1, "king"), (-1, "man"), (1, "woman")]),
        ("king-man+woman", [(1, "king"), (-1, "man"), (1, "woman")]),
        ("king − man – woman", [(1, "king"), (-1, "man"), (-1, "woman")]),
        ("2*cat - dog", [(2, "cat"), (-1, "dog")]),
        ("cat*2 × 3", [(6, "cat")]),
        ("0.5 · cat", [(0.5, "cat")]),
        (".5*cat", [(0.5, "cat")]),
        ("1e3*cat - 2.5E-1*dog", [(1000, "cat"), (-0.25, "dog")]),
        ("1e+2*cat - 1e", [(100, "cat"), (-1, "1e")]),
        ("2e-cat", [(1, "2e"), (-1, "cat")]),
        ("cat / 4 ÷ 2", [(0.125, "cat")]),
        ("1/2 * cat", [(0.5, "cat")]),
        ("(1 + 2) * cat", [(3, "cat")]),
        ("2 * (king - man) / 4", [(0.5, "king"), (-0.5, "man")]),
        ("-(king - (man - woman))", [(-1, "king"), (1, "man"), (-1, "woman")]),
        ("- king", [(-1, "king")]),
        ("king - -man", [(1, "king"), (1, "man")]),
        ("2*-cat", [(-2, "cat")]),
        ("cat + cat", [(1, "cat"), (1, "cat")]),
        ("don't + 's + 3d + naïve + 東京", [(1, "don't"), (1, "'s"), (1, "3d"), (1, "naïve"), (1, "東京")]),
    ],
)
def test_an_expression_is_a_sum_of_weighted_words(text: str, terms: list[tuple[float, str]]) -> None:
    assert _terms(text) == terms


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('" king"', " king"),
        ("“New York”", "New York"),
        ("„New York“", "New York"),
        ('"“"', "“"),
        ('"1945"', "1945"),
        ('"a - b"', "a - b"),
        (r'" \" \\ \n\t\r"', ' " \\ \n\t\r'),
        ("␣king", " king"),
    ],
)
def test_quotes_mean_exactly_what_is_in_them(text: str, word: str) -> None:
    (term,) = parse(text).terms
    assert (term.word, term.exact) == (word, True)


def test_a_hyphen_belongs_to_a_word_that_there_is() -> None:
    assert _terms("semi-final - cat", "semi-final") == [(1, "semi-final"), (-1, "cat")]
    assert _terms("semi-final-cat", "semi-final") == [(1, "semi-final"), (-1, "cat")]
    assert _terms("up-to-date", "up-to", "up-to-date") == [(1, "up-to-date")]
    assert _terms("semi-final") == [(1, "semi"), (-1, "final")]
    assert _terms("2-year*3", "2-year") == [(3, "2-year")]
    assert _terms("(3-2)*cat", "3-2") == [(1, "cat")]
    assert _terms("sister-in-law-(a)", "sister-in-law") == [(1, "sister-in-law"), (-1, "a")]


def test_terms_know_their_place_in_the_text() -> None:
    text = '2 * (king - " man")'
    assert [text[term.start : term.end] for term in parse(text).terms] == ["king", '" man"']


@pytest.mark.parametrize(
    ("text", "part", "message"),
    [
        ("", "", "Type a word"),
        ("   ", "   ", "Type a word"),
        ("king -", "-", "missing at the end"),
        ("king - * man", "*", "missing before this “\\*”"),
        ("()", ")", "missing before"),
        ("king man", "man", "operator is missing before “man”"),
        ("2 cat", "cat", "operator is missing"),
        ("(king man)", "man", "operator is missing"),
        ("(king", "(", "never closed"),
        ("king)", ")", "no opening one"),
        ('king + "man', '"man', "never closed"),
        ('king + ""', '""', "nothing in these quotes"),
        (r'"a\q"', r"\q", "backslash"),
        ('"a\\', "\\", "backslash"),
        ("king * queen", "king * queen", "multiplied by numbers only"),
        ("cat + king / queen", "queen", "divided by numbers only"),
        ("2 / king", "king", "divided by numbers only"),
        ("king / (2 - 2)", "(2 - 2)", "divided by zero"),
        ("3", "3", 'to mean the word "3"'),
        ("king - 2", "2", "A number alone"),
        ("1.5 + king", "1.5 ", 'to mean the word "1.5"'),
        ("9" * 400 + " * cat", "9" * 400, "too large"),
        ("cat - 1e999*dog", "1e999", "too large"),
        ("2e-3", "2e-3", 'to mean the word "0.002"'),
        ("cat" + " * 9" + "0" * 200 + " * 9" + "0" * 200, "cat", "more than can be reckoned"),
        ("(" * 101 + "cat" + ")" * 101, "(", "are too many"),
        ("-" * 5000 + "cat", "-", "are too many"),
    ],
)
def test_an_error_says_what_is_wrong_and_where(text: str, part: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text)
    assert text[caught.value.start : caught.value.end] == part


def test_a_hundred_brackets_are_fine() -> None:
    assert _terms("(" * 100 + "cat" + ")" * 100) == [(1, "cat")]


_WORDS = st.one_of(
    st.sampled_from(["king", "don't", "semi-final", "3d", " king", "1945", 'a"b', "\\", "a\nb", "␣", "“”"]),
    st.text(min_size=1, max_size=8),
)
_WEIGHTS = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda weight: abs(weight) > 1e-300 or weight == 0)


@given(st.lists(st.tuples(_WEIGHTS, _WORDS), min_size=1, max_size=6))
def test_what_is_written_is_read_back(terms: list[tuple[float, str]]) -> None:
    text = " + ".join(f"({weight:.20f}) * {quoted(word)}" for weight, word in terms)
    parsed = parse(text)
    assert [term.word for term in parsed.terms] == [word for _, word in terms]
    for term, (weight, _) in zip(parsed.terms, terms, strict=True):
        assert term.weight == pytest.approx(weight, abs=1e-19)
    again = parse(str(parsed))
    assert [(t.weight, t.word, t.exact) for t in again.terms] == [
        (t.weight, t.word, t.exact) for t in parsed.terms
    ]
    assert str(again) == str(parsed)


_PIECES = st.sampled_from(
    [
        "king",
        "man",
        " ",
        "+",
        "-",
        "−",
        "*",
        "/",
        "(",
        ")",
        '"',
        "“",
        "”",
        "\\",
        "2",
        ".5",
        "1e3",
        "e-2",
        "0",
        "␣",
        "'",
        "é",
        "-in-",
    ]
)


@settings(max_examples=500)
@given(st.one_of(st.text(), st.lists(_PIECES, max_size=25).map("".join)))
@example("\ud800")
@example("0*king/0.0000001")
def test_any_text_is_an_expression_or_its_own_error(text: str) -> None:
    parsed: Expression | ExpressionError
    try:
        parsed = parse(text, lambda word: word.endswith("man"))
    except ExpressionError as error:
        parsed = error
    if isinstance(parsed, ExpressionError):
        assert str(parsed)
        assert 0 <= parsed.start <= parsed.end <= len(text)
        return
    assert parsed.terms
    for term in parsed.terms:
        assert math.isfinite(term.weight)
        assert 0 <= term.start < term.end <= len(text)
        if not term.exact:
            assert text[term.start : term.end] == term.word
    again = parse(str(parsed), lambda word: word.endswith("man"))
    assert [(t.weight, t.word, t.exact) for t in again.terms] == [
        (t.weight, t.word, t.exact) for t in parsed.terms
    ]
