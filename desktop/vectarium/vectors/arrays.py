"""What every module of this package shares: array types, the error, parts of a checkpoint."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Rows = NDArray[np.intp]

Array = TypeVar("Array", bound=NDArray[Any])


class VectorError(ValueError):
    """Something asked of a space that it cannot give; the message is a sentence for the user."""


def read_only(array: Array) -> Array:
    """``array``, which nobody may write to from here on."""
    array.flags.writeable = False
    return array


def portion(checkpoint: Checkpoint, start: float, end: float) -> Checkpoint:
    """A checkpoint whose 0 to 1 is ``start`` to ``end`` of ``checkpoint``."""

    def within(share: float) -> None:
        checkpoint(start + (end - start) * share)

    return within


def unit(vector: NDArray[np.floating[Any]], name: str) -> Doubles:
    """``vector`` [dim] scaled to length one.

    Raises VectorError where it is zero: ``name`` says in the message what it is.
    """
    wide = vector.astype(np.float64)
    length = np.linalg.norm(wide)
    if not length > 0:
        raise VectorError(f"{name} is the zero vector, which points nowhere. Use different words.")
    return np.asarray(wide / length)
