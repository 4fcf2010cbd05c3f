"""Products of many short numbers, of which memory has to give less."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from vectarium.machine_code.compiling import OPTIONS


@njit("void(int8[:, ::1], int16[::1], int32[::1])", **OPTIONS)
def dots(vectors: Any, query: Any, found: Any) -> None:
    """The dot product of each of ``vectors``, [vector, component], with ``query``: ``found``, [vector].

    No sum may be larger than 32 bits hold.
    """
    for row in range(len(vectors)):
        total = np.int32(0)
        for component in range(len(query)):
            total += np.int32(vectors[row, component]) * np.int32(query[component])
        found[row] = total
