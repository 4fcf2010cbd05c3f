"""Vectors in eight bits: what is near among them is found with a quarter of what memory has to give."""

from __future__ import annotations

import logging

import numpy as np

from vectarium.vectors.arrays import Doubles, Floats

log = logging.getLogger(__name__)

WORTH_IT = 2**22
"""Numbers, of which float32 takes 16 MB: fewer lie next to the processor anyway."""
_MOST = np.float32(127)
_AT_ONCE = 512  # vectors, which stay next to the processor while they are rounded


class Coarse:
    """Each of some vectors as whole numbers up to 127 and the length of their unit.

    Raises whatever goes wrong where this computer gets no machine code.
    """

    def __init__(self, vectors: Floats) -> None:
        """Of ``vectors`` [word, dim]: 0.06 s for 50,257 × 768."""
        from vectarium.machine_code import products

        self._products = products
        count = len(vectors)
        self._whole = np.empty(vectors.shape, np.int8)
        self._units = np.empty(count, np.float32)
        self._lengths = np.empty(count, np.float32)  # of the rounded vectors
        self._misses = np.empty(count, np.float32)  # lengths of what rounding took away
        for start in range(0, count, _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            exact = vectors[some]
            units = np.abs(exact).max(axis=1, keepdims=True) / _MOST
            units[units == 0] = 1
            rounded = exact / units
            # A unit so short that it has lost digits itself would make them larger.
            np.clip(np.rint(rounded, out=rounded), -_MOST, _MOST, out=rounded)
            self._whole[some] = rounded
            rounded *= units
            self._units[some] = units[:, 0]
            self._lengths[some] = np.sqrt(np.vecdot(rounded, rounded))
            rounded -= exact
            self._misses[some] = np.sqrt(np.vecdot(rounded, rounded))

    def dots(self, query: Doubles) -> tuple[Floats, Floats]:
        """The dot product of each vector with ``query`` [dim], and by how much it may be off, [word] each.

        With v + m and q + n, of which v and q are the rounded ones and m and n what rounding took away, that
        is |m · (q + n) + v · n|, at most |m| |q + n| + |v| |n|. Beside it, float32 rounds as it does.
        """
        most = min(2**15, 2**31 // (int(_MOST) * len(query))) - 1
        unit = float(np.abs(query).max()) / most or 1.0
        rounded = np.rint(query / unit)
        found = np.empty(len(self._whole), np.int32)
        self._products.dots(self._whole, rounded.astype(np.int16), found)
        dots = found.astype(np.float32)
        dots *= self._units
        dots *= np.float32(unit)
        off = self._misses * np.float32(np.linalg.norm(query))
        off += self._lengths * np.float32(np.linalg.norm(query - unit * rounded))
        return dots, off


def coarse(vectors: Floats) -> Coarse | None:
    """``vectors`` [word, dim] in eight bits, None where reading them all is as good."""
    if vectors.size < WORTH_IT:
        return None
    try:
        return Coarse(vectors)
    except Exception:  # whatever goes wrong there, NumPy finds the same with the vectors themselves
        log.exception("There is no machine code for this computer")
        return None
