"""The rows of files, made of what the worker for vectors answers."""

import math

import numpy as np
import pytest

from vectarium import messages_vectors as m
from vectarium import resources, space_tables
from vectarium.vectors.axes import component_axes
from vectarium.vectors.pca import principal_components
from vectarium.vectors.spaces import Kind, Space, make_space
from vectarium.vectors.word_vectors import load_word_vectors
from vectarium.workers import vector_answers as answers
from vectarium.workers.vector_answers import OpenedSpace


def open_space(space: Space) -> OpenedSpace:
    return answers.open_space(space, component_axes(principal_components(space.vectors)))


def opened(space: OpenedSpace) -> m.SpaceOpened:
    return answers.opened(1, "space", space)


def evaluated(space: OpenedSpace, text: str) -> m.Evaluated:
    reply = answers.evaluate(m.Evaluate(1, space="space", text=text), space)[0]
    assert isinstance(reply, m.Evaluated)
    return reply


@pytest.fixture(scope="module")
def words() -> OpenedSpace:
    return open_space(load_word_vectors(resources.folder() / "word_vectors" / "word_vectors.npz"))


@pytest.fixture(scope="module")
def tokens() -> OpenedSpace:
    names = (" king", " oct", "opus", "es", "\udce2", "a\n", " b,", "c")
    vectors = np.random.default_rng(3).standard_normal((len(names), 4)).astype(np.float32)
    pieces = {" octopuses": [1, 2, 3]}
    return open_space(
        make_space("tokens", Kind.TOKENS, names, vectors, split=lambda text: pieces.get(text, []))
    )


def test_points_have_their_text_and_all_components(tokens):
    assert space_tables.point_columns(opened(tokens)) == ("id", "text", "PC 1", "PC 2", "PC 3", "PC 4")
    rows = list(space_tables.points(opened(tokens)))
    assert [row[0] for row in rows] == list(range(8))
    np.testing.assert_array_equal(np.array([row[2:] for row in rows], np.float32), tokens.coordinates)


def test_bytes_that_are_no_text_can_be_written(tokens):
    rows = list(space_tables.points(opened(tokens)))
    assert [row[1] for row in rows[4:]] == ["⟨E2⟩", "a\n", " b,", "c"]


def test_words_are_ranked_from_one(words):
    rows = list(space_tables.points(opened(words)))
    assert space_tables.point_columns(opened(words))[:2] == ("rank", "text")
    assert rows[0][:2] == (1, "the")
    assert len(rows) == len(words.space)


def test_neighbours_have_all_three_measures(words):
    near = evaluated(words, "king - man + woman").near
    rows = list(space_tables.neighbours(near, 50))
    assert [row[0] for row in rows] == list(range(1, 51))
    assert [row[1] for row in rows] == list(near.words[:50])
    assert [row[5] for row in rows[:2]] == [True, False]
    assert rows[1] == (2, "queen", near.cosines[1], near.distances[1], near.dots[1], False)
    assert len(rows[1]) == len(space_tables.NEIGHBOUR_COLUMNS)


def test_a_cosine_that_is_undefined_is_none():
    vectors = np.array([[0, 0], [1, 2], [2, 1]], np.float32)
    space = open_space(make_space("zero", Kind.TOKENS, ["zero", "b", "c"], vectors))
    near = evaluated(space, "b").near
    rows = list(space_tables.neighbours(near, 3))
    assert near.words[2] == "zero"
    assert math.isnan(near.cosines[2])
    assert rows[2][2] is None


def test_an_expression_has_its_terms_and_their_sum(tokens):
    found = evaluated(tokens, '" octopuses" - 2 * " king"')
    rows = list(space_tables.expression(found))
    assert [row[:3] for row in rows] == [
        (1, "␣octopuses", True),
        (-2, "␣king", False),
        (None, found.text, None),
    ]
    vectors = tokens.space.vectors
    octopuses = vectors[1:4].mean(axis=0)
    places = [octopuses, vectors[0], octopuses - 2 * vectors[0]]
    for row, vector in zip(rows, places, strict=True):
        assert row[3:] == pytest.approx(tokens.place(vector), abs=1e-5)
