from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from vectarium.vectors import pca
from vectarium.vectors.arrays import VectorError
from vectarium.vectors.pca import cached_principal_components, matrix_hash, principal_components
from vectarium.vectors.spaces import Space


class _Cancelled(Exception):
    pass


@pytest.fixture
def points() -> NDArray[np.float32]:
    """9,000 points, more than fit in one chunk, far from the origin and with a spectrum that falls."""
    generator = np.random.default_rng(5)
    mixing = generator.standard_normal((64, 64)) * np.geomspace(3, 0.01, 64)
    return (generator.standard_normal((9000, 64)) @ mixing.T + 20).astype(np.float32)


def _assert_equals_sklearn(vectors: NDArray[np.float32]) -> None:
    found = principal_components(vectors)
    reference = PCA(n_components=min(10, vectors.shape[1]), svd_solver="full").fit(vectors.astype(np.float64))
    np.testing.assert_allclose(found.mean, reference.mean_, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.variances, reference.explained_variance_, rtol=1e-8)
    np.testing.assert_allclose(found.shares, reference.explained_variance_ratio_, rtol=1e-8)
    np.testing.assert_allclose(found.directions, reference.components_, atol=1e-7)


def test_components_are_those_of_scikit_learn(points: NDArray[np.float32]) -> None:
    _assert_equals_sklearn(points)


def test_components_of_the_word_vectors_are_those_of_scikit_learn(words: Space) -> None:
    _assert_equals_sklearn(words.vectors)


def test_the_largest_loading_is_positive(points: NDArray[np.float32]) -> None:
    directions = principal_components(points).directions
    largest = np.abs(directions).argmax(axis=1)
    assert (directions[np.arange(10), largest] > 0).all()
    np.testing.assert_array_equal(directions, principal_components(points).directions)


def test_few_points_leave_directions_without_variance() -> None:
    found = principal_components(np.array([[0, 0, 0, 0], [2, 0, 0, 0]], np.float32))
    np.testing.assert_allclose(found.variances, [2, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(4), atol=1e-12)
    same = principal_components(np.ones((5, 3), np.float32))
    assert same.shares.tolist() == [0, 0, 0]


@pytest.mark.parametrize("vectors", [np.ones((1, 3)), np.ones(3), np.array([[1.0, np.nan], [0.0, 1.0]])])
def test_what_has_no_components_is_refused(vectors: NDArray[np.float64]) -> None:
    with pytest.raises(VectorError):
        principal_components(vectors)


def test_progress_rises_to_one_and_can_cancel(points: NDArray[np.float32]) -> None:
    shares: list[float] = []
    principal_components(points, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 3

    def cancel(share: float) -> None:
        if share > 0:
            raise _Cancelled

    with pytest.raises(_Cancelled):
        principal_components(points, cancel)


def test_the_cache_gives_back_what_it_kept(
    points: NDArray[np.float32], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cached_principal_components(points, tmp_path / "new")
    assert [file.suffix for file in (tmp_path / "new").iterdir()] == [".npz"]
    monkeypatch.setattr(pca, "principal_components", None)  # what is kept must not be worked out again
    again = cached_principal_components(points, tmp_path / "new")
    for name in ("mean", "directions", "variances"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    assert again.total_variance == first.total_variance


def test_a_cancelled_computation_leaves_no_file(points: NDArray[np.float32], tmp_path: Path) -> None:
    def cancel(share: float) -> None:
        if share > 0.5:
            raise _Cancelled

    with pytest.raises(_Cancelled):
        cached_principal_components(points, tmp_path, cancel)
    assert list(tmp_path.iterdir()) == []


def test_other_numbers_have_another_hash(points: NDArray[np.float32]) -> None:
    changed = points.copy()
    changed[8999, 63] += 1
    hashes = {matrix_hash(each) for each in (points, changed, points[:, ::-1], points.reshape(4500, 128))}
    assert len(hashes) == 4
    assert matrix_hash(points.copy()) == matrix_hash(points)


@pytest.mark.parametrize("damage", ["truncated", "garbled", "empty", "of another size"])
def test_a_damaged_cache_is_worked_out_anew(points: NDArray[np.float32], tmp_path: Path, damage: str) -> None:
    expected = cached_principal_components(points, tmp_path)
    (file,) = tmp_path.iterdir()
    contents = file.read_bytes()
    if damage == "truncated":
        file.write_bytes(contents[: len(contents) // 2])
    elif damage == "garbled":
        middle = len(contents) // 2
        file.write_bytes(contents[:middle] + bytes(64) + contents[middle + 64 :])
    elif damage == "empty":
        file.write_bytes(b"")
    else:
        np.savez(file, mean=np.ones(3), directions=np.ones((3, 3)), variances=np.ones(3), total_variance=1.0)
    found = cached_principal_components(points, tmp_path)
    np.testing.assert_array_equal(found.directions, expected.directions)
    assert file.read_bytes() == contents


def test_a_folder_that_cannot_be_written_costs_only_time(points: NDArray[np.float32], tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    found = cached_principal_components(points, occupied)
    np.testing.assert_array_equal(found.directions, principal_components(points).directions)
