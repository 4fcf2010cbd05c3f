"""The exercise against a head worked out with torch, and the marks that numbers get."""

import numpy as np
import pytest
import torch

from vectarium.attention.exercise import is_right, small_exercise


@pytest.mark.parametrize("queries_down", [False, True])
def test_answers_are_attention(queries_down):
    exercise = small_exercise(4)
    x = torch.tensor(exercise.embeddings.T)
    q, k, v = (
        x @ torch.tensor(matrix.T)
        for matrix in (exercise.query_matrix, exercise.key_matrix, exercise.value_matrix)
    )
    expected = torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None])[0]
    steps = exercise.answers(queries_down)
    assert [step.number for step in steps] == list(range(1, 10))
    assert np.allclose(steps[8].values, expected.T)
    weights = torch.softmax(q @ k.T / 3**0.5, dim=1).numpy()
    assert np.allclose(steps[7].values, weights if queries_down else weights.T)


def test_given_numbers_can_be_typed():
    exercise = small_exercise(0).with_entry("query_matrix", 1, 2, "−4")
    assert exercise.query_matrix[1, 2] == -4
    with pytest.raises(ValueError, match="too large"):
        exercise.with_entry("embeddings", 0, 0, "12")
    with pytest.raises(ValueError, match="invalid literal"):
        exercise.with_entry("embeddings", 0, 0, "1.5")


@pytest.mark.parametrize(
    ("typed", "value", "right"),
    [
        ("", 1.0, None),
        ("3", 3.0, True),
        ("−3", -3.0, True),
        ("3", 4.0, False),
        ("0.33", 1 / 3, True),
        ("0,3333", 1 / 3, True),
        ("0.34", 1 / 3, False),
        ("0", 0.3, False),
        ("2", 2.4, False),
        ("2.4", 2.4213, True),
        ("1097", 1096.63, True),
        ("1100", 1096.63, True),
        ("1200", 1096.63, False),
        ("0.00", 0.002, True),
        ("nan", 1.0, False),
        ("one", 1.0, False),
    ],
)
def test_marks(typed, value, right):
    assert is_right(typed, value) is right
