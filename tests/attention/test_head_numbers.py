"""Stages and arithmetic of one head against torch."""

import numpy as np
import pytest
import torch

from vectarium.attention.head_numbers import MASKED, RAW, SCALED, SOFTMAX, arithmetic, grown, stage_values
from vectarium.messages_attention import HeadRead, Seen


def head_of(count, first=0):
    random = np.random.default_rng(7)
    queries, keys, values = random.normal(size=(3, 12, 5)).astype(np.float32)
    queries, keys, values = queries[first:count], keys[:count], values[:count]
    raw = queries @ keys.T
    masked = np.where(np.tri(count, dtype=bool)[first:], raw * 0.4, -np.inf)
    pattern = torch.softmax(torch.tensor(masked), dim=1).numpy().astype(np.float32)
    seen = Seen(np.arange(count, dtype=np.int32), 0, count)
    return HeadRead(1, seen, 0, 0, first, raw, pattern, 0.4, queries, keys, values)


def test_stages():
    head = head_of(6)
    assert np.array_equal(stage_values(head, RAW), head.raw)
    assert np.allclose(stage_values(head, SCALED), head.raw * 0.4)
    masked = stage_values(head, MASKED)
    assert np.all(masked[~np.tri(6, dtype=bool)] == -np.inf)
    assert np.allclose(torch.softmax(torch.tensor(masked), dim=1), stage_values(head, SOFTMAX), atol=1e-6)


def test_the_arithmetic_ends_at_the_weight():
    head = head_of(6)
    for query in range(6):
        for key in range(6):
            cell = arithmetic(head, query, key)
            assert cell.products.sum() == pytest.approx(cell.dot)
            assert cell.scaled == pytest.approx(float(head.raw[query, key]) * 0.4, abs=1e-5)
            assert cell.later == (key > query)
            assert cell.weight == pytest.approx(float(head.pattern[query, key]), abs=1e-6)


def test_without_the_first_key_the_sum_has_one_part_less():
    head = head_of(6)
    cell = arithmetic(head, 4, 2, without_first=True)
    rest = head.pattern[4, 1:5]
    assert cell.weight == pytest.approx(float(head.pattern[4, 2] / rest.sum()), abs=1e-6)
    assert arithmetic(head, 4, 0, without_first=True).weight == 0
    assert arithmetic(head, 0, 0, without_first=True).total == 0


@pytest.mark.parametrize("first", [1, 5, 11])
def test_new_rows_make_the_whole(first):
    whole, joined = head_of(12), grown(head_of(first), head_of(12, first))
    for name in ("raw", "pattern", "queries", "keys", "values"):
        assert np.allclose(getattr(joined, name), getattr(whole, name), atol=1e-5)
    assert joined.first_query == 0
