"""One position at a time, in every form, against the pass that computes many at once."""

import numpy as np
import pytest
import torch

from ready_forms import draft, prepared
from vectarium.model import forms, one_token
from vectarium.model.forward_pass import logits, run
from vectarium.model.loading import load, local_folder
from vectarium.model.one_token import FLOAT16, FLOAT32, in_float32

CONFIGURATIONS = {
    "plain": {},
    "one layer, one head": {"n_layer": 1, "n_head": 1, "n_embd": 8},
    "inverse layer scaling": {"scale_attn_by_inverse_layer_idx": True},
    "no scaling": {"scale_attn_weights": False},
    "reordered and upcast": {"reorder_and_upcast_attn": True},
    "untied unembedding": {"tie_word_embeddings": False},
    "other activation": {"activation_function": "relu", "n_inner": 17},
    "vocabulary in several parts": {"vocab_size": 1003},
}
needs_packing = pytest.mark.skipif(not one_token.can_pack(), reason="this PyTorch packs no float16")


def some_ids(model, count):
    return np.random.default_rng(count).integers(0, model.vocabulary_size, count)


def grown(model, ids, given, form):
    """Read ``given`` tokens at once and the others one by one."""
    trace = run(model, ids[:given]) if given else None
    for end in range(given + 1, len(ids) + 1):
        trace = run(model, ids[:end], trace, one_token=form)
    return trace


def probabilities(model, trace, form=None):
    found = logits(model, trace, len(trace) - 1, form).astype(np.float64)
    return np.exp(found - found.max()) / np.exp(found - found.max()).sum()


@pytest.mark.parametrize("sizes", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
@pytest.mark.parametrize("given", [0, 1, 20])
def test_float32_is_the_very_same(make_model, sizes, given):
    model = make_model(seed=given, **sizes)
    ids = some_ids(model, 30)
    ours, theirs = grown(model, ids, given, in_float32(model)), grown(model, ids, given, None)
    for name in ("residual", "queries", "keys", "values"):
        assert torch.equal(getattr(ours, name), getattr(theirs, name))
    assert np.array_equal(logits(model, ours, 29, in_float32(model)), logits(model, theirs, 29))
    assert ours.exact


@needs_packing
@pytest.mark.parametrize("sizes", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_float16_differs_by_the_rounding_of_its_weights_alone(make_model, monkeypatch, sizes):
    monkeypatch.setattr(one_token, "ROWS_AT_ONCE", 300)
    model = make_model(seed=5, **sizes)
    form = prepared(model, exact=False)
    ids = some_ids(model, 40)
    # The same model with its matrices rounded, everything else as it was.
    rounded = make_model(seed=5, **sizes)
    rounded.network.lm_head.weight = torch.nn.Parameter(
        rounded.network.lm_head.weight.half().float(), requires_grad=False
    )
    for block in rounded.network.transformer.h:
        for conv in one_token.conv1ds(block):
            conv.weight.copy_(conv.weight.half().float())
    ours, expected = grown(model, ids, 0, form), grown(rounded, ids, 0, None)
    scale = max(1.0, float(expected.residual.abs().max()))
    assert float((ours.residual - expected.residual).abs().max()) <= 1e-5 * scale
    assert probabilities(model, ours, form) == pytest.approx(probabilities(rounded, expected), abs=1e-5)
    exact = grown(model, ids, 0, None)
    assert not torch.equal(ours.residual, exact.residual)
    assert probabilities(model, ours, form) == pytest.approx(probabilities(model, exact), abs=0.02)


@needs_packing
def test_rounded_logits_are_kept_for_nobody(make_model):
    model = make_model(seed=5)
    trace, form = run(model, some_ids(model, 20)), prepared(model, exact=False)
    rounded = logits(model, trace, 19, form)
    exact = logits(model, trace, 19)
    assert not np.array_equal(rounded, exact)
    assert np.array_equal(logits(model, trace, 19, form), rounded)


@needs_packing
@pytest.mark.skipif(local_folder("bundled") is None, reason="the trained model is not in this checkout")
def test_float16_loses_nothing_of_the_bundled_model():
    model = load("bundled", "cpu")
    form = prepared(model, exact=True)
    assert (form.form, form.exact) == (FLOAT16, True)
    ids = model.tokenizer.encode("Once upon a time there was a little dog who loved the rain. It ran")
    ours, exact = grown(model, ids, 5, form), grown(model, ids, 5, None)
    assert probabilities(model, ours, form) == pytest.approx(probabilities(model, exact), abs=1e-6)
    assert ours.exact


@needs_packing
def test_a_trace_knows_how_far_it_is_exact(make_model):
    model = make_model()
    form, ids = prepared(model, exact=False), some_ids(model, 40)
    prompt = run(model, ids[:10])
    written = run(model, ids[:12], run(model, ids[:11], prompt, one_token=form), one_token=form)
    assert (prompt.exact, written.exact, len(written.beginning())) == (True, False, 10)
    # What is read after tokens that are not exact is not exact either, in whatever form.
    longer = run(model, ids, written)
    assert (longer.reused, longer.exact, len(longer.beginning())) == (12, False, 10)
    again = run(model, ids, longer.beginning())
    assert (again.reused, again.exact) == (10, True)
    assert torch.allclose(again.residual, run(model, ids).residual, rtol=0, atol=1e-4)
    assert not longer.exact  # nobody wrote into it
    assert longer.beginning().exact


def test_one_token_can_be_cancelled(make_model):
    model = make_model()
    before = run(model, [1, 2, 3])

    def refuse(share):
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(model, [1, 2, 3, 4], before, refuse, in_float32(model))
    ours = run(model, [1, 2, 3, 4], before, one_token=in_float32(model))
    assert torch.equal(ours.residual, run(model, [1, 2, 3, 4], run(model, [1, 2, 3])).residual)


def test_float32_is_what_is_left_where_nothing_can_be_packed(make_model, monkeypatch):
    monkeypatch.setattr(one_token, "can_pack", lambda: False)
    model = make_model()
    assert list(forms.to_write_in(model, False, None)) == []
    assert draft(model) is None
    assert prepared(model, exact=False).form == FLOAT32
