"""The tokens of a model: their exact bytes, and how they are drawn.

A token of a byte-level tokenizer is a run of bytes and need not be a whole character. Text therefore
travels as Python strings decoded with ``surrogateescape``: a byte that is not part of valid UTF-8
becomes one lone surrogate (U+DC80 to U+DCFF), so every sequence of tokens has a text and that text
gives back the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vectarium.words import APART, Edges, Ints, edges_of, word_starts

_GLYPHS = {" ": "␣", "\n": "⏎", "\t": "⇥", "\u00a0": "⍽"}
# Not the control pictures (␀, ␍, …): their letters are too small to be read in a hall.
_GLYPHS |= {chr(code): f"⟨{code:02X}⟩" for code in (*range(32), 127) if chr(code) not in _GLYPHS}

_ESCAPED_BYTES = re.compile("([\udc80-\udcff]+)")

_DOTTED_CIRCLE = "\u25cc"


@dataclass(frozen=True)
class Vocabulary:
    """Every token id's bytes and label, in the order of the ids.

    ``labels`` never hold a raw control character or U+FFFD: see `visible`. A special token's label is
    its name, its bytes are its name in UTF-8.
    """

    token_bytes: tuple[bytes, ...]
    labels: tuple[str, ...]
    special: frozenset[int] = frozenset()
    end_of_text: int | None = None

    def __post_init__(self) -> None:
        if len(self.token_bytes) != len(self.labels):
            raise ValueError(f"{len(self.token_bytes)} tokens have {len(self.labels)} labels.")

    def __len__(self) -> int:
        return len(self.token_bytes)

    @cached_property
    def fingerprint(self) -> str:
        """Equal for vocabularies in which every id stands for the same bytes."""
        digest = hashlib.sha256()
        for token in self.token_bytes:
            digest.update(len(token).to_bytes(4, "little") + token)
        return digest.hexdigest()

    def plain(self, token: int) -> str:
        """The text of one token for a file: itself where it is whole characters, otherwise its label."""
        try:
            return self.token_bytes[token].decode("utf-8")
        except UnicodeDecodeError:
            return self.labels[token]

    def text(self, ids: Iterable[int]) -> str:
        """The text of ``ids``, lossless: bytes outside valid UTF-8 become lone surrogates.

        Raises IndexError for an id outside the vocabulary.
        """
        return self._bytes(ids).decode("utf-8", "surrogateescape")

    def spans(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """Where each token lies in ``text(ids)``: character start and end, [token, 2].

        A character belongs to the token that holds its first byte; a token that only continues a
        character has an empty span. Spans follow one another without gaps.
        """
        ids = [int(token) for token in ids]
        characters = np.frombuffer(
            self.text(ids).encode("utf-32-le", "surrogatepass"), dtype=np.uint32
        )  # [character] code points
        sizes = 1 + (characters > 0x7F) + (characters > 0x7FF) + (characters > 0xFFFF)  # in UTF-8
        sizes[(characters >= 0xDC80) & (characters <= 0xDCFF)] = 1
        first_byte = np.concatenate([[0], np.cumsum(sizes)])[:-1]  # [character]
        boundary = np.concatenate([[0], np.cumsum([len(self.token_bytes[token]) for token in ids])])
        edges = np.searchsorted(first_byte, boundary, side="left")
        return np.stack([edges[:-1], edges[1:]], axis=1).astype(np.int64)

    def word_starts(self, ids: NDArray[np.integer]) -> Ints:
        """The first token of each word of a text, [word]. A special token is a word of its own."""
        return word_starts(self.word_edges[ids])

    @cached_property
    def word_edges(self) -> Edges:
        """How each token begins and ends, for `words.word_starts`: [token, 2]."""
        edges = edges_of(self.token_bytes)
        edges[sorted(self.special)] = APART
        return edges

    def word_labels(self, ids: NDArray[np.integer], starts: Ints) -> tuple[str, ...]:
        """The label of each word of a text, [word]."""
        tokens, ends = ids.tolist(), [*starts[1:].tolist(), len(ids)]
        return tuple(
            self.labels[tokens[start]] if end == start + 1 else visible(self.text(tokens[start:end]))
            for start, end in zip(starts.tolist(), ends, strict=True)
        )

    def _bytes(self, ids: Iterable[int]) -> bytes:
        pieces = []
        for token in ids:
            if not 0 <= token < len(self.token_bytes):
                raise IndexError(f"Token {token} is outside the vocabulary of {len(self)} tokens.")
            pieces.append(self.token_bytes[token])
        return b"".join(pieces)


def visible(text: str) -> str:
    """``text`` with a glyph for everything that would otherwise not show.

    Space ␣, newline ⏎, tab ⇥, no-break space ⍽, other ASCII control characters and stray bytes (lone
    surrogates of ``surrogateescape``) in hex, ⟨0D⟩, ⟨E2 82⟩; other characters without a picture of their
    own (format, exotic spaces, unassigned, U+FFFD) as ⟨U+200B⟩; a combining mark at the very start sits
    on a dotted circle.
    """
    if text.isprintable() and "\ufffd" not in text:
        shown = text.replace(" ", "␣")
    else:
        shown = "".join(
            _hexadecimal(part) if "\udc80" <= part[0] <= "\udcff" else "".join(map(_glyph, part))
            for part in _ESCAPED_BYTES.split(text)
            if part
        )
    if shown and unicodedata.category(shown[0]) in ("Mn", "Me", "Mc"):
        shown = _DOTTED_CIRCLE + shown
    return shown


def _hexadecimal(escaped: str) -> str:
    return "⟨" + " ".join(f"{ord(character) - 0xDC00:02X}" for character in escaped) + "⟩"


def _glyph(character: str) -> str:
    if character in _GLYPHS:
        return _GLYPHS[character]
    if character.isprintable() and character != "\ufffd":
        return character
    return f"⟨U+{ord(character):04X}⟩"
