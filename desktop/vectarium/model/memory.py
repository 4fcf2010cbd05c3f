"""Memory for weights, all of which a pass reads."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 2**26  # bytes; what is not written to is not taken from other programs
_APART = 64  # bytes of a cache line: no vector of a processor is longer


class Memory:
    """Hands out pieces of large chunks.

    NumPy asks for large pages for them, where there are such. Of the time that reading small pages takes,
    more than a quarter goes into finding them: 40 ms against 29 for 124 million float32 weights.
    """

    def __init__(self) -> None:
        self._free = np.empty(0, np.uint8)

    def array(self, shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray[Any]:
        """Not filled with anything."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if size > self._free.size:
            chunk = np.empty(max(size, _CHUNK) + _APART, np.uint8)
            self._free = chunk[-chunk.ctypes.data % _APART :]
        piece, self._free = self._free[:size], self._free[-(-size // _APART) * _APART :]
        array: NDArray[Any] = piece.view(dtype).reshape(shape)
        return array
