import numpy as np
import pytest
from sklearn.decomposition import PCA

from vectarium.vectors.arrays import VectorError
from vectarium.vectors.axes import component_axes, custom_axis, extremes, project
from vectarium.vectors.pca import principal_components
from vectarium.vectors.spaces import Space


def test_coordinates_are_those_of_scikit_learn(words: Space) -> None:
    axes = component_axes(principal_components(words.vectors))
    reference = PCA(n_components=10, svd_solver="full")
    expected = reference.fit_transform(words.vectors.astype(np.float64))
    np.testing.assert_allclose(project(words.vectors, axes), expected, atol=2e-5)
    assert axes[2].name == "PC 3"
    assert axes[2].share == pytest.approx(reference.explained_variance_ratio_[2])


def test_points_keep_their_shape() -> None:
    residual = np.random.default_rng(0).standard_normal((3, 5, 8))
    axes = component_axes(principal_components(residual.reshape(-1, 8)))
    assert project(residual, axes[:3]).shape == (3, 5, 3)
    np.testing.assert_allclose(project(residual, axes)[2, 4], project(residual[2, 4], axes), rtol=1e-6)


def test_an_axis_of_ones_own_measures_along_its_unit_vector() -> None:
    points = np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 8.0]])
    axis = custom_axis("twice across", np.array([2.0, 0.0]), points)
    assert project(points, [axis]).ravel().tolist() == [-2, 0, 2]
    assert axis.share == pytest.approx(np.var(points[:, 0]) / np.var(points, axis=0).sum())


def test_a_component_as_an_axis_of_ones_own_has_its_share(words: Space) -> None:
    component = component_axes(principal_components(words.vectors))[1]
    assert custom_axis("PC 2", component.direction, words.vectors).share == pytest.approx(
        component.share, rel=1e-5
    )


def test_a_direction_of_length_zero_is_refused(words: Space) -> None:
    with pytest.raises(VectorError, match="cat - cat is the zero vector"):
        custom_axis("cat - cat", np.zeros(50), words.vectors)


def test_extreme_words_are_the_farthest_out() -> None:
    found = extremes(["a", "b", "c", "d"], np.array([0.5, -3.0, 2.0, 0.1]), 2)
    assert (found.low, found.high) == (("b", "d"), ("c", "a"))
