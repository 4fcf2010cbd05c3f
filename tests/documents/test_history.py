"""Undo gathers the letters of a word, and nothing more."""

from itertools import pairwise

from vectarium.documents import history as undo
from vectarium.documents.document import Branch, Document
from vectarium.documents.history import History


def typed(history: History, document: Document, *texts: str) -> str:
    for before, after in pairwise(texts):
        history.keep_before_edit((document, before), after)
    return texts[-1]


def test_the_letters_of_a_word_are_one_step():
    history, document = History(), Document()
    text = typed(history, document, "", "o", "on", "one", "one ", "one t", "one tw", "one two")
    assert history.undo((document, text)) == (document, "one")
    assert history.undo((document, "one")) == (document, "")
    assert not history.can_undo


def test_redo_brings_back_what_undo_left_until_something_new_is_typed():
    history, document = History(), Document()
    typed(history, document, "", "a")
    assert history.undo((document, "a")) == (document, "")
    assert history.redo((document, "")) == (document, "a")
    history.undo((document, "a"))
    typed(history, document, "", "b")
    assert not history.can_redo


def test_a_paste_and_a_change_of_place_are_steps_of_their_own():
    history, document = History(), Document()
    text = typed(history, document, "", "pasted text", "pasted texts", "xpasted texts")
    for expected in ("pasted texts", "pasted text", ""):
        text = history.undo((document, text))[1]
        assert text == expected


def test_deleting_letter_by_letter_is_one_step():
    history, document = History(), Document()
    text = typed(history, document, "", "word", "wor", "wo", "w")
    assert history.undo((document, text))[1] == "word"


def test_documents_come_back_whole():
    history = History()
    first = Document((Branch((1, 2), (None, None)),))
    history.keep((first, "one two"))
    assert history.undo((Document(), "")) == (first, "one two")


def test_undo_is_shorter_in_long_texts_but_not_too_short(monkeypatch):
    monkeypatch.setattr(undo, "MOST_TOKENS", 100)
    monkeypatch.setattr(undo, "SHORTEST", 2)
    history = History()

    def keep(*texts: int) -> None:
        for tokens in texts:
            history.keep((Document((Branch((7,) * tokens, (None,) * tokens),)), "text"))

    def kept() -> list[int]:
        return [len(document.branch) for document in history.documents]

    keep(*[10] * 12)
    assert kept() == [10] * 10
    keep(45)
    assert kept() == [10] * 5 + [45]
    keep(99, 98)
    assert kept() == [99, 98]


def test_it_tells_the_documents_of_undo_and_of_redo():
    history = History()
    first, second, third = (Document((Branch((token,), (None,)),)) for token in (1, 2, 3))
    history.keep((first, "one"))
    history.keep((second, "two"))
    history.undo((third, "three"))
    assert history.documents == (first, third)
