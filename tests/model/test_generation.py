"""Generation against transformers, and what happens at the ends."""

import numpy as np
import pytest
import torch

from tiny_models import as_theirs
from vectarium.checkpoints import unheeded
from vectarium.context import seen_range
from vectarium.messages import Generate
from vectarium.messages_writing import Steer
from vectarium.model.forward_pass import run
from vectarium.model.generation import next_step
from vectarium.ranking import BrokenLogits
from vectarium.sampling import SamplingSettings, distribution
from vectarium.workers.writing import Writer


@pytest.fixture
def model(make_model):
    return make_model(seed=3)


def writer(ids, settings, seed=0, limit=50):
    return Writer(Generate(1, np.array(ids, np.int32), settings, seed, limit))


def generate(model, ids, settings, seed=0, limit=50, previous=None):
    """Every step with its trace, drawn as the worker draws them."""
    writing, trace, over = writer(ids, settings, seed, limit), previous, None
    while over is None:
        reply, trace, over = writing.turn(model, trace, unheeded)
        yield reply.steps[0], trace


def written(model, ids, settings, seed=0, **options):
    return [step.token_id for step, _ in generate(model, ids, settings, seed, **options)]


def their_logits(model, ids):
    with torch.inference_mode():
        return as_theirs(model.network)(torch.tensor([ids])).logits[0, -1].numpy()


def test_every_step_is_drawn_from_transformers_distribution(model):
    settings = SamplingSettings(temperature=1.2, top_k=50, top_p=0.95, min_p=0.01)
    text = [5, 17, 300]
    uniforms = np.random.Generator(np.random.PCG64(11))
    for step, trace in generate(model, text, settings, seed=11, limit=40):
        expected = distribution(their_logits(model, text), settings)
        assert trace.ids.tolist() == text
        assert step.uniform == uniforms.random()
        assert step.top_drawn == pytest.approx(expected.drawn[:100], abs=1e-5)
        assert step.drawn == pytest.approx(expected.drawn[expected.rank_of(step.token_id)], abs=1e-5)
        assert expected.rank_at(step.uniform) == step.rank
        text.append(step.token_id)
    assert len(text) == 43


@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_temperature_zero_equals_transformers_greedy_search(model, penalty):
    ids = torch.tensor([[5, 17, 300]])
    theirs = as_theirs(model.network).generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=30,
        do_sample=False,
        pad_token_id=0,
        repetition_penalty=penalty,
    )
    settings = SamplingSettings(temperature=0, repetition_penalty=penalty)
    assert written(model, [5, 17, 300], settings, limit=30) == theirs[0, 3:].tolist()


def test_the_penalty_is_for_all_that_the_model_sees(model):
    settings = SamplingSettings(temperature=1.2, repetition_penalty=1.4)
    text = [5, 17, 300, *range(20, 60)]
    for step, trace in generate(model, text, settings, seed=4, limit=15):
        seen = trace.ids.tolist()
        assert len(seen) < len(text) or len(text) <= 48
        expected = distribution(their_logits(model, seen), settings, seen)
        assert step.top_drawn == pytest.approx(expected.drawn[:100], abs=1e-5)
        text.append(step.token_id)


def test_the_same_seed_gives_the_same_text(model):
    texts = [written(model, [1, 2], SamplingSettings(), seed, limit=20) for seed in (7, 7, 8)]
    assert texts[0] == texts[1] != texts[2]
    previous = run(model, [1, 2])
    assert written(model, [1, 2], SamplingSettings(), 7, limit=20, previous=previous) == texts[0]


def test_settings_are_asked_for_every_token(model):
    writing = writer([1], SamplingSettings(temperature=0), limit=2)
    first, trace, _ = writing.turn(model, None, unheeded)
    writing.steer(Steer(2, SamplingSettings(temperature=5, top_k=3), pace=0.0))
    second, _, over = writing.turn(model, trace, unheeded)
    assert [reply.steps[0].settings.temperature for reply in (first, second)] == [0, 5]
    assert over == ""


def test_stops_after_the_end_of_text(make_model):
    model = make_model(seed=3)
    # Make the end-of-text token certain whatever the text says.
    model.network.transformer.ln_f.weight.zero_()
    model.network.transformer.ln_f.bias.copy_(100 * model.network.lm_head.weight[0])
    assert written(model, [1, 2], SamplingSettings(), limit=50) == [model.vocabulary.end_of_text]


def test_a_full_context_goes_on(model):
    lengths = []
    text = list(range(40))
    for step, trace in generate(model, text, SamplingSettings(), seed=1, limit=60):
        start, end = seen_range(len(text), model.context)
        assert trace.ids.tolist() == text[start:end]
        expected = distribution(their_logits(model, text[start:end]), SamplingSettings())
        assert step.top_probability == pytest.approx(expected.probability[:100], abs=1e-5)
        lengths.append(len(trace))
        text.append(step.token_id)
    # The context of 48 fills up, then twelve tokens drop out at a time.
    assert lengths == [*range(40, 49), *([*range(37, 49)] * 5)[:51]]


def test_a_cancelled_token_can_be_asked_for_again(model):
    def refuse(share):
        raise InterruptedError

    trace = run(model, [1, 2, 3])
    with pytest.raises(InterruptedError):
        next_step(model, [1, 2, 3, 4], SamplingSettings(), 0.5, trace, refuse)
    again = written(model, [1, 2, 3, 4], SamplingSettings(), previous=trace, limit=5)
    assert again == written(model, [1, 2, 3, 4], SamplingSettings(), limit=5)


def test_nothing_to_continue(model):
    with pytest.raises(ValueError, match="no text to continue"):
        next_step(model, [], SamplingSettings(), 0.5)


def test_a_broken_model_says_so(make_model):
    model = make_model()
    model.network.transformer.ln_f.bias[0] = float("nan")
    with pytest.raises(BrokenLogits, match="360 of 360 logits"):
        next_step(model, [1], SamplingSettings(), 0.5)
