"""Sampling against transformers' own logits warpers and worked examples."""

import math
import pickle

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, entropy
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from vectarium.ranking import BrokenLogits, rank
from vectarium.sampling import SamplingSettings, distribution, drawn_token, record_step, take_step

logits_lists = st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=40)
all_settings = st.builds(
    SamplingSettings,
    temperature=st.floats(0.05, 10),
    top_k=st.integers(0, 45),
    top_p=st.floats(0, 1),
    min_p=st.floats(0, 1),
    repetition_penalty=st.one_of(st.just(1.0), st.floats(0.5, 3)),
)
seen_tokens = st.lists(st.integers(0, 39), max_size=12)


def warped(logits: np.ndarray, chosen: SamplingSettings, seen: list[int]) -> np.ndarray:
    """[token] probabilities after transformers' processors: the penalty in float32, the rest in float64."""
    scores = torch.tensor(logits)[None]
    ids = torch.tensor([seen], dtype=torch.long)
    if chosen.repetition_penalty != 1:
        scores = RepetitionPenaltyLogitsProcessor(float(chosen.repetition_penalty))(ids, scores)
    scores = scores.double()
    if chosen.temperature != 1:
        scores = TemperatureLogitsWarper(float(chosen.temperature))(ids, scores)
    if chosen.top_k:
        scores = TopKLogitsWarper(chosen.top_k)(ids, scores)
    if chosen.top_p < 1:
        scores = TopPLogitsWarper(chosen.top_p)(ids, scores)
    if chosen.min_p > 0:
        scores = MinPLogitsWarper(chosen.min_p)(ids, scores)
    return scores.softmax(dim=-1)[0].numpy()


def cut_is_close(logits: np.ndarray, chosen: SamplingSettings, seen: list[int]) -> bool:
    """Whether rounding alone could move a token over the edge of top-p or min-p."""
    before = SamplingSettings(chosen.temperature, chosen.top_k, repetition_penalty=chosen.repetition_penalty)
    drawn = distribution(logits, before, seen).drawn
    tail, ratio = np.cumsum(drawn[::-1]), drawn / drawn[0]
    return bool(
        (np.abs(tail - (1 - chosen.top_p)) < 1e-12).any() or (np.abs(ratio - chosen.min_p) < 1e-12).any()
    )


@given(logits_lists, all_settings, seen_tokens)
@settings(max_examples=400)
@example([1.0, 2.0, 2.0, 3.0], SamplingSettings(top_k=2), [])
@example([0.0, -0.0, 0.0], SamplingSettings(top_p=0.5), [])
@example([3.0, -1.0, 2.0, 2.5], SamplingSettings(repetition_penalty=1.5), [0, 1, 0])
def test_equal_to_transformers_processors(values, chosen, seen):
    logits = np.array(values, dtype=np.float32)
    seen = [token for token in seen if token < logits.size]
    assume(not cut_is_close(logits, chosen, seen))
    ours = distribution(logits, chosen, seen)
    theirs = warped(logits, chosen, seen)
    # Where equal logits straddle the edge of top-p, transformers leaves open which of them stays.
    assert np.allclose(ours.drawn, np.sort(theirs)[::-1], rtol=0, atol=1e-6)
    if np.unique(ours.penalised).size == logits.size:
        assert np.allclose(ours.drawn, theirs[ours.order], rtol=0, atol=1e-6)
        assert np.array_equal(ours.kept, theirs[ours.order] > 0) or ours.drawn[ours.kept].min() < 1e-300


@given(logits_lists, all_settings, seen_tokens)
def test_stages_agree_with_each_other(values, chosen, seen):
    logits = np.array(values, dtype=np.float32)
    stages = distribution(logits, chosen, [token for token in seen if token < logits.size])
    assert np.array_equal(logits[stages.order], stages.logits)
    penalised = np.empty_like(logits)
    penalised[stages.order] = stages.penalised
    assert np.array_equal(stages.order, np.lexsort((np.arange(logits.size), -penalised)))
    assert stages.probability.sum() == pytest.approx(1)
    assert stages.drawn.sum() == pytest.approx(1)
    assert stages.removed_mass == pytest.approx(stages.probability[~stages.kept].sum())
    assert (stages.drawn[~stages.kept] == 0).all()
    expected = -sum(p * math.log2(p) for p in stages.drawn if p > 0)
    assert stages.drawn_entropy_bits == pytest.approx(expected, abs=1e-9)
    assert 0 <= stages.drawn_entropy_bits <= math.log2(logits.size) + 1e-9


MANY = [
    SamplingSettings(),
    SamplingSettings(0.8, top_k=40),
    SamplingSettings(1.2, top_k=3000),
    SamplingSettings(top_p=0.9),
    SamplingSettings(0.3, top_p=0.9999, min_p=1e-4),
    SamplingSettings(1.5, top_k=500, top_p=0.5, repetition_penalty=1.2),
    SamplingSettings(0.2, min_p=0.001),
    SamplingSettings(0.7, repetition_penalty=1.2),
]


@pytest.mark.parametrize("spread", [0.1, 2, 5])  # of the logits: many tokens are likely, or few
@pytest.mark.parametrize("chosen", MANY)
def test_a_large_vocabulary_is_weighed_as_transformers_weighs_it(chosen, spread):
    random = np.random.default_rng(7)
    logits, seen = random.normal(0, spread, 20_000).astype(np.float32), random.integers(0, 20_000, 300)
    theirs = np.sort(warped(logits, chosen, seen.tolist()))[::-1]
    before = SamplingSettings(chosen.temperature, repetition_penalty=chosen.repetition_penalty)
    uncut = np.sort(warped(logits, before, seen.tolist()))[::-1]
    for uniform in (0.0, 0.5, 0.999_999):
        step = take_step(logits, chosen, uniform, seen)
        assert step.kept_count == (theirs > 0).sum()
        edges = np.cumsum(theirs)
        assert edges[step.rank] - theirs[step.rank] - 1e-12 <= uniform <= edges[step.rank] + 1e-12
        assert step.drawn == pytest.approx(theirs[step.rank], rel=1e-11)
        assert step.probability == pytest.approx(uncut[step.rank], rel=1e-11)
        assert step.removed_mass == pytest.approx(uncut[step.kept_count :].sum(), rel=1e-11)
        assert step.entropy_bits == pytest.approx(entropy(uncut, base=2), rel=1e-11)
        assert step.drawn_entropy_bits == pytest.approx(entropy(theirs, base=2), rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("size", [100, 200, 20_000])
def test_top_p_cuts_where_transformers_does_though_rounding_tells(size):
    logits = np.zeros(size, np.float32)
    for kept in (1, size // 7, size // 2, 9 * size // 10, size - 1):
        chosen = SamplingSettings(top_p=kept / size)
        assert distribution(logits, chosen).kept_count == (warped(logits, chosen, []) > 0).sum()


@pytest.mark.parametrize("size", [1, 2, 3, 127, 128, 129, 300, 2500, 40_000])
def test_the_token_alone_is_the_one_of_the_step(size):
    random = np.random.default_rng(size)
    logits = random.normal(0, 3, size).astype(np.float32)
    cases = MANY + [SamplingSettings(0), SamplingSettings(0, repetition_penalty=1.5)]
    cases += [SamplingSettings(10), SamplingSettings(1e-320), SamplingSettings(top_p=0, min_p=1)]
    for values in (logits, np.round(logits), np.zeros_like(logits), np.copysign(0.0, logits)):
        seen = random.integers(0, size, random.integers(0, 20))
        for chosen in cases:
            drawn_from = distribution(values, chosen, seen)
            edges = np.cumsum(drawn_from.drawn)
            for uniform in (0.0, float(random.random()), 1 - 2**-53):
                step = take_step(values, chosen, uniform, seen)
                assert drawn_token(values, chosen, uniform, seen) == step.token_id
                assert step.token_id == drawn_from.order[step.rank]
                assert step.rank == drawn_from.rank_of(step.token_id)
                assert step.drawn == drawn_from.drawn[step.rank] > 0
                assert step.probability == drawn_from.probability[step.rank]
                assert edges[step.rank] - step.drawn - 1e-12 <= uniform <= edges[step.rank] + 1e-12
                assert np.array_equal(step.top_ids, drawn_from.order[:100])


@pytest.mark.parametrize("size", [1, 3, 128, 129, 2500])
@pytest.mark.parametrize("chosen", [*MANY, SamplingSettings(0), SamplingSettings(1e-3), SamplingSettings(10)])
def test_the_first_ranks_are_the_beginning_of_all(size, chosen):
    random = np.random.default_rng(size)
    normal = random.normal(0, 3, size).astype(np.float32)
    for logits in (normal, np.round(normal), np.zeros_like(normal)):
        seen = random.integers(0, size, 20)
        whole = distribution(logits, chosen, seen)
        for count in {1, min(20, size), min(100, size), size}:
            part = distribution(logits, chosen, seen)
            first = part.first(count)
            for name in ("order", "logits", "penalised", "scaled", "probability", "drawn"):
                assert np.array_equal(getattr(first, name), getattr(whole, name)[:count]), name
            after, drawn = whole.probability[count:].sum(), whole.drawn[count:].sum()
            assert part.mass_after(count) == pytest.approx(after, rel=1e-9, abs=1e-300)
            assert part.drawn_after(count) == pytest.approx(drawn, rel=1e-9, abs=1e-300)
            assert size < 129 or count > 100 or "order" not in vars(part.ranking)  # few are not sorted for


def test_worked_example():
    logits = np.log(np.array([0.1, 0.4, 0.2, 0.3], dtype=np.float32))
    stages = distribution(logits, SamplingSettings(top_k=3, top_p=0.7))
    assert stages.order.tolist() == [1, 3, 2, 0]
    assert stages.probability == pytest.approx([0.4, 0.3, 0.2, 0.1])
    # Of the three that top-k leaves (4/9, 3/9, 2/9) two reach 0.7.
    assert stages.kept.tolist() == [True, True, False, False]
    assert stages.drawn == pytest.approx([4 / 7, 3 / 7, 0, 0])
    assert stages.removed_mass == pytest.approx(0.3)
    assert [stages.rank_at(uniform) for uniform in (0, 0.57, 0.572, 1 - 2**-53)] == [0, 0, 1, 1]
    assert stages.rank_of(2) == 2
    with pytest.raises(IndexError, match="Token 4 is outside the vocabulary of 4 tokens"):
        stages.rank_of(4)


def test_a_penalty_divides_what_is_above_zero_and_multiplies_what_is_below():
    logits = np.array([3.0, -1.0, 2.0, 2.5], dtype=np.float32)
    stages = distribution(logits, SamplingSettings(temperature=0.5, repetition_penalty=1.5), [0, 1, 0])
    assert stages.order.tolist() == [3, 0, 2, 1]
    assert stages.logits.tolist() == [2.5, 3.0, 2.0, -1.0]
    assert stages.penalised.tolist() == [2.5, 2.0, 2.0, -1.5]
    assert stages.scaled.tolist() == [5.0, 4.0, 4.0, -3.0]
    # What the model itself said knows no penalty.
    softmax = torch.tensor(logits, dtype=torch.float64).softmax(0).numpy()
    step = record_step(stages, 1)
    assert (step.token_id, step.rank, step.model_rank) == (0, 1, 0)
    assert step.model_probability == pytest.approx(softmax[0])
    assert step.model_entropy_bits == pytest.approx(-float((softmax * np.log2(softmax)).sum()))
    greedy = distribution(logits, SamplingSettings(temperature=0, repetition_penalty=1.5), [0])
    assert greedy.order[0] == 3


def test_an_enormous_penalty_stays_finite():
    logits = np.array([-3e38, 3e38, 1.0], dtype=np.float32)
    for penalty in (1e300, 1e-300):
        stages = distribution(logits, SamplingSettings(repetition_penalty=penalty), [0, 1])
        assert np.isfinite(stages.penalised).all()
        assert stages.probability.sum() == pytest.approx(1)


def test_temperature_zero_is_the_argmax_with_ties_to_the_lowest_id():
    logits = np.array([1, 5, 3, 5], dtype=np.float32)
    stages = distribution(logits, SamplingSettings(temperature=0, top_k=3, min_p=0.1))
    assert stages.order[0] == np.argmax(logits) == 1
    assert stages.drawn.tolist() == [1, 0, 0, 0]
    assert stages.scaled.tolist() == [5, 5, 3, 1]
    assert (stages.entropy_bits, stages.removed_mass) == (0, 0)
    assert stages.rank_at(1 - 2**-53) == 0


@pytest.mark.parametrize("temperature", [1e-320, 1e-30, 1e-3, 0.1, 1, 5, 10])
def test_stable_at_every_temperature(temperature):
    logits = np.random.default_rng(0).normal(0, 1000, 5000).astype(np.float32)
    chosen = SamplingSettings(temperature)
    stages = distribution(logits, chosen)
    assert np.isfinite(stages.probability).all()
    assert stages.probability.sum() == pytest.approx(1)
    assert take_step(logits, chosen, 0.5).top_probability == pytest.approx(stages.probability[:100])


def test_temperature_approaches_its_limits():
    logits = np.random.default_rng(1).normal(0, 3, 100).astype(np.float32)
    assert distribution(logits, SamplingSettings(1e-4)).drawn[0] == pytest.approx(1)
    flat = distribution(logits, SamplingSettings(1e6))
    assert flat.entropy_bits == pytest.approx(math.log2(100), abs=1e-6)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_broken_logits_say_so(broken):
    with pytest.raises(BrokenLogits, match=r"1 of 3 logits that are not finite"):
        rank(np.array([0, broken, 1], dtype=np.float32))


@pytest.mark.parametrize("shape", [(0,), (2, 2), ()])
def test_logits_of_a_wrong_shape_say_so(shape):
    with pytest.raises(BrokenLogits, match="one number a token"):
        rank(np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("temperature", -0.1, "Temperature must be a number of at least 0"),
        ("temperature", math.nan, "Temperature must be a number"),
        ("temperature", math.inf, "Temperature must be a number"),
        ("temperature", "warm", "Temperature must be a number"),
        ("top_k", -1, "Top-k must be a whole number of at least 0"),
        ("top_k", 2.5, "Top-k must be a whole number"),
        ("top_k", True, "Top-k must be a whole number"),
        ("top_p", 1.1, "Top-p must be a number from 0 to 1"),
        ("min_p", -0.5, "Min-p must be a number from 0 to 1"),
        ("repetition_penalty", 0, "repetition penalty must be a number above 0"),
        ("repetition_penalty", math.inf, "repetition penalty must be a number above 0"),
    ],
)
def test_settings_outside_their_range_are_refused(field, value, words):
    with pytest.raises(ValueError, match=words):
        SamplingSettings(**{field: value})


@pytest.mark.parametrize("uniform", [-0.1, 1.0, math.nan])
def test_a_draw_refuses_a_number_outside_its_range(uniform):
    with pytest.raises(ValueError, match="must lie in"):
        distribution(np.zeros(3), SamplingSettings()).rank_at(uniform)


def test_draws_follow_the_distribution():
    logits = np.random.default_rng(2).normal(0, 2, 30).astype(np.float32)
    stages = distribution(logits, SamplingSettings(temperature=1.3, top_k=12, min_p=0.02))
    uniforms = np.random.default_rng(3).random(10_000)
    counts = np.bincount([stages.rank_at(float(uniform)) for uniform in uniforms], minlength=30)
    assert counts[~stages.kept].sum() == 0
    expected = stages.drawn[stages.kept] * uniforms.size
    assert chisquare(counts[stages.kept], expected).pvalue > 0.001


@given(logits_lists, all_settings, st.floats(0, 1, exclude_max=True), seen_tokens)
def test_a_step_shows_its_distribution_again(values, chosen, uniform, seen):
    logits = np.array(values, dtype=np.float32)
    seen = [token for token in seen if token < logits.size]
    stages = distribution(logits, chosen, seen)
    step = take_step(logits, chosen, uniform, seen)
    assert step.token_id == stages.order[step.rank]
    assert step.logit == logits[step.token_id]
    assert step.drawn == stages.drawn[step.rank] > 0
    assert step.top_probability == pytest.approx(stages.probability[:100], abs=1e-12)
    assert step.top_drawn == pytest.approx(stages.drawn[:100], abs=1e-9)
    assert step.top_model_probability == pytest.approx(stages.ranking.model_probability[:100], abs=1e-12)
    assert step.model_rank == rank(logits).rank_of(step.token_id)
    assert step.model_entropy_bits == pytest.approx(rank(logits).model_entropy_bits, abs=1e-9)
    assert step.penalised == stages.penalised[step.rank]
    assert step.model_probability == pytest.approx(step.top_model_probability[step.rank])


def test_a_step_keeps_the_tail_as_a_mass():
    logits = np.random.default_rng(4).normal(0, 1, 1000).astype(np.float32)
    stages = distribution(logits, SamplingSettings(temperature=2))
    step = record_step(stages, rank=700)
    assert step.top_ids.tolist() == stages.order[:100].tolist()
    assert step.tail_mass == pytest.approx(stages.probability[100:].sum())
    assert step.uniform is None
    assert step.probability == pytest.approx(float(stages.probability[700]))


def test_a_step_at_temperature_zero_keeps_what_the_model_gave():
    logits = np.random.default_rng(5).normal(0, 1, 1000).astype(np.float32)
    step = take_step(logits, SamplingSettings(temperature=0), 0.99)
    assert step.token_id == np.argmax(logits)
    assert (step.probability, step.drawn, step.rank) == (1, 1, 0)
    softmax = torch.tensor(logits, dtype=torch.float64).softmax(0)
    assert step.model_probability == pytest.approx(float(softmax.max()))


def test_ranking_is_reused_and_nothing_can_be_written():
    logits = np.random.default_rng(6).normal(0, 1, 50).astype(np.float32)
    ranking = rank(logits)
    first = distribution(ranking, SamplingSettings(temperature=0.5))
    assert first.order is ranking.order
    assert np.array_equal(first.drawn, distribution(logits, SamplingSettings(temperature=0.5)).drawn)
    before = ranking.by_token.tolist()
    logits[:] = 0
    assert ranking.by_token.tolist() == before
    for array in (first.order, first.logits, first.scaled, first.probability, first.drawn, first.kept):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_step_that_has_crossed_a_process_keeps_one_array_where_there_is_no_penalty():
    logits = np.linspace(4, -4, 500).astype(np.float32)
    plain = take_step(logits, SamplingSettings(), 0.4, np.arange(9))
    there = pickle.loads(pickle.dumps(plain))
    assert there.top_penalised is there.top_logits
    assert there.top_logits.tolist() == plain.top_logits.tolist()
    penalised = take_step(logits, SamplingSettings(repetition_penalty=1.5), 0.4, np.arange(9))
    assert penalised.top_penalised.tolist() != penalised.top_logits.tolist()
