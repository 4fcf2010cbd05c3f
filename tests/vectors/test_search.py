from hypothesis import given
from hypothesis import strategies as st

from vectarium.vectors.search import WordIndex, fold
from vectarium.vectors.spaces import Space

TOKENS = ("king", " kingdom", " king", "King", " King", "\n", " ", "  ", "", "ki", "Straße", "\udce2")


def _completed(typed: str, *, folded: bool = False, limit: int = 20) -> list[str]:
    return [found.word for found in WordIndex(TOKENS).complete(typed, limit, folded=folded)]


def test_what_was_not_typed_may_be_there() -> None:
    assert _completed("king") == ["king", " king", "King", " King", " kingdom"]


def test_the_very_word_that_was_typed_comes_first() -> None:
    words = (" King", "King", " king", "king")
    assert [each.word for each in WordIndex(words).complete("king")] == ["king", " king", " King", "King"]
    assert [each.word for each in WordIndex(words).complete(" king")] == [" king", " King"]


def test_what_was_typed_must_be_there() -> None:
    assert _completed("King") == ["King", " King"]
    assert _completed(" king") == [" king", " King", " kingdom"]
    assert _completed(" King") == [" King"]


def test_twins_fold_into_the_first_of_them() -> None:
    found = WordIndex(TOKENS).complete("KING", folded=True)
    assert [(each.word, each.twins) for each in found] == [("king", (2, 3, 4)), (" kingdom", ())]


def test_whole_matches_come_first_then_the_order_of_the_space(words: Space) -> None:
    found = words.index.complete("cat", limit=500)
    assert found[0].word == "cat"
    expected = [row for row, word in enumerate(words.words) if word.startswith("cat") and word != "cat"]
    assert [each.row for each in found[1:]] == expected[:499]


def test_capitals_do_not_matter_where_there_are_none(words: Space) -> None:
    assert "wikipedia" in [each.word for each in words.index.complete("Wiki", 3)]


def test_odd_tokens_are_found_too() -> None:
    assert _completed("\n") == ["\n"]
    assert _completed("stras") == ["Straße"]
    assert _completed("\udce2") == ["\udce2"]
    assert _completed("") == []


def test_twins_differ_by_case_and_one_space() -> None:
    assert fold(" King") == fold("king") == "king"
    assert fold("  king") == " king"
    assert fold(" ") == " "
    assert WordIndex(TOKENS).twins("KING") == (0, 2, 3, 4)
    assert WordIndex(TOKENS).distinct == len({fold(token) for token in TOKENS})


@given(st.lists(st.text("aAbB ", max_size=4), max_size=12), st.text("aAbB ", min_size=1, max_size=3))
def test_completion_finds_what_a_scan_of_everything_finds(words: list[str], typed: str) -> None:
    found = {each.row for each in WordIndex(words).complete(typed, 50)}
    capitals = any(word != word.lower() for word in words)
    wanted = typed if capitals else typed.lower()
    expected = set()
    for row, word in enumerate(words):
        text = word if wanted.startswith(" ") or not word.startswith(" ") else word[1:]
        begins = fold(word).startswith(fold(wanted)) and (not wanted.startswith(" ") or word.startswith(" "))
        if begins and all(b in (a, a.lower()) for a, b in zip(text, wanted, strict=False)):
            expected.add(row)
    assert found == expected


def test_near_words_are_spelt_alike(words: Space) -> None:
    for misspelt, meant in {
        "kign": "king",
        "quen": "queen",
        "musolini": "mussolini",
        "wikpedia": "wikipedia",
        "Womann": "woman",
        "octopodes": "octopus",
    }.items():
        assert meant in words.index.near(misspelt), misspelt
    assert words.index.near("qqqqzzzzxxxx") == ()


@given(st.text(max_size=30))
def test_near_words_of_any_text_are_words(text: str) -> None:
    index = WordIndex(TOKENS)
    assert set(index.near(text)) <= set(TOKENS)
