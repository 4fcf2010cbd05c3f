import numpy as np
import pytest
from sklearn.decomposition import PCA

from vectarium.vectors.arrays import VectorError
from vectarium.vectors.axes import custom_axis
from vectarium.vectors.trajectories import ResidualStream, context_axes, paths


def _stream(text: str, words: list[str], seed: int, dim: int = 16) -> ResidualStream:
    residual = np.random.default_rng(seed).standard_normal((4, len(words), dim)).astype(np.float32)
    residual[:, 0] *= 100  # as the first position of GPT-2
    return ResidualStream(text, tuple(words), residual)


@pytest.fixture
def streams() -> list[ResidualStream]:
    return [
        _stream("shrew", ["American", " shrew", " mole"], 1),
        _stream("carbon", ["One", " mole", " of", " carbon"], 2),
    ]


def test_paths_lie_in_the_components_of_all_texts_together(streams: list[ResidualStream]) -> None:
    found = paths(streams, context_axes(streams)[:3])
    points = np.concatenate([stream.residual[:, 1:].reshape(-1, 16) for stream in streams]).astype(np.float64)
    reference = PCA(3, svd_solver="full").fit(points)
    assert [(path.text, path.position, path.word) for path in found[2:5]] == [
        (0, 2, " mole"),
        (1, 0, "One"),
        (1, 1, " mole"),
    ]
    for path in found:
        residual = streams[path.text].residual[:, path.position]
        np.testing.assert_allclose(path.points, reference.transform(residual), atol=1e-3, rtol=1e-4)


def test_the_first_position_takes_part_on_request(streams: list[ResidualStream]) -> None:
    points = np.concatenate([stream.residual.reshape(-1, 16) for stream in streams]).astype(np.float64)
    reference = PCA(10, svd_solver="full").fit(points)
    axes = context_axes(streams, leave_out_first=False)
    np.testing.assert_allclose([axis.share for axis in axes], reference.explained_variance_ratio_, rtol=1e-6)


def test_a_text_of_one_token_has_a_path() -> None:
    stream = _stream("tower", ["tower"], 3)
    (path,) = paths([stream], context_axes([stream])[:3])
    assert path.points.shape == (4, 3)


def test_paths_follow_an_axis_of_ones_own(streams: list[ResidualStream]) -> None:
    stream = streams[0]
    axis = custom_axis("first dimension", np.eye(16)[0], stream.residual.reshape(-1, 16))
    path = paths([stream], [axis])[1]
    expected = stream.residual[:, 1, 0] - stream.residual[:, :, 0].mean()
    np.testing.assert_allclose(path.points[:, 0], expected, atol=1e-4)


def test_what_does_not_fit_is_refused(streams: list[ResidualStream]) -> None:
    with pytest.raises(VectorError, match="one and the same model"):
        context_axes([*streams, _stream("wide", ["a", "b"], 4, dim=20)])
    with pytest.raises(VectorError, match="one and the same model"):
        context_axes([])
    axes = context_axes(streams)
    with pytest.raises(VectorError, match="do not fit"):
        paths([ResidualStream("short", ("one",), streams[0].residual)], axes)
