"""Behaviour measures on patterns made by hand."""

import numpy as np
import pytest
import torch

from vectarium.model.behaviour import HeadBehaviour, average, measure, measure_rows

TEXT = np.array([7, 8, 9, 7, 8, 9, 7])  # three tokens, repeated


def one_hot(keys):
    """A pattern [query, key] in which each query looks at one key."""
    return np.eye(len(keys))[keys]


UNIFORM = np.tril(np.ones((7, 7))) / np.arange(1, 8)[:, None]


def measures(pattern, ids=TEXT):
    found = measure(np.asarray(pattern)[None], ids)
    return {name: float(getattr(found, name)[0]) for name in HeadBehaviour.__dataclass_fields__}


def test_a_previous_token_head():
    found = measures(one_hot([0, 0, 1, 2, 3, 4, 5]))
    assert found == {
        "previous_token": 1,
        "first_token": pytest.approx(1 / 6),  # the second token's previous is the first
        "same_token": 0,
        "earlier_copies": 0,
        "induction": 0,
        "mean_distance": 1,
        "entropy_bits": 0,
    }


def test_a_first_token_head():
    found = measures(one_hot([0] * 7))
    assert found["first_token"] == 1
    assert found["previous_token"] == pytest.approx(1 / 6)
    assert found["mean_distance"] == pytest.approx(3.5)
    # The queries at 3, 4, 5 and 6 have earlier copies; the first token is one for 3 and for 6.
    assert found["earlier_copies"] == pytest.approx(2 / 4)


def test_an_induction_head():
    found = measures(one_hot([0, 0, 0, 1, 2, 3, 4]))
    assert found["induction"] == 1
    assert found["earlier_copies"] == 0


def test_a_head_that_finds_copies():
    found = measures(one_hot([0, 0, 0, 0, 1, 2, 3]))
    assert found["earlier_copies"] == 1
    assert found["induction"] == 0


def test_weight_on_all_copies_is_summed():
    split = one_hot([0, 0, 0, 0, 1, 2, 3])
    split[6] = [0.5, 0, 0, 0.5, 0, 0, 0]
    assert measures(split)["earlier_copies"] == 1


def test_a_head_that_looks_everywhere():
    found = measures(UNIFORM)
    assert found["entropy_bits"] == pytest.approx(np.mean(np.log2(np.arange(2, 8))))
    assert found["same_token"] == pytest.approx(np.mean(1 / np.arange(2, 8)))
    assert found["mean_distance"] == pytest.approx(np.mean(np.arange(1, 7) / 2))
    # After the earlier copies of query 3 comes position 1, of 4 → 2, of 5 → 3, of 6 → 1 and 4.
    assert found["induction"] == pytest.approx(np.mean([1 / 4, 1 / 5, 1 / 6, 2 / 7]))


def test_a_token_that_follows_its_copy_is_no_induction():
    found = measures(one_hot([0, 1, 2]), np.array([4, 4, 4]))
    # Query 1 has only itself after its copy; query 2 has position 1, at which it does not look.
    assert found["induction"] == 0
    assert found["same_token"] == 1
    only_two = measures(one_hot([0, 1]), np.array([4, 4]))
    assert np.isnan(only_two["induction"])


def test_nothing_to_measure_is_nan():
    assert all(np.isnan(value) for value in measures(np.ones((1, 1)), np.array([3])).values())
    no_copies = measures(UNIFORM[:3, :3], np.array([1, 2, 3]))
    assert np.isnan(no_copies["earlier_copies"])
    assert np.isnan(no_copies["induction"])
    assert not np.isnan(no_copies["previous_token"])
    assert measure(np.zeros((4, 0, 0)), np.array([])).entropy_bits.shape == (4,)


def test_heads_are_measured_apart():
    both = torch.tensor(np.stack([one_hot([0, 0, 1, 2, 3, 4, 5]), one_hot([0] * 7)]), dtype=torch.float32)
    found = measure(both, TEXT)
    assert found.previous_token == pytest.approx([1, 1 / 6])
    assert found.first_token == pytest.approx([1 / 6, 1])


def test_patterns_of_another_text_are_refused():
    with pytest.raises(ValueError, match="not those of 3 tokens"):
        measure(UNIFORM[None], np.array([1, 2, 3]))


def test_rows_of_a_growing_text_are_measured_alone():
    pattern = np.stack([one_hot([0, 0, 1, 2, 3, 4, 5]), one_hot([0, 0, 0, 1, 2, 3, 4])])
    whole = measure_rows(pattern, TEXT)
    assert whole.shape == (7, 2, 7)
    assert np.isnan(whole[:, :, 0]).all()
    assert np.array_equal(measure_rows(pattern[:, 5:], TEXT, first_query=5), whole[:, :, 5:], equal_nan=True)
    assert np.array_equal(
        average(whole), [getattr(measure(pattern, TEXT), n) for n in HeadBehaviour.__dataclass_fields__]
    )


def test_a_long_text_is_measured_in_float32_as_in_float64():
    random = np.random.default_rng(6)
    ids = random.integers(0, 40, 1024)
    scores = np.where(np.tri(1024, dtype=bool), 3 * random.standard_normal((2, 1024, 1024)), -np.inf)
    exact = torch.softmax(torch.from_numpy(scores), -1)
    rows, expected = measure_rows(exact.float(), ids), measure_rows(exact, ids)
    assert np.array_equal(np.isnan(rows), np.isnan(expected))
    assert np.allclose(rows, expected, rtol=3e-6, atol=1e-6, equal_nan=True)
    # In float64 they are what their definitions say.
    weights = exact.numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nansum(weights * np.log2(weights), axis=-1)
    before = np.tri(1024, k=-1, dtype=bool)
    copies = (weights * ((ids[:, None] == ids) & before)).sum(axis=-1)
    back = (weights * (np.arange(1024)[:, None] - np.arange(1024))).sum(axis=-1)
    for row, found in ((3, copies), (5, back), (6, entropy)):
        known = ~np.isnan(expected[row])
        assert known.sum() > 1900
        assert np.allclose(expected[row][known], found[known], rtol=1e-9, atol=1e-12)
