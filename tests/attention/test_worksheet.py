"""The nine steps, worked out by hand and with torch."""

import numpy as np
import pytest
import torch

from vectarium.attention.worksheet import number, page, records, steps

TOKENS = ("one", "two")


def test_a_worked_example():
    """q·k is 2 for everything a query sees, so that its weights are equal; √4 = 2."""
    q = [[1, 1, 0, 0], [0, 0, 1, 1]]
    k = [[1, 1, 1, 1], [1, 1, 1, 1]]
    v = [[1, 0, 0, 0], [3, 0, 0, 2]]
    found = {step.number: step for step in steps(q, k, v, 0.5, TOKENS)}
    assert np.array_equal(found[4].values, [[2, 2], [np.nan, 2]], equal_nan=True)  # keys down
    assert np.array_equal(found[5].values, [[1, 1], [np.nan, 1]], equal_nan=True)
    assert np.allclose(found[6].values, [[np.e, np.e], [np.nan, np.e]], equal_nan=True)
    assert np.allclose(found[7].values, [[np.e, 2 * np.e]])
    assert np.allclose(found[8].values, [[1, 0.5], [np.nan, 0.5]], equal_nan=True)
    assert np.allclose(found[9].values.T, [[1, 0, 0, 0], [2, 0, 0, 1]])
    assert found[5].title == "KᵀQ ÷ √4"
    assert found[7].title == "column sums"


@pytest.mark.parametrize("queries_down", [False, True])
def test_like_torch(queries_down):
    random = np.random.default_rng(1)
    q, k, v = random.normal(size=(3, 6, 8))
    found = {step.number: step for step in steps(q, k, v, 8**-0.5, tuple("abcdef"), queries_down)}
    expected = torch.nn.functional.scaled_dot_product_attention(
        *(torch.tensor(array)[None] for array in (q, k, v)), is_causal=True
    )[0]
    assert np.allclose(found[9].values, expected.T)
    weights = np.nan_to_num(found[8].values)
    assert np.allclose(weights.sum(axis=1 if queries_down else 0), 1)
    assert (found[4].title, found[7].title) == (
        ("QKᵀ", "row sums") if queries_down else ("KᵀQ", "column sums")
    )


def test_pages_to_fill_in_and_answers():
    sheet = steps(np.ones((2, 3)), np.ones((2, 3)), np.full((2, 3), 7.25), 3**-0.5, ("<a>", "b"))
    blank, answers = (page(sheet, "Head", 2, answers=filled) for filled in (False, True))
    assert "7.25" in blank  # given
    assert "3.00" not in blank  # to be worked out
    assert "3.00" in answers
    assert "&lt;a&gt;" in blank
    assert len(list(records(sheet))) == 3 * 6 + 3 * 4 + 2 + 4 + 6


def test_rounded_numbers():
    assert number(-1.005, 1) == "−1.0"
    assert number(-0.001, 2) == "0.00"
    assert number(float("nan"), 2) == ""
    assert number(2.5, 0) == "2"
