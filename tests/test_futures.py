"""Blocks from rankings: a worked example, and what holds for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectarium import futures
from vectarium.futures import Known
from vectarium.ranking import rank
from vectarium.sampling import SamplingSettings, distribution
from writing_steps import logits

NOTHING_CUT = SamplingSettings()


def of_shares(*shares):
    """The ranking of tokens 0, 1, … that have these probabilities."""
    return Known(rank(np.log(np.array(shares)).astype(np.float32)), np.empty(0, np.int32))


def after(path, seed):
    """What a model might say after a path that follows token 1."""
    seen = np.array([1, *path], np.int32)
    return Known(rank(logits(int(seen[-1]), seed)), seen)


def test_a_worked_example():
    known = {
        (): of_shares(0.6, 0.3, 0.06, 0.04),
        (0,): of_shares(0.5, 0.5),
        (1,): of_shares(0.9, 0.1),
    }
    found = futures.blocks(known, NOTHING_CUT, levels=2, least=0.05, end_of_text=2)
    seen = [(b.path, b.level, round(b.top, 4), round(b.height, 4), b.others) for b in found]
    assert seen == [
        ((0,), 0, 0.0, 0.6, 0),
        ((1,), 0, 0.6, 0.3, 0),
        ((2,), 0, 0.9, 0.06, 0),
        ((), 0, 0.96, 0.04, 1),
        ((0, 0), 1, 0.0, 0.3, 0),
        ((0, 1), 1, 0.3, 0.3, 0),
        ((1, 0), 1, 0.6, 0.27, 0),
        ((1,), 1, 0.87, 0.03, 1),
    ]
    assert [b.parent for b in found] == [None, None, None, None, 0, 0, 1, 1]
    assert [b.probability for b in found[4:]] == pytest.approx([0.5, 0.5, 0.9, 0.1])
    assert found[2].ends
    assert futures.missing(found, known, levels=2) == ()
    assert futures.missing(found, known, levels=3) == ((0, 0), (0, 1), (1, 0))


settings = st.builds(
    SamplingSettings,
    temperature=st.sampled_from([0.0, 0.3, 1.0, 2.0, 10.0]),
    top_k=st.sampled_from([0, 1, 3, 40]),
    top_p=st.sampled_from([1.0, 0.9, 0.5]),
    min_p=st.sampled_from([0.0, 0.05]),
    repetition_penalty=st.sampled_from([1.0, 1.0, 1.3]),
)


@given(settings, st.sampled_from([0.005, 0.02, 0.2]), st.integers(1, 4), st.integers(0, 3))
def test_blocks_lie_in_their_parents_and_share_out_all_of_them(chosen, least, levels, seed):
    known = {(): after((), seed)}
    while missing := futures.missing(futures.blocks(known, chosen, levels, least), known, levels):
        known |= {path: after(path, seed) for path in missing}
    found = futures.blocks(known, chosen, levels, least)
    for block in found:
        assert block.others or block.height >= least
        parent = found[block.parent] if block.parent is not None else None
        top, height = (parent.top, parent.height) if parent else (0.0, 1.0)
        assert top - 1e-9 <= block.top <= block.top + block.height <= top + height + 1e-9
        assert block.height == pytest.approx(height * block.probability)
        assert block.level == (parent.level + 1 if parent else 0)
        before = known[block.path if block.others else block.path[:-1]]
        true = distribution(before.ranking, chosen, before.seen)
        if block.others:
            assert block.others == true.kept_count - block.rank
            assert block.probability == pytest.approx(true.drawn[block.rank :].sum(), abs=1e-12)
        else:
            assert block.probability == true.drawn[true.rank_of(block.path[-1])]
    for parent in {block.parent for block in found}:
        children = [block.height for block in found if block.parent == parent]
        assert sum(children) == pytest.approx(found[parent].height if parent is not None else 1.0)


@given(settings, st.sampled_from([0.0, 0.001, 0.02, 0.2, 1.0]), st.integers(0, 5))
def test_the_short_way_to_what_is_drawn_is_the_long_one(chosen, least, seed):
    true = distribution(rank(logits(0, seed)), chosen, (5, 8))
    shares = distribution(rank(logits(0, seed)), chosen, (5, 8)).drawn_above(least)
    assert shares.tolist() == true.drawn[: shares.size].tolist()
    assert shares.size == true.kept_count or (true.drawn[shares.size :] < least).all()
