"""Machine code for a few positions, in every form, against the pass that PyTorch computes."""

import itertools

import numpy as np
import pytest
import torch

from ready_forms import eager_draft, grown, prepared, some_ids
from vectarium.machine_code import board as at
from vectarium.machine_code import matrices
from vectarium.model import attention, compiled, forward_pass, loading, threads
from vectarium.model.forms import to_read_with
from vectarium.model.forward_pass import logits, run
from vectarium.model.guesses import MOST
from vectarium.model.loading import load, local_folder
from vectarium.model.one_token import FLOAT16, FLOAT32, INT8, conv1ds
from vectarium.model.trace import Store
from vectarium.ranking import BrokenLogits, rank
from vectarium.sampling import SamplingSettings, take_step
from vectarium.softmax import Sums

CONFIGURATIONS = {
    "plain": {},
    "one layer, one head": {"n_layer": 1, "n_head": 1},
    "inverse layer scaling": {"scale_attn_by_inverse_layer_idx": True},
    "no scaling": {"scale_attn_weights": False},
    "reordered and upcast": {"reorder_and_upcast_attn": True},
    "untied unembedding": {"tie_word_embeddings": False},
    "narrow inside": {"n_inner": 48},
    "odd vocabulary": {"vocab_size": 1003},
    "heads of three numbers": {"n_embd": 48, "n_head": 16},
}
every_shape = pytest.mark.parametrize("sizes", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())


def probabilities(model, trace, form=None):
    found = logits(model, trace, len(trace) - 1, form).astype(np.float64)
    return np.exp(found - found.max()) / np.exp(found - found.max()).sum()


def assert_close(ours, theirs):
    for name in ("residual", "queries", "keys", "values"):
        one, other = getattr(ours, name), getattr(theirs, name)
        assert float((one - other).abs().max()) <= 1e-5 * max(1.0, float(other.abs().max()))


@every_shape
@pytest.mark.parametrize("given", [0, 1, 20])
def test_float32_comes_to_the_same(make_model, sizes, given):
    model = make_model(seed=given, **sizes)
    form, ids = prepared(model, exact=True), some_ids(model, 40)
    assert (form.form, form.exact) == (FLOAT32, True)
    ours, theirs = grown(model, ids, given, form), run(model, ids)
    assert_close(ours, theirs)
    assert probabilities(model, ours, form) == pytest.approx(probabilities(model, theirs), abs=1e-6)
    assert ours.exact
    last = theirs.residual[-1, -3:]
    assert form.logits(last) == pytest.approx(logits_at_the_end(model, theirs), rel=1e-4, abs=1e-4)


def logits_at_the_end(model, trace):
    return np.stack([logits(model, trace, len(trace) - back) for back in (3, 2, 1)])


@every_shape
def test_float16_differs_by_the_rounding_of_its_weights_alone(make_model, sizes):
    model = make_model(seed=5, **sizes)
    form = prepared(model, exact=False)
    ids = some_ids(model, 40)
    # The same model with its matrices rounded, everything else as it was.
    rounded = make_model(seed=5, **sizes)
    rounded.network.lm_head.weight = torch.nn.Parameter(
        rounded.network.lm_head.weight.half().float(), requires_grad=False
    )
    for block in rounded.network.transformer.h:
        for conv in conv1ds(block):
            conv.weight.copy_(conv.weight.half().float())
    ours, expected = grown(model, ids, 0, form), grown(rounded, ids, 0, None)
    assert_close(ours, expected)
    assert probabilities(model, ours, form) == pytest.approx(probabilities(rounded, expected), abs=1e-5)
    exact = grown(model, ids, 0, None)
    assert not torch.equal(ours.residual, exact.residual)
    assert probabilities(model, ours, form) == pytest.approx(probabilities(model, exact), abs=0.02)


@pytest.mark.parametrize("form", [FLOAT32, FLOAT16, INT8])
def test_no_number_of_threads_or_positions_changes_a_bit(make_model, form, monkeypatch):
    monkeypatch.setattr(threads, "ALL", 3)
    model = make_model(n_embd=64, n_positions=200, vocab_size=1003)
    ready = eager_draft(model).model if form == INT8 else prepared(model, exact=False, fastest=form)
    ids, before = some_ids(model, 100), run(model, some_ids(model, 100)[:80])

    def read(parts, members):
        ready.threads.number = members
        store, found = Store(model, 100), []
        store.copy_from(before.store, 80)
        with torch.inference_mode():
            for begin, end in itertools.pairwise(parts):
                found.append(ready.read(store.residual, store.heads, ids[begin:end], begin))
        return store, np.concatenate([one.logits for one in found])

    one_by_one = list(range(80, 101))
    expected, expected_logits = read(one_by_one, 1)
    for parts in (one_by_one, [80, 81, 83, 86, 90, 95, 100], [80, 88, 96, 100]):
        for members in (1, 2, 3):
            store, found = read(parts, members)
            assert np.array_equal(found, expected_logits)
            assert torch.equal(store.residual, expected.residual)
            assert torch.equal(store.heads, expected.heads)


@every_shape
@pytest.mark.parametrize("given", [0, 30])
@pytest.mark.parametrize("new", [2, 9, 23, 64])
def test_a_prompt_is_read_at_once_as_one_by_one(make_model, sizes, given, new, monkeypatch):
    model = make_model(seed=new, **sizes, n_positions=100)
    form, ids = prepared(model, exact=True), some_ids(model, given + new)
    before = run(model, ids[:given], one_token=form) if given else None
    monkeypatch.setattr(forward_pass, "_compute", None)  # PyTorch is not asked
    ours = run(model, ids, before, one_token=form)
    assert ours.reused == given
    expected = before
    for end in range(given + 1, len(ids) + 1):
        expected = run(model, ids[:end], expected, one_token=form)
    for name in ("residual", "queries", "keys", "values"):
        assert torch.equal(getattr(ours, name), getattr(expected, name))
    monkeypatch.undo()
    assert_close(ours, run(model, ids))
    at_the_end = logits(model, ours, len(ids) - 1, form)
    assert np.array_equal(at_the_end, logits(model, expected, len(ids) - 1, form))


@pytest.mark.parametrize("vocabulary", [360, 1001, 1002, 1003])  # of any number of rows beside wide tiles
@pytest.mark.parametrize("count", [1, 9, at.MANY])
def test_many_positions_are_unembedded_at_once_as_one_by_one(make_model, vocabulary, count, monkeypatch):
    model = make_model(seed=count, vocab_size=vocabulary, n_positions=100)
    form = prepared(model, exact=True)
    trace = run(model, some_ids(model, at.MANY))
    places = np.arange(at.MANY)[-count:]
    theirs = forward_pass.logits_at(model, trace, places)
    monkeypatch.setattr(forward_pass, "unembed", None)  # PyTorch is not asked
    ours = forward_pass.logits_at(model, trace, places, form)
    assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-4)
    for row, place in zip(ours, places, strict=True):
        assert np.array_equal(row, form.logits(trace.residual[-1, place : place + 1])[0])


@pytest.mark.parametrize("fastest", [FLOAT32, FLOAT16])
def test_a_prompt_is_read_in_float32_whatever_writes(make_model, fastest):
    model = make_model(seed=3)
    writes = prepared(model, exact=False, fastest=fastest)
    reads, ids = to_read_with(model, writes), some_ids(model, 20)
    assert (reads.form, reads.exact, reads.crew) == (FLOAT32, True, writes.crew)
    exact = run(model, ids)
    assert_close(run(model, ids, one_token=reads), exact)
    # Who rounds weights reads no prompt.
    rounded = run(model, ids, one_token=writes)
    assert rounded.exact
    assert torch.equal(rounded.residual, exact.residual) == (fastest == FLOAT16)


def test_more_than_it_takes_at_once_is_left_to_pytorch(make_model):
    model = make_model(n_positions=200)
    form, ids = prepared(model, exact=True), some_ids(model, at.MANY + 1)
    trace = run(model, ids, one_token=form)
    assert torch.equal(trace.residual, run(model, ids).residual)
    everywhere = np.arange(len(ids))
    at_once = forward_pass.logits_at(model, trace, everywhere, form)
    assert np.array_equal(at_once, forward_pass.logits_at(model, trace, everywhere))


@pytest.mark.parametrize("width", [768, 1600])
def test_wide_models_are_read_alike(make_model, width):
    model = make_model(n_embd=width, n_head=4, n_layer=1, n_inner=2 * width, n_positions=100)
    form, ids = prepared(model, exact=True), some_ids(model, 50)
    ours, theirs = run(model, ids, one_token=form), run(model, ids)
    assert torch.allclose(ours.residual, theirs.residual, rtol=1e-3, atol=0.02)  # attention is sharp here
    assert torch.equal(ours.residual, grown(model, ids, 0, form).residual)


def test_the_attention_it_went_by_is_kept_for_who_looks(make_model):
    model = make_model()
    form, ids = prepared(model, exact=True), some_ids(model, 30)
    trace = run(model, ids, run(model, ids[:-1]), one_token=form, guess=lambda *_: [5, 6, 7])
    longer = run(model, [*ids, 5, 6], trace, one_token=form)
    for text in (trace, longer):
        kept = text.store.patterns_of(len(text) - 1)
        for layer, rows in enumerate(attention.patterns(model, text, first_query=len(text) - 1)):
            assert np.array_equal(rows[:, 0].numpy(), kept[layer])
            expected = attention.pattern(model, text, layer, len(text) - 1)
            assert torch.allclose(rows, expected, rtol=0, atol=1e-6)
    # Another text in the same place has another attention.
    other = run(model, [*ids, 9], trace, one_token=form)
    for layer, rows in enumerate(attention.patterns(model, other, first_query=len(ids))):
        expected = attention.pattern(model, other, layer, len(ids))
        assert torch.allclose(rows, expected, rtol=0, atol=1e-6)
    read_anew = run(model, [*ids, 9, 8, 7], trace)
    assert read_anew.store.patterns_of(len(ids)) is None


def test_eight_bits_come_near(make_model):
    model = make_model(n_embd=64)
    form = eager_draft(model).model
    assert (form.form, form.exact) == (INT8, False)
    ids = some_ids(model, 20)
    trace = run(model, ids)
    store = Store(model, 40)
    store.copy_from(trace.store, 20)
    with torch.inference_mode():
        ours = form.read(store.residual, store.heads, ids[19:], 19).logits[0]
    theirs = logits(model, trace, 19)
    assert not np.array_equal(ours, theirs)
    assert np.corrcoef(ours, theirs)[0, 1] > 0.99


@pytest.mark.parametrize("form", [FLOAT16, INT8])
def test_weights_that_a_form_cannot_hold(make_model, form):
    model = make_model()
    inner = model.network.transformer.h[1].mlp.c_fc.weight
    inner[:, 0] = 0  # has no scale
    inner[3, 1] = 1e6
    ready = prepared(model, exact=False) if form == FLOAT16 else eager_draft(model).model
    ids = some_ids(model, 10)
    trace = grown(model, ids, 9, ready)
    assert np.isfinite(logits(model, trace, 9, ready)).all()


@pytest.mark.skipif(local_folder("bundled") is None, reason="the trained model is not in this checkout")
def test_float16_loses_nothing_of_the_bundled_model():
    model = load("bundled", "cpu")
    form = prepared(model, exact=True)
    assert (form.form, form.exact) == (FLOAT16, True)
    ids = model.tokenizer.encode("Once upon a time there was a little dog who loved the rain. It ran")
    ours, exact = grown(model, ids, 5, form), grown(model, ids, 5, None)
    assert probabilities(model, ours, form) == pytest.approx(probabilities(model, exact), abs=1e-6)
    assert ours.exact


def test_rounded_logits_are_kept_for_nobody(make_model):
    model = make_model(seed=5)
    trace, form = run(model, some_ids(model, 20)), prepared(model, exact=False)
    rounded = logits(model, trace, 19, form)
    exact = logits(model, trace, 19)
    assert not np.array_equal(rounded, exact)
    assert np.array_equal(logits(model, trace, 19, form), rounded)


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


def test_a_pass_can_be_cancelled_between_blocks(make_model, monkeypatch):
    monkeypatch.setattr(compiled, "_WEIGHTS_OF_A_CALL", 1)
    model = make_model()
    form, before = prepared(model, exact=True), run(model, [1, 2, 3])
    shares = []

    def refuse(share):
        shares.append(share)
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(model, [1, 2, 3, 4], before, refuse, form)
    assert shares == pytest.approx([0, 1 / 3, 2 / 3])
    ours = run(model, [1, 2, 3, 4], before, one_token=form)
    assert_close(ours, run(model, [1, 2, 3, 4]))


def test_rows_may_lie_apart(monkeypatch):
    monkeypatch.setattr(loading, "_PAGE_BYTES", 64)
    model = load("bundled", "cpu")
    assert not model.network.transformer.wte.weight.is_contiguous()
    form, ids = prepared(model, exact=True), some_ids(model, 12)
    assert_close(grown(model, ids, 3, form), run(model, ids))


@pytest.mark.parametrize("sizes", [{"activation_function": "relu"}, {"n_inner": 17}, {"n_embd": 20}])
def test_what_it_cannot_read_is_left_to_pytorch(make_model, sizes):
    assert not compiled.can_compile(make_model(**sizes))
    assert compiled.can_compile(make_model())


def test_as_many_positions_as_are_guessed_can_be_read():
    assert matrices.FEW == MOST + 1


@pytest.mark.parametrize("logits", [np.linspace(-5, 5, 1000), np.zeros(1000), np.linspace(0, 1, 50)])
def test_it_ranks_as_numpy_does(make_model, logits):
    form, expected = prepared(make_model(), exact=True), rank(logits)
    ranking = form.rank(logits.astype(np.float32))
    assert ranking.ids(100).tolist() == expected.ids(100).tolist()
    assert (ranking.largest, ranking.token_at(0)) == (expected.largest, expected.token_at(0))
    assert ranking.own == Sums(pytest.approx(expected.own.total), pytest.approx(expected.own.entropy_bits))
    settings = SamplingSettings(temperature=0.8, top_p=0.9, repetition_penalty=1.2)
    ours, theirs = (take_step(each, settings, 0.7, [3, 40]) for each in (ranking, expected))
    assert (ours.token_id, ours.rank, ours.kept_count) == (theirs.token_id, theirs.rank, theirs.kept_count)
    assert ours.model_entropy_bits == pytest.approx(theirs.model_entropy_bits)
    assert not ranking.by_token.flags.writeable


def test_broken_logits_are_told_of(make_model):
    with pytest.raises(BrokenLogits, match="1 of 1,000"):
        prepared(make_model(), exact=True).rank(np.append(np.zeros(999, np.float32), np.float32(np.nan)))
