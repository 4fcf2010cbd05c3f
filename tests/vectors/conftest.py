"""The bundled word vectors, and a small space of tokens."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vectarium.vectors.spaces import Kind, Space, make_space
from vectarium.vectors.word_vectors import load_word_vectors

TOKENS = (
    "king",
    " king",
    "King",
    " King",
    " queen",
    " oct",
    "opus",
    "es",
    " man",
    " woman",
    " the",
    "don't",
    "\n",
)


@pytest.fixture(scope="session")
def word_vectors_file() -> Path:
    return Path(__file__).parents[2] / "resources" / "word_vectors" / "word_vectors.npz"


@pytest.fixture(scope="session")
def words(word_vectors_file: Path) -> Space:
    return load_word_vectors(word_vectors_file)


def longest_first(text: str) -> list[int]:
    """Splits greedily into TOKENS; characters that begin none are left out."""
    pieces = []
    while text:
        fitting = [token for token in TOKENS if text.startswith(token)]
        if not fitting:
            text = text[1:]
            continue
        longest = max(fitting, key=len)
        pieces.append(TOKENS.index(longest))
        text = text[len(longest) :]
    return pieces


@pytest.fixture
def tokens() -> Space:
    vectors = np.random.default_rng(3).standard_normal((len(TOKENS), 8)).astype(np.float32)
    return make_space("the model's tokens", Kind.TOKENS, TOKENS, vectors, split=longest_first)


@pytest.fixture
def random_space() -> Callable[..., Space]:
    """Makes a space of Gaussian vectors, named w0, w1, …"""

    def make(count: int, dim: int, seed: int = 0) -> Space:
        vectors = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
        return make_space("random vectors", Kind.TOKENS, [f"w{row}" for row in range(count)], vectors)

    return make
