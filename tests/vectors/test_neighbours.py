import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vectarium.vectors.arrays import VectorError
from vectarium.vectors.neighbours import Measure, Nearness
from vectarium.vectors.search import fold
from vectarium.vectors.spaces import Kind, Space, WordVector, make_space


def nearest(space, vector, count=10, measure=Measure.COSINE, **options):
    return Nearness(space, vector, measure).nearest(count, **options)


def place_of(space, vector, expected, measure=Measure.COSINE, **options):
    return Nearness(space, vector, measure).place_of(expected, **options)


def _brute_force(space: Space, vector: NDArray[np.floating], measure: Measure) -> list[int]:
    """All rows, nearest first, by float64 arithmetic."""
    points, query = space.vectors.astype(np.float64), vector.astype(np.float64)
    dots = points @ query
    if measure is Measure.DOT:
        scores = dots
    elif measure is Measure.EUCLID:
        scores = -np.linalg.norm(points - query, axis=1)
    else:
        scores = dots / np.linalg.norm(points, axis=1) / np.linalg.norm(query)
    return np.argsort(-scores, kind="stable").tolist()


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("count", [1, 10, 200])
def test_neighbours_are_those_of_a_brute_force(
    random_space: Callable[..., Space], measure: Measure, count: int
) -> None:
    space = random_space(20_000, 96)
    vector = space.vectors[17] + space.vectors[4]
    found = nearest(space, vector, count, measure)
    assert found.rows.tolist() == _brute_force(space, vector, measure)[:count]
    assert found.words == tuple(space.words[row] for row in found.rows)


@pytest.mark.parametrize("measure", Measure)
def test_rounding_does_not_change_the_order(measure: Measure) -> None:
    """Points so much alike that float32 products cannot tell them apart."""
    generator = np.random.default_rng(1)
    vectors = (100 + generator.standard_normal((5000, 64)) * 1e-4).astype(np.float32)
    space = make_space("alike", Kind.TOKENS, [str(row) for row in range(5000)], vectors)
    query = vectors[0].astype(np.float64) + 1e-5
    assert nearest(space, query, 50, measure).rows.tolist() == _brute_force(space, query, measure)[:50]
    farthest = _brute_force(space, query, measure)[-1]
    assert place_of(space, query, space.at(farthest), measure).rank == 5000


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("count", [1, 50])
def test_rounded_vectors_find_those_of_a_brute_force(
    random_space: Callable[..., Space], measure: Measure, count: int
) -> None:
    space = random_space(9000, 500)
    assert space.coarse is not None
    vector = space.vectors[17] + space.vectors[4]
    nearness = Nearness(space, vector, measure)
    assert nearness.nearest(count).rows.tolist() == _brute_force(space, vector, measure)[:count]
    assert "_scores" not in vars(nearness), "the vectors themselves are not all read"


@pytest.mark.parametrize("measure", Measure)
def test_what_rounded_vectors_cannot_tell_apart_is_looked_at_as_it_is(measure: Measure) -> None:
    generator = np.random.default_rng(1)
    vectors = (100 + generator.standard_normal((9000, 500)) * 0.01).astype(np.float32)
    space = make_space("alike", Kind.TOKENS, [str(row) for row in range(9000)], vectors)
    query = vectors[0] + vectors[1]
    nearness = Nearness(space, query, measure)
    assert nearness.nearest(50).rows.tolist() == _brute_force(space, query, measure)[:50]
    assert "_scores" in vars(nearness)


@pytest.mark.parametrize("word", ["tower", "wikipedia", "cat", "navy"])
@pytest.mark.parametrize("measure", Measure)
def test_bundled_neighbours_are_those_of_a_brute_force(words: Space, word: str, measure: Measure) -> None:
    vector = words.find(word).vector
    assert nearest(words, vector, 200, measure).rows.tolist() == _brute_force(words, vector, measure)[:200]


def test_all_three_measures_of_each_neighbour() -> None:
    space = make_space("plane", Kind.TOKENS, ["a", "b", "c"], np.array([[3, 4], [0, 2], [-1, 0]], np.float32))
    found = nearest(space, np.array([0.0, 1.0]), 3)
    assert found.words == ("b", "a", "c")
    np.testing.assert_allclose(found.cosines, [1, 0.8, 0])
    np.testing.assert_allclose(found.distances, [1, math.sqrt(18), math.sqrt(2)])
    np.testing.assert_allclose(found.dots, [2, 4, 0])
    assert nearest(space, np.array([0.0, 1.0]), 3, Measure.EUCLID).words == ("b", "c", "a")
    assert nearest(space, np.array([0.0, 1.0]), 3, Measure.DOT).words == ("a", "b", "c")


def test_own_words_are_marked_or_left_out(words: Space) -> None:
    own = [words.rows[word] for word in ("king", "man", "woman")]
    vector = words.vectors[own[0]] - words.vectors[own[1]] + words.vectors[own[2]]
    found = nearest(words, vector, 5, own=own)
    assert found.words[:2] == ("king", "queen")
    assert found.own.tolist() == [True, False, False, False, False]
    found = nearest(words, vector, 5, own=own, leave_out_own=True)
    assert found.words[0] == "queen"
    assert not found.own.any()


def test_a_tie_goes_to_the_earlier_word() -> None:
    space = make_space("same", Kind.TOKENS, ["a", "b", "c"], np.ones((3, 2), np.float32))
    assert nearest(space, np.ones(2), 2).words == ("a", "b")
    assert [place_of(space, np.ones(2), space.at(row)).rank for row in range(3)] == [1, 2, 3]


def test_twins_fold_into_the_nearest_of_them() -> None:
    angles = np.radians([10, 5, 30, 50, 60])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    space = make_space("turned", Kind.TOKENS, ["king", " King", "queen", "KING", "man"], vectors)
    across = np.array([1.0, 0.0])
    found = nearest(space, across, 3, folded=True)
    assert found.words == (" King", "queen", "man")
    assert found.twins == ((0, 3), (), ())
    assert nearest(space, across, 3, folded=False).words == (" King", "king", "queen")
    found = nearest(space, across, 3, own=[0], leave_out_own=True, folded=True)
    assert found.words == ("queen", "man")
    place = place_of(space, across, space.at(4), folded=True)
    assert (place.rank, place.among) == (3, 3)
    place = place_of(space, across, space.at(4), own=[0], leave_out_own=True, folded=True)
    assert (place.rank, place.among) == (2, 2)


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("leave_out_own", [False, True])
@pytest.mark.parametrize("folded", [False, True])
def test_the_place_of_a_word_is_its_place_in_the_list(
    words: Space, measure: Measure, leave_out_own: bool, folded: bool
) -> None:
    own = [words.rows[word] for word in ("cat", "dog")]
    vector = words.vectors[own].sum(axis=0)
    options = {"own": own, "leave_out_own": leave_out_own, "folded": folded}
    found = nearest(words, vector, 200, measure, **options)
    for rank in (1, 2, 57, 200):
        place = place_of(words, vector, words.at(int(found.rows[rank - 1])), measure, **options)
        assert place.rank == rank
        assert place.among == len(words) - (2 if leave_out_own else 0)
        assert (place.cosine, place.distance, place.dot) == pytest.approx(
            (found.cosines[rank - 1], found.distances[rank - 1], found.dots[rank - 1])
        )


def test_a_composite_word_has_a_place_too(tokens: Space) -> None:
    composite = tokens.find("octopuses", exact=False)
    place = place_of(tokens, composite.vector, composite)
    assert (place.rank, place.among) == (1, len(tokens) + 1)
    assert place.cosine == pytest.approx(1)
    assert place.distance == pytest.approx(0, abs=1e-6)


def test_a_point_without_length_comes_last_by_cosine() -> None:
    space = make_space("with zero", Kind.TOKENS, ["zero", "back"], np.array([[0, 0], [-1, 0]], np.float32))
    found = nearest(space, np.array([1.0, 0.0]), 2)
    assert found.words == ("back", "zero")
    assert found.cosines[0] == -1
    assert math.isnan(found.cosines[1])
    assert place_of(space, np.array([1.0, 0.0]), space.at(0)).rank == 2


def test_more_are_asked_for_than_there_are(tokens: Space) -> None:
    assert len(nearest(tokens, tokens.vectors[0], 200)) == len(tokens)
    assert nearest(tokens, tokens.vectors[0], 200, folded=True).words == tuple(
        dict.fromkeys(nearest(tokens, tokens.vectors[0], 200, folded=True).words)
    )
    everything = range(len(tokens))
    assert len(nearest(tokens, tokens.vectors[0], 5, own=everything, leave_out_own=True)) == 0


@pytest.mark.parametrize("count", [0, -1, 201])
def test_a_count_out_of_range_is_refused(tokens: Space, count: int) -> None:
    with pytest.raises(VectorError, match="Between 1 and 200"):
        nearest(tokens, tokens.vectors[0], count)


def test_vectors_that_nothing_is_near_are_refused(tokens: Space) -> None:
    with pytest.raises(VectorError, match="8 numbers is needed"):
        nearest(tokens, np.ones(7))
    with pytest.raises(VectorError, match="points nowhere"):
        nearest(tokens, np.zeros(8))
    with pytest.raises(VectorError, match="infinite or undefined"):
        nearest(tokens, np.full(8, np.nan))
    assert len(nearest(tokens, np.zeros(8), 3, Measure.EUCLID)) == 3


@settings(max_examples=60)
@given(st.data())
def test_folding_agrees_with_folding_a_full_list(data: st.DataObject) -> None:
    names = data.draw(
        st.lists(st.sampled_from(["a", " a", "A", "b", "B", "c", " C", "d"]), min_size=1, unique=True)
    )
    numbers = data.draw(st.lists(st.integers(-3, 3), min_size=2 * len(names), max_size=2 * len(names)))
    vectors = np.array(numbers, np.float32).reshape(-1, 2)
    space = make_space("drawn", Kind.TOKENS, names, vectors)
    own = data.draw(st.sets(st.integers(0, len(names) - 1)))
    query = np.array([1.0, 2.0])
    hidden = {fold(names[row]) for row in own}
    expected: dict[str, str] = {}
    for row in _brute_force(space, query, Measure.DOT):
        if fold(names[row]) not in hidden:
            expected.setdefault(fold(names[row]), names[row])
    found = nearest(space, query, 3, Measure.DOT, own=own, leave_out_own=True, folded=True)
    assert list(found.words) == list(expected.values())[:3]
    for rank, word in enumerate(found.words, start=1):
        point = WordVector(word, space.vectors[names.index(word)], names.index(word))
        place = place_of(space, query, point, Measure.DOT, own=own, leave_out_own=True, folded=True)
        assert (place.rank, place.among) == (rank, len(expected))
