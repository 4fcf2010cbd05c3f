"""Finding words by their spelling: completion while typing, and near words for one that is not there."""

import difflib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectarium.vectors.arrays import read_only

_LAST = chr(0x10FFFF)
_SCORED = 400  # candidates for a near word whose similarity is worked out in full


def fold(word: str) -> str:
    """``word`` without what tells twins apart: letter case and one leading space."""
    return (word[1:] if word.startswith(" ") and word.strip(" ") else word).casefold()


@dataclass(frozen=True)
class Completion:
    """A word that continues what was typed; ``twins`` are rows that differ from it by case or space only."""

    row: int
    word: str
    twins: tuple[int, ...] = ()


class WordIndex:
    """The words of a space in an order that makes search fast. Immutable once made.

    Making it takes about a second for 400,000 words: do so outside the GUI's thread.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._row_keys = keys = [fold(word) for word in words]
        self.distinct = len(set(keys))  # words that are left when twins count as one
        self._order = read_only(np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int32))
        self._keys = [keys[row] for row in self._order]  # sorted
        self._letters, self._lengths = _spelling(keys)
        self._cased = any(word != word.lower() for word in words)

    def __len__(self) -> int:
        return len(self._words)

    def key(self, row: int) -> str:
        """What the word of ``row`` has in common with its twins: `fold` of it."""
        return self._row_keys[row]

    def twins(self, word: str) -> tuple[int, ...]:
        """Rows of all words that are ``word`` but for case and a leading space, in the space's order."""
        low, high = self._range(fold(word), exact=True)
        return tuple(sorted(int(row) for row in self._order[low:high]))

    def complete(self, typed: str, limit: int = 20, *, folded: bool = False) -> tuple[Completion, ...]:
        """The words that begin with ``typed``: first whole matches, then in the order of the space.

        Of the whole matches the very word that was typed comes first.

        A leading space or a capital that was typed must be there; one that was not typed may be: "king"
        finds " king", "king" and "King", while "King" finds only the capitalized, except among words that
        have no capitals at all. ``folded`` ignores case and leading space and shows twins as one entry, the
        first of them in the space.
        """
        if not typed:
            return ()
        key = fold(typed)
        low, high = self._range(key)
        whole_low, whole_high = self._range(key, exact=True)
        whole = self._order[whole_low:whole_high].tolist()
        whole.sort(key=lambda row: self._unlikeness(row, typed))
        longer = np.concatenate([self._order[low:whole_low], self._order[whole_high:high]])
        found: list[Completion] = []
        seen: set[str] = set()
        for rows in (whole, _in_order(longer, 4 * limit)):
            for row in rows:
                word = self._words[row]
                if not folded and not _respects(word, typed if self._cased else typed.lower()):
                    continue
                twins: tuple[int, ...] = ()
                if folded:
                    if fold(word) in seen:
                        continue
                    seen.add(fold(word))
                    twins = tuple(twin for twin in self.twins(word) if twin != row)
                found.append(Completion(row, word, twins))
                if len(found) == limit:
                    return tuple(found)
        return tuple(found)

    def near(self, word: str, count: int = 3) -> tuple[str, ...]:
        """Up to ``count`` words spelt much like ``word``, the likest first, on a tie the earlier."""
        key = fold(word)
        if not key or not self._keys:
            return ()
        letters, lengths = _spelling([key])
        apart = np.bitwise_count(self._letters ^ letters[0]).astype(np.int32)
        apart += np.abs(self._lengths - lengths[0])
        low, high = self._range(key[:2])
        apart[self._order[low:high]] -= 2  # misspellings seldom touch the beginning
        rows = np.flatnonzero(apart <= 5)
        rows = rows[np.argsort(apart[rows], kind="stable")][:_SCORED]
        matcher = difflib.SequenceMatcher(autojunk=False)
        matcher.set_seq2(key)
        scored: dict[str, tuple[float, int]] = {}
        for row in rows.tolist():
            candidate = self._row_keys[row]
            matcher.set_seq1(candidate)
            if candidate not in scored and matcher.quick_ratio() >= 0.6 and (ratio := matcher.ratio()) >= 0.6:
                swapped = len(candidate) == len(key) and sorted(candidate) == sorted(key)
                score = ratio + 0.05 * (candidate[0] == key[0]) + 0.15 * swapped
                scored[candidate] = (-score, row)
        best = sorted(scored.values())[:count]
        return tuple(self._words[row] for _, row in best)

    def _unlikeness(self, row: int, typed: str) -> tuple[bool, bool, int]:
        """The word that was typed comes before its twins, then the one that differs by its space alone."""
        word = self._words[row]
        return word != typed, word.strip(" ") != typed.strip(" "), row

    def _range(self, key: str, *, exact: bool = False) -> tuple[int, int]:
        """Where keys that begin with (or are) ``key`` lie in the sorted order."""
        low = bisect_left(self._keys, key)
        return low, bisect_left(self._keys, key + ("\0" if exact else _LAST), lo=low)


def _in_order(rows: NDArray[np.int32], first: int) -> list[int]:
    """``rows`` ascending; the first few are sorted alone where there are many."""
    first = min(first, len(rows))
    parted = np.partition(rows, first) if first < len(rows) else rows
    return [*np.sort(parted[:first]).tolist(), *np.sort(parted[first:]).tolist()]


def _respects(word: str, typed: str) -> bool:
    """Whether ``word`` has the leading space and the capitals of ``typed``."""
    if typed.startswith(" ") and not word.startswith(" "):
        return False
    text = word if typed.startswith(" ") or not word.startswith(" ") else word[1:]
    return all(a == b or not b.isupper() for a, b in zip(text, typed, strict=False))


def _spelling(keys: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """For each key the set of its bytes as a bit mask, and its number of bytes."""
    encoded = [key.encode("utf-8", "surrogatepass") for key in keys]
    lengths = np.fromiter((len(each) for each in encoded), np.int32, len(encoded))
    if not encoded:
        return np.zeros(0, np.uint64), lengths
    text = np.frombuffer(b"\n".join(encoded) + b"\n", np.uint8)
    starts = np.concatenate([[0], np.cumsum(lengths[:-1].astype(np.int64) + 1)])
    letters = np.bitwise_or.reduceat(_BITS[text], starts)
    return letters, lengths


def _bits() -> NDArray[np.uint64]:
    """One bit a letter and a digit; other bytes share the remaining bits; the separator has none."""
    bits = np.zeros(256, np.uint64)
    alphabet = b"abcdefghijklmnopqrstuvwxyz0123456789"
    for byte in range(256):
        place = alphabet.find(byte) if byte in alphabet else len(alphabet) + byte % (64 - len(alphabet))
        bits[byte] = np.uint64(1 << place)
    bits[ord("\n")] = 0
    return bits


_BITS = _bits()
