"""A vector space whose points have names: word vectors, token embeddings, positions, residual vectors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.vectors.arrays import Floats, VectorError, read_only
from vectarium.vectors.coarse import Coarse, coarse
from vectarium.vectors.search import WordIndex
from vectarium.vocabulary import visible

Split = Callable[[str], Sequence[int]]
"""Splits a text into rows of the space, as the model's tokenizer does."""


class Kind(Enum):
    """What the points of a space are."""

    WORDS = "words"
    TOKENS = "tokens"
    UNEMBEDDING = "unembedding"
    POSITIONS = "positions"
    CONTEXT = "context"


@dataclass(frozen=True, eq=False)
class WordVector:
    """A word and its vector: a row of the space, or the mean of its tokens where the space lacks it."""

    word: str
    vector: Floats  # [dim]
    row: int | None
    pieces: tuple[int, ...] = ()  # rows of the tokens of a composite word

    @property
    def composite(self) -> bool:
        return self.row is None


class UnknownWord(VectorError):
    """The space lacks ``word`` and cannot compose it; ``near`` are words spelt like it."""

    def __init__(self, word: str, space: str, near: tuple[str, ...]) -> None:
        self.word = word
        self.near = near
        message = f"“{visible(word)}” is not among the words of {space}."
        if near:
            message += f" Did you mean {' or '.join(f'“{visible(other)}”' for other in near)}?"
        super().__init__(message)


@dataclass(frozen=True, eq=False)
class Space:
    """Named points of one vector space.

    ``words`` are the raw texts (a leading space is a space), ``ids`` their token ids, positions or ranks by
    frequency. Make one with `make_space` and its like, which check what they are given.
    """

    name: str
    kind: Kind
    words: tuple[str, ...]
    vectors: Floats  # [word, dim], read-only
    ids: NDArray[np.int32]  # [word], read-only
    split: Split | None = None

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dim(self) -> int:
        return int(self.vectors.shape[1])

    @cached_property
    def norms(self) -> Floats:
        """Lengths of the vectors, [word]."""
        return read_only(np.sqrt(np.einsum("wd,wd->w", self.vectors, self.vectors)))

    @cached_property
    def coarse(self) -> Coarse | None:
        """The vectors in eight bits, where that makes a search faster. The first use takes a moment."""
        return coarse(self.vectors)

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of each word, the first one where a word stands for several."""
        rows: dict[str, int] = {}
        for row, word in enumerate(self.words):
            rows.setdefault(word, row)
        return MappingProxyType(rows)

    @cached_property
    def index(self) -> WordIndex:
        """Search by spelling. The first use takes about a second for 400,000 words."""
        return WordIndex(self.words)

    def at(self, row: int) -> WordVector:
        """The point of ``row``."""
        return WordVector(self.words[row], self.vectors[row], row)

    def row_of(self, word: str, *, exact: bool = True) -> int | None:
        """The row of ``word``, None where the space lacks it.

        Where ``exact`` is false, a word in a space of tokens means the token that begins a word if there is
        one: " king" before "king". The bundled word vectors know no capitals: "Italy" is "italy" there.
        """
        for spelling in self._spellings(word, exact):
            if (row := self.rows.get(spelling)) is not None:
                return row
        return None

    def find(self, word: str, *, exact: bool = True) -> WordVector:
        """The vector of ``word``, spelt as `row_of` says; the mean of its tokens where the space lacks it.

        Raises UnknownWord where the space lacks it and has no tokens to compose it of.
        """
        row = self.row_of(word, exact=exact)
        if row is not None:
            return self.at(row)
        if self.split is not None and word.strip():
            text = self._spellings(word, exact)[0]
            pieces = tuple(int(piece) for piece in self.split(text))
            if pieces and all(0 <= piece < len(self) for piece in pieces):
                if len(pieces) == 1:
                    return self.at(pieces[0])
                mean = self.vectors[list(pieces)].mean(axis=0, dtype=np.float64).astype(np.float32)
                return WordVector(text, read_only(mean), None, pieces)
        raise UnknownWord(word, self.name, self.index.near(word))

    def _spellings(self, word: str, exact: bool) -> tuple[str, ...]:
        if self.kind is Kind.WORDS:
            return (word, word.lower())
        if exact or self.kind is Kind.POSITIONS or word.startswith(" "):
            return (word,)
        return (" " + word, word)


def make_space(
    name: str,
    kind: Kind,
    words: Sequence[str],
    vectors: NDArray[np.floating[Any]],
    *,
    ids: Sequence[int] | NDArray[np.integer[Any]] | None = None,
    split: Split | None = None,
) -> Space:
    """A space of ``vectors`` [word, dim]; ``ids`` are the row numbers where none are given.

    float32 vectors are not copied: the space's are a read-only view, and whoever made them must leave them
    alone. Raises VectorError where the sizes disagree, there is nothing, or a number is not finite.
    """
    if vectors.ndim != 2 or not vectors.size:
        raise VectorError(f"{name} has no vectors: a table of words × dimensions is needed.")
    if len(words) != len(vectors):
        raise VectorError(f"{name} has {len(vectors)} vectors for {len(words)} words.")
    narrow = np.ascontiguousarray(vectors, np.float32).view()
    if not all(np.isfinite(narrow[start : start + 8192]).all() for start in range(0, len(narrow), 8192)):
        raise VectorError(f"{name} holds numbers that are infinite or undefined, so nothing can be measured.")
    numbers = np.arange(len(words)) if ids is None else np.asarray(ids)
    if numbers.shape != (len(words),):
        raise VectorError(f"{name} has {numbers.size} ids for {len(words)} words.")
    return Space(name, kind, tuple(words), read_only(narrow), read_only(numbers.astype(np.int32)), split)


def position_space(vectors: NDArray[np.floating[Any]]) -> Space:
    """The learned positions [position, dim], named by their numbers from 0."""
    return make_space(
        "Positions W_pos", Kind.POSITIONS, [str(place) for place in range(len(vectors))], vectors
    )


def contextual_space(words: Sequence[str], vectors: NDArray[np.floating[Any]], name: str) -> Space:
    """Residual vectors [position, dim] of the tokens of a text at one layer.

    A token that occurs again is told apart by its count: " the", " the#2", …
    """
    return make_space(name, Kind.CONTEXT, told_apart(words), vectors)


def told_apart(words: Sequence[str]) -> tuple[str, ...]:
    """``words`` with "#2", "#3", … after the second, third, … that is the same."""
    taken = set(words)
    counts: dict[str, int] = {}
    names: list[str] = []
    for word in words:
        count = counts.get(word, 0) + 1
        name = word if count == 1 else f"{word}#{count}"
        while count > 1 and name in taken:
            count += 1
            name = f"{word}#{count}"
        counts[word] = count
        taken.add(name)
        names.append(name)
    return tuple(names)
