import math

import numpy as np
import pytest

from vectarium.vectors.arithmetic import evaluate
from vectarium.vectors.axes import component_axes, project
from vectarium.vectors.neighbours import nearest
from vectarium.vectors.pca import principal_components
from vectarium.vectors.records import neighbour_records, point_records, result_records
from vectarium.vectors.spaces import Kind, Space, make_space


def test_points_have_their_text_and_all_components(tokens: Space) -> None:
    axes = component_axes(principal_components(tokens.vectors))
    coordinates = project(tokens.vectors, axes)
    records = point_records(tokens, coordinates, axes)
    assert records.columns == ("id", "text", *(f"PC {number}" for number in range(1, 9)))
    assert [row[:2] for row in records.rows] == list(enumerate(tokens.words))
    np.testing.assert_array_equal(np.array([row[2:] for row in records.rows], np.float32), coordinates)


def test_words_are_ranked_from_one(words: Space) -> None:
    axes = component_axes(principal_components(words.vectors))
    records = point_records(words, project(words.vectors, axes), axes)
    assert records.columns[:2] == ("rank", "text")
    assert records.rows[0][:2] == (1, "the")
    assert len(records.rows) == len(words)


def test_neighbours_have_all_three_measures(words: Space) -> None:
    result = evaluate("king - man + woman", words)
    found = nearest(words, result.vector, 50, own=result.own)
    records = neighbour_records(found)
    assert records.columns == ("rank", "text", "cosine", "Euclid", "dot", "word of the expression")
    assert [row[1] for row in records.rows] == list(found.words)
    assert [row[5] for row in records.rows[:2]] == [True, False]
    assert records.rows[1] == (2, "queen", found.cosines[1], found.distances[1], found.dots[1], False)
    assert {type(cell) for cell in records.rows[1]} == {int, str, float, bool}


def test_a_cosine_that_is_undefined_is_none() -> None:
    space = make_space("zero", Kind.TOKENS, ["zero"], np.zeros((1, 2), np.float32))
    found = nearest(space, np.ones(2))
    assert math.isnan(found.cosines[0])
    assert neighbour_records(found).rows[0][2] is None


def test_bytes_that_are_no_text_can_be_written() -> None:
    space = make_space("bytes", Kind.TOKENS, ["\udce2", "a\n", " b,"], np.eye(3, dtype=np.float32))
    axes = component_axes(principal_components(space.vectors))
    records = point_records(space, project(space.vectors, axes), axes)
    assert [row[1] for row in records.rows] == ["⟨E2⟩", "a\n", " b,"]


def test_a_result_has_its_terms_and_their_sum(tokens: Space) -> None:
    records = result_records(evaluate("octopuses - 2 * king", tokens))
    assert [row[:3] for row in records.rows] == [
        (1, " octopuses", True),
        (-2, " king", False),
        (None, "octopuses - 2 * king", None),
    ]
    first, second, total = (np.array(row[3:]) for row in records.rows)
    assert total == pytest.approx(first - 2 * second, abs=1e-5)
