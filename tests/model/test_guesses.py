"""Tokens that are guessed ahead: the text and its numbers stay what they were without."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ready_forms import draft, eager_draft, prepared
from vectarium.model import forms, forward_pass, guesses
from vectarium.model.forward_pass import logits, run
from vectarium.model.generation import next_step
from vectarium.model.guesses import LATE, MOST, SOON, Costs, Guesser
from vectarium.model.one_token import INT8
from vectarium.sampling import SamplingSettings

PROMPT = [5, 17, 300, 42]
SETTINGS = {
    "most likely": SamplingSettings(temperature=0.0),
    "as the model": SamplingSettings(),
    "cut and penalised": SamplingSettings(temperature=0.7, top_k=20, top_p=0.9, repetition_penalty=1.3),
}


class Text:
    """A text that is written on; `passes` are the positions that each pass read."""

    def __init__(self, model, monkeypatch, settings, guesses_with=None, form=None):
        self.model, self.settings, self.form = model, settings, form or prepared(model, exact=True)
        self.guesser = guesses_with and Guesser(guesses_with)
        self.ids, self.trace, self.steps, self.passes = list(PROMPT), None, [], []
        together, ready = forward_pass._compute, self.form.read

        def computed(model, store, ids, start, *more):
            self.passes.append(len(ids) - start)
            together(model, store, ids, start, *more)

        def read(residual, heads, tokens, *more):
            self.passes.append(len(tokens))
            return ready(residual, heads, tokens, *more)

        monkeypatch.setattr(forward_pass, "_compute", computed)
        monkeypatch.setattr(self.form, "read", read)

    def write(self, count, checkpoint=lambda share: None):
        random = np.random.default_rng(2).random(count)
        for place, uniform in enumerate(random):
            later = tuple(random[place + 1 : place + 1 + MOST])
            step, self.trace = next_step(
                self.model, self.ids, self.settings, uniform, self.trace, checkpoint, self.form, self.form,
                self.guesser, later,
            )  # fmt: skip
            self.steps.append(step)
            self.ids.append(step.token_id)
        return self


def assert_same(ours, theirs):
    assert ours.ids == theirs.ids
    for one, other in zip(ours.steps, theirs.steps, strict=True):
        for name in ("rank", "logit", "model_probability", "entropy_bits", "uniform"):
            assert getattr(one, name) == getattr(other, name)
        assert np.array_equal(one.top_ids, other.top_ids)
        assert np.array_equal(one.top_logits, other.top_logits)
    for name in ("residual", "queries", "keys", "values"):
        assert torch.equal(getattr(ours.trace, name), getattr(theirs.trace, name))


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_the_text_is_what_it_is_without(make_model, monkeypatch, settings):
    model = make_model(n_positions=64)
    alone = Text(model, monkeypatch, settings).write(50)
    guessed = Text(model, monkeypatch, settings, eager_draft(model)).write(50)
    assert_same(guessed, alone)
    assert len(guessed.passes) < 0.7 * len(alone.passes)  # guesses were right
    assert guessed.trace.exact


@pytest.mark.parametrize("sizes", [{"reorder_and_upcast_attn": True}, {"n_layer": 1, "n_head": 1},
    {"scale_attn_by_inverse_layer_idx": True, "tie_word_embeddings": False, "vocab_size": 1003}])  # fmt: skip
def test_every_kind_of_model_guesses(make_model, monkeypatch, sizes):
    model = make_model(seed=2, **sizes)
    settings = SamplingSettings(temperature=0.5)
    guessed = Text(model, monkeypatch, settings, eager_draft(model)).write(30)
    assert max(guessed.passes[1:]) > 1
    assert_same(guessed, Text(model, monkeypatch, settings).write(30))


def test_wrong_guesses_change_nothing_and_become_few(make_model, monkeypatch):
    model = make_model(n_positions=100)
    other = eager_draft(make_model(seed=7, n_positions=100), guess=0.2)
    alone = Text(model, monkeypatch, SamplingSettings()).write(60)
    guessed = Text(model, monkeypatch, SamplingSettings(), other).write(60)
    assert_same(guessed, alone)
    assert guessed.guesser.share_right < 0.3
    assert guessed.passes[1] > 2
    assert set(guessed.passes[-20:]) <= {1, 2}


def test_rounded_weights_guess_for_themselves(make_model, monkeypatch):
    model = make_model()
    form = prepared(model, exact=False)
    settings = SamplingSettings()
    alone = Text(model, monkeypatch, settings, form=form).write(30)
    guessed = Text(model, monkeypatch, settings, eager_draft(model, form), form).write(30)
    assert max(guessed.passes[1:]) > 1
    assert_same(guessed, alone)
    assert not guessed.trace.exact
    # What was guessed with rounded weights is nothing for who wants exact numbers.
    store, length = guessed.trace.store, len(guessed.trace)
    ahead = [*guessed.ids[:length], *map(int, store._guesses)]
    exact = run(model, ahead, guessed.trace.beginning(), one_token=prepared(model, exact=True))
    assert exact.exact
    expected = run(model, ahead)
    assert torch.allclose(exact.residual, expected.residual, rtol=0, atol=1e-5)


def test_what_was_guessed_is_there_when_it_comes_and_gone_when_not(make_model):
    model = make_model()
    form = prepared(model, exact=True)
    before = run(model, PROMPT)
    trace = run(model, [*PROMPT, 8], before, one_token=form, guess=lambda residual, heads, most: [9, 10, 11])
    assert (len(trace), trace.store.filled) == (5, 5)
    followed = run(model, [*PROMPT, 8, 9, 10], trace, one_token=form)
    assert (followed.store is trace.store, followed.reused) == (True, 7)
    for position in (4, 5, 6):
        expected = logits(model, run(model, [*PROMPT, 8, 9, 10]), position)
        kept = logits(model, followed, position, form)
        assert kept == pytest.approx(expected, abs=1e-5)
        assert logits(model, followed, position) is kept
    otherwise = run(model, [*PROMPT, 8, 9, 10, 12], followed, one_token=form)
    assert (otherwise.store is trace.store, otherwise.reused) == (True, 7)
    expected = run(model, [*PROMPT, 8, 9, 10, 12])
    assert torch.allclose(otherwise.residual, expected.residual, rtol=0, atol=1e-5)
    assert logits(model, otherwise, 7) == pytest.approx(logits(model, expected, 7), abs=1e-5)


def test_guesses_end_with_the_context_and_with_what_is_wanted(make_model, monkeypatch):
    model = make_model(n_positions=16)
    guessed = Text(model, monkeypatch, SamplingSettings(), eager_draft(model)).write(40)
    assert_same(guessed, Text(model, monkeypatch, SamplingSettings()).write(40))
    wanted = Text(model, monkeypatch, SamplingSettings(), eager_draft(model)).write(3)
    assert sum(wanted.passes) == len(PROMPT) + 2  # what follows the last token is nobody's


def test_cancelling_leaves_the_text_as_it_was(make_model, monkeypatch):
    model = make_model()
    text = Text(model, monkeypatch, SamplingSettings(), eager_draft(model)).write(5)
    before = text.trace.residual.clone()
    trace, stopped = text.trace, []

    def refuse(share):
        if share > 0.5:
            stopped.append(share)
            raise InterruptedError

    while not stopped:
        try:
            text.write(1, refuse)
            trace, before = text.trace, text.trace.residual.clone()
        except InterruptedError:
            assert text.trace is trace
    assert torch.equal(trace.residual, before)
    text.write(10)
    expected = run(model, text.ids[: len(text.trace)])
    assert torch.allclose(text.trace.residual, expected.residual, rtol=0, atol=1e-4)


def test_a_model_without_numbers_guesses_nothing(make_model):
    broken = make_model()
    broken.network.transformer.ln_f.bias[:] = float("nan")
    guesser, room = Guesser(eager_draft(broken)), forward_pass.Store(broken, 20)
    assert guesser.guess(PROMPT, 0, SamplingSettings(), [0.1] * 5, room.residual, room.heads, 5) == []


# When it pays off


def test_as_many_as_pay_off():
    costs = Costs(0.25, (1.0, 1.0, 1.1, 1.9, 2.0, 2.0, 2.0, 2.1))
    assert costs.gain(2, 1.0) == pytest.approx(3 / 1.6)
    assert costs.gain(2, 0.5) == pytest.approx(1.75 / 1.6)
    assert costs.best(1.0) == 7
    assert costs.best(0.8) == 2
    assert costs.best(1.0, most=1) == 1
    assert costs.best(0.2) == 0
    assert costs.best(1.0, most=0) == 0
    assert Costs(1.5, tuple(range(1, 9))).best(1.0) == 0


def test_a_text_that_becomes_easier_is_noticed(make_model):
    model = make_model(n_positions=1000)
    guesser, room = Guesser(eager_draft(model)), forward_pass.Store(model, 1000)
    room.heads.zero_()
    made, ids = [], list(PROMPT)
    for _ in range(3 * LATE):
        found = guesser.guess(ids, 0, SamplingSettings(temperature=0), [0.5], room.residual, room.heads, 1)
        made.append(len(found))
        hard = len(made) < 2 * LATE
        ids.append((found[0] + 1 if hard else found[0]) % model.vocabulary_size if found else 1)
    assert 0 < sum(made[4 * SOON : 2 * LATE]) < LATE / 8
    assert sum(made[-LATE // 4 :]) == LATE // 4


def test_whether_it_pays_off_is_measured_once(make_model, tmp_path, monkeypatch):
    model, memory = make_model(), tmp_path / "forms.json"
    monkeypatch.setattr(guesses, "WORTH_IT", 0.0)
    measured = draft(model, memory=memory)
    assert measured.model.form == INT8
    assert not measured.model.exact
    assert measured.costs.several[0] == 1.0
    assert len(measured.costs.several) == MOST + 1
    monkeypatch.setattr(forms, "_costs", None)  # cannot be asked
    assert draft(model, memory=memory).costs == measured.costs
    monkeypatch.setattr(guesses, "WORTH_IT", float("inf"))
    assert draft(model, memory=memory) is None


def test_nothing_is_guessed_where_memory_is_short(make_model, monkeypatch):
    monkeypatch.setattr(guesses, "WORTH_IT", 0.0)
    assert draft(make_model()) is not None
    monkeypatch.setattr(forms.psutil, "virtual_memory", lambda: SimpleNamespace(available=10_000))
    assert draft(make_model()) is None
