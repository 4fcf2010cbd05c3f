"""How much of a text was copied: its longest run of words in common with any training story."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"\w+(?:'\w+)*")
_BASE = np.uint64(0x9E3779B97F4A7C15)


def words(text: str) -> list[str]:
    """Words without punctuation and capitals, so that a changed comma does not hide a copy."""
    return WORD.findall(text.lower())


def longest_common_runs(texts: Sequence[str], stories: Sequence[str]) -> NDArray[np.int64]:
    """For each text, the most successive words that also stand together in one of ``stories``: [text].

    Runs are compared by 64-bit polynomial hashes, for one length after the other, as long as any text
    still has a run of that length in common.
    """
    numbers: dict[str, int] = {}

    def numbered(pieces: Sequence[str]) -> list[NDArray[np.uint64]]:
        return [
            np.array([numbers.setdefault(w, len(numbers) + 1) for w in words(p)], np.uint64) for p in pieces
        ]

    known = [np.append(story, np.uint64(0)) for story in numbered(stories)]
    # Unknown numbers after the last word of each text and different ones after each story: no run crosses.
    haystack = np.concatenate(known)
    breaks = np.flatnonzero(haystack == 0)
    haystack[breaks] = np.arange(1, len(breaks) + 1, dtype=np.uint64) + np.uint64(2**40)
    needles = numbered(texts)
    longest = np.zeros(len(texts), dtype=np.int64)
    of_text = np.concatenate([np.full(len(n), i) for i, n in enumerate(needles)]).astype(np.int64)
    ends = np.cumsum([len(n) for n in needles])
    text_words = np.concatenate(needles)
    room = ends[of_text] - np.arange(len(text_words))  # words from here to the end of its text
    story_hash, text_hash = np.zeros_like(haystack), np.zeros_like(text_words)
    alive = np.arange(len(text_words))
    with np.errstate(over="ignore"):
        for length in range(1, len(haystack) + 1):
            alive = alive[room[alive] >= length]
            if not len(alive):
                break
            story_hash = story_hash[: len(haystack) - length + 1] * _BASE + haystack[length - 1 :]
            text_hash[alive] = text_hash[alive] * _BASE + text_words[alive + length - 1]
            wanted = np.unique(text_hash[alive])
            place = np.minimum(np.searchsorted(wanted, story_hash), len(wanted) - 1)
            present = wanted[np.unique(place[wanted[place] == story_hash])]
            alive = alive[np.isin(text_hash[alive], present)]
            longest[of_text[alive]] = length
    return longest
