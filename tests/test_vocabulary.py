"""Tokens' bytes, labels and places in the text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectarium.vocabulary import Vocabulary, visible

BYTES = Vocabulary(
    token_bytes=tuple(bytes([value]) for value in range(256)),
    labels=tuple(str(value) for value in range(256)),
)


def made_of(*pieces: bytes) -> Vocabulary:
    return Vocabulary(pieces, tuple(repr(piece) for piece in pieces))


def test_text_joins_bytes_before_decoding():
    vocabulary = made_of(b"caf", b"\xc3", b"\xa9", b" \xe2\x82", b"\xac!")
    assert vocabulary.text([0, 1, 2]) == "café"
    assert vocabulary.text([3, 4]) == " €!"
    assert vocabulary.text([]) == ""


def test_text_of_a_stray_byte_gives_the_byte_back():
    vocabulary = made_of(b"a", b"\xe2\x82")
    text = vocabulary.text([1, 0])
    assert text == "\udce2\udc82a"
    assert text.encode("utf-8", "surrogateescape") == b"\xe2\x82a"


@pytest.mark.parametrize("token", [-1, 256])
def test_text_of_an_unknown_id_names_it(token):
    with pytest.raises(IndexError, match=f"Token {token} is outside the vocabulary of 256 tokens"):
        BYTES.text([token])


def test_a_character_belongs_to_the_token_with_its_first_byte():
    vocabulary = made_of(b"x\xe2", b"\x82", b"\xacy", b"\xff", "𝄞z".encode())
    assert vocabulary.text([0, 1, 2, 3, 4]) == "x€y\udcff𝄞z"
    assert vocabulary.spans([0, 1, 2, 3, 4]).tolist() == [[0, 2], [2, 2], [2, 3], [3, 4], [4, 6]]


def test_spans_of_nothing():
    assert BYTES.spans([]).shape == (0, 2)


@given(st.lists(st.integers(0, 255), max_size=30))
def test_bytes_survive_and_spans_partition_the_text(ids):
    text = BYTES.text(ids)
    assert text.encode("utf-8", "surrogateescape") == bytes(ids)
    spans = BYTES.spans(ids)
    edges = [0, *spans[:, 1]]
    assert edges[-1] == len(text)
    assert np.array_equal(spans[:, 0], edges[:-1])
    # Every character starts at the token whose byte is its first one.
    for index, (start, end) in enumerate(spans):
        before = bytes(ids[:index])
        assert text[:start].encode("utf-8", "surrogateescape")[: len(before)] == before
        assert end - start <= 1


@given(st.text(max_size=30))
def test_spans_of_whole_text_are_its_character_starts(text):
    ids = list(text.encode("utf-8", "surrogatepass"))
    vocabulary_text = BYTES.text(ids)
    starts = [start for start, end in BYTES.spans(ids) if end > start]
    assert starts == list(range(len(vocabulary_text)))


def test_labels_must_match_tokens():
    with pytest.raises(ValueError, match="2 tokens have 1 labels"):
        Vocabulary((b"a", b"b"), ("a",))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" the", "␣the"),
        ("a\n\tb", "a⏎⇥b"),
        ("\0\r\x1b\x7f", "⟨00⟩⟨0D⟩⟨1B⟩⟨7F⟩"),
        ("\u00a0", "⍽"),
        ("\udce2\udc82 x", "⟨E2 82⟩␣x"),
        ("é€𝄞", "é€𝄞"),
        ("\u200b", "⟨U+200B⟩"),
        ("\x85\u2028\u3000", "⟨U+0085⟩⟨U+2028⟩⟨U+3000⟩"),
        ("\ud83d", "⟨U+D83D⟩"),
        ("\ufffd", "⟨U+FFFD⟩"),
        ("\u0301a", "\u25cc\u0301a"),
        ("שלום", "שלום"),
        ("", ""),
    ],
)
def test_visible(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_visible_shows_everything(text):
    shown = visible(text)
    assert shown.isprintable()
    assert "\ufffd" not in shown
    assert " " not in shown or any("\udc80" <= character <= "\udcff" for character in text)
