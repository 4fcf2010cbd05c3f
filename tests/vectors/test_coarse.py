"""Vectors in eight bits, against float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectarium.vectors import coarse
from vectarium.vectors.coarse import Coarse

FLOAT32 = float(np.finfo(np.float32).eps)


def check(vectors, query):
    dots, off = Coarse(vectors).dots(query)
    wide = vectors.astype(np.float64)
    rounding = 4 * FLOAT32 * np.linalg.norm(wide, axis=1) * np.linalg.norm(query)
    assert (np.abs(wide @ query - dots) <= off * (1 + 1e-4) + rounding + 1e-37).all()
    return off


@settings(max_examples=60)
@given(
    st.integers(1, 300),
    st.integers(1, 1600),
    st.integers(0, 2**31),
    st.sampled_from([1e-6, 1e-3, 1.0, 1e4, 1e12]),
    st.sampled_from([0.0, 1e-6, 1.0, 1e8]),
)
def test_no_product_is_off_by_more_than_is_said(count, dim, seed, size, query_size):
    random = np.random.default_rng(seed)
    vectors = (size * random.standard_normal((count, dim))).astype(np.float32)
    vectors *= random.choice([0, 1e-5, 1], (count, dim)).astype(np.float32)  # few that are large
    check(vectors, query_size * random.standard_normal(dim))


def test_the_largest_numbers_do_not_overflow():
    vectors = np.full((5, 1600), -3.0, np.float32)
    assert Coarse(vectors).dots(np.full(1600, 2.0))[0] == pytest.approx(-9600)


def test_what_eight_bits_hold_is_hardly_off():
    vectors = np.array([[127, -5, 0], [0, 0, 0], [1, 0, 1]], np.float32)
    dots, off = Coarse(vectors).dots(np.array([32766.0, 1, 0]))
    assert dots.tolist() == [127 * 32766 - 5, 0, 32766]
    assert (off < 1e-3 * 32766).all()


def test_it_says_little_more_than_it_has_to():
    vectors = np.random.default_rng(0).standard_normal((3000, 768), dtype=np.float32)
    off = check(vectors, vectors[0].astype(np.float64))
    assert (off < 0.02 * np.linalg.norm(vectors, axis=1) * np.linalg.norm(vectors[0])).all()


def test_vectors_are_rounded_some_at_a_time(monkeypatch):
    vectors = np.random.default_rng(0).standard_normal((50, 8), dtype=np.float32)
    expected = Coarse(vectors).dots(vectors[7].astype(np.float64))
    monkeypatch.setattr(coarse, "_AT_ONCE", 7)
    again = Coarse(vectors).dots(vectors[7].astype(np.float64))
    assert all(np.array_equal(one, other) for one, other in zip(expected, again, strict=True))


def test_few_vectors_are_left_as_they_are():
    assert coarse.coarse(np.ones((100, 8), np.float32)) is None
    assert coarse.coarse(np.ones((coarse.WORTH_IT // 8, 8), np.float32)) is not None


@pytest.mark.logs(r"There is no machine code for this computer")
def test_without_machine_code_there_are_none(monkeypatch):
    def fail(vectors):
        raise ImportError("Numba")

    monkeypatch.setattr(coarse, "Coarse", fail)
    assert coarse.coarse(np.ones((coarse.WORTH_IT // 8, 8), np.float32)) is None
