"""Exact principal component analysis: the covariance over all rows and its eigenvectors, in float64.

Jolliffe, Principal Component Analysis (2002), section 1.1. Equal to scikit-learn's
``PCA(svd_solver="full")``, signs included.
"""

import hashlib
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.vectors.arrays import Doubles, VectorError, portion, read_only

COMPONENTS = 10
_CHUNK = 4096  # rows turned into float64 at once
_METHOD = b"covariance, float64, largest loading positive, 1"  # part of the cache's key


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """The directions in which points vary most, the most varied first.

    There are ten, or as many as the space has dimensions. Those beyond the rank of the points have variance
    zero and an arbitrary direction. The loading of largest magnitude on each is positive.
    """

    mean: Doubles  # [dim]
    directions: Doubles  # [component, dim], orthonormal
    variances: Doubles  # [component], with n − 1 in the denominator
    total_variance: float

    @property
    def shares(self) -> Doubles:
        """Each component's share of the total variance, [component]; zeros where nothing varies."""
        if self.total_variance <= 0:
            return np.zeros_like(self.variances)
        return np.asarray(self.variances / self.total_variance)


def principal_components(
    vectors: NDArray[np.floating[Any]], checkpoint: Checkpoint = unheeded
) -> PrincipalComponents:
    """The first ten principal components of ``vectors`` [point, dim].

    Raises VectorError for fewer than two points, or numbers that are not finite.
    """
    if vectors.ndim != 2 or len(vectors) < 2 or not vectors.shape[1]:
        raise VectorError("Principal components need at least two points.")
    count, dim = vectors.shape
    total = np.zeros(dim)
    for start in range(0, count, _CHUNK):
        total += vectors[start : start + _CHUNK].sum(axis=0, dtype=np.float64)
    mean = total / count
    if not np.isfinite(mean).all():
        raise VectorError("Some of the points hold infinite or undefined numbers: they have no components.")

    covariance = np.zeros((dim, dim))
    for start in range(0, count, _CHUNK):
        checkpoint(0.9 * start / count)
        centred = vectors[start : start + _CHUNK] - mean
        covariance += centred.T @ centred
    covariance /= count - 1
    checkpoint(0.9)
    variances, columns = np.linalg.eigh(covariance)  # ascending; [dim, component]
    first = slice(None, -min(COMPONENTS, dim) - 1, -1)
    directions = columns.T[first]
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    checkpoint(1.0)
    return PrincipalComponents(
        read_only(mean),
        read_only(np.ascontiguousarray(directions * signs[:, None])),
        read_only(np.maximum(variances[first], 0.0)),
        float(np.trace(covariance)),
    )


def cached_principal_components(
    vectors: NDArray[np.floating[Any]], folder: Path, checkpoint: Checkpoint = unheeded
) -> PrincipalComponents:
    """`principal_components`, looked up first in ``folder`` by a hash of the numbers, and kept there.

    A file that is damaged, or a folder that cannot be read or written, costs the time to compute, no more.
    """
    file = folder / f"components-{matrix_hash(vectors, portion(checkpoint, 0.0, 0.2))}.npz"
    found = _read(file, vectors.shape[1])
    if found is None:
        found = principal_components(vectors, portion(checkpoint, 0.2, 1.0))
        _write(file, found)
    checkpoint(1.0)
    return found


def matrix_hash(vectors: NDArray[np.floating[Any]], checkpoint: Checkpoint = unheeded) -> str:
    """SHA-256 of the numbers, their type and shape, and of the method."""
    digest = hashlib.sha256(_METHOD + f"{vectors.dtype.str} {vectors.shape}".encode())
    for start in range(0, len(vectors), _CHUNK):
        checkpoint(start / len(vectors))
        digest.update(np.ascontiguousarray(vectors[start : start + _CHUNK]).data)
    return digest.hexdigest()


def _read(file: Path, dim: int) -> PrincipalComponents | None:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            mean, directions = archive["mean"], archive["directions"]
            variances, total = archive["variances"], archive["total_variance"]
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    first = min(COMPONENTS, dim)
    shapes = {"mean": (dim,), "directions": (first, dim), "variances": (first,), "total": ()}
    arrays = {"mean": mean, "directions": directions, "variances": variances, "total": total}
    for name, array in arrays.items():
        if array.shape != shapes[name] or array.dtype != np.float64 or not np.isfinite(array).all():
            return None
    return PrincipalComponents(read_only(mean), read_only(directions), read_only(variances), float(total))


def _write(file: Path, found: PrincipalComponents) -> None:
    temporary: str | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as stream:
            temporary = stream.name
            np.savez(
                stream,
                mean=found.mean,
                directions=found.directions,
                variances=found.variances,
                total_variance=found.total_variance,
            )
        Path(temporary).replace(file)
    except OSError:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
