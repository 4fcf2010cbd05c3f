"""The words of a text that is cut into tokens, and attention between words in place of tokens. Numpy alone.

A token opens a word if it begins with white space, or if it begins with a letter or digit after a token that
ended with neither, or the other way round: “don’t” is one word, “stop!” two.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Edges = npt.NDArray[np.int8]
Floats = npt.NDArray[np.floating]
WORDS_TIP = (
    "Show words in place of tokens: attention to a word is the sum over its tokens, attention from a word "
    "the mean over its tokens"
)
OTHER, INSIDE, APART = range(3)  # how a piece begins or ends: a mark, within a word, never joined


def edges_of(pieces: Iterable[bytes]) -> Edges:
    """How each piece of a text begins and ends, [piece, 2]."""
    pieces = tuple(pieces)
    sizes = np.fromiter(map(len, pieces), np.int64, len(pieces))
    held = np.frombuffer(b"".join(pieces) + b"\0", np.uint8)
    starts = np.cumsum(sizes) - sizes
    # Nearly all begin and end with ASCII, and are looked up; only the others are decoded.
    edges = _ASCII[np.minimum(held[np.stack([starts, starts + np.maximum(sizes, 1) - 1], axis=1)], 128)]
    edges[sizes == 0] = OTHER
    for index in np.flatnonzero((edges < 0).any(axis=1)).tolist():
        text = pieces[index].decode("utf-8", "replace")
        edges[index] = _kind(text[:1]), _kind(text[-1:])
    return edges


def _kind(character: str) -> int:
    if character.isspace():
        return APART
    # A replaced character is a piece of one that goes on in the next token.
    return INSIDE if character.isalnum() or character in ("’", "'", "\ufffd") else OTHER


_ASCII = np.array([*map(_kind, map(chr, range(128))), -1], np.int8)  # by byte; -1 for all that are not


def word_starts(edges: Edges) -> Ints:
    """The first piece of each word, [word]."""
    first, before = edges[1:, 0], edges[:-1, 1]
    opens = (first == APART) | (before == APART) | (first != before)
    return np.flatnonzero(np.concatenate([np.ones(min(1, len(edges)), bool), opens])).astype(np.int64)


def by_words(pattern: Floats, starts: Ints, first: int = 0) -> Floats:
    """Attention between words: to a word the sum over its tokens, from a word the mean over its tokens.

    `pattern` is [..., query - first, key] of tokens, `starts` [word] the first token of each word, and
    `first` one of them. The result is [..., word - first word, word]; its rows sum as those of `pattern` do.
    """
    if not len(starts):
        return pattern
    asking = starts[starts >= first] - first
    sizes = np.diff(np.append(asking, pattern.shape[-2]))
    summed = np.add.reduceat(pattern, starts, axis=-1)
    result: Floats = np.add.reduceat(summed, asking, axis=-2) / sizes[:, None]
    return result.astype(pattern.dtype, copy=False)
