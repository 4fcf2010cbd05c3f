"""The forward pass against transformers' own outputs."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tiny_models import as_theirs
from vectarium.model import attention, forward_pass
from vectarium.model.forward_pass import all_logits, logits, run
from vectarium.model.loading import load, local_folder

CONFIGURATIONS = {
    "plain": {},
    "one layer, one head": {"n_layer": 1, "n_head": 1, "n_embd": 8},
    "wide vocabulary": {"vocab_size": 1003, "n_embd": 40, "n_head": 5},
    "inverse layer scaling": {"scale_attn_by_inverse_layer_idx": True},
    "no scaling": {"scale_attn_weights": False},
    "reordered and upcast": {"reorder_and_upcast_attn": True, "scale_attn_by_inverse_layer_idx": True},
    "untied unembedding": {"tie_word_embeddings": False},
    "other activation": {"activation_function": "relu", "n_inner": 17},
    "exact gelu": {"activation_function": "gelu"},
    "loose layer norm": {"layer_norm_epsilon": 0.1},
}


def theirs(model, ids):
    """transformers' logits, hidden states before each block [layer, position, width], and the last one."""
    with torch.inference_mode():
        output = as_theirs(model.network)(
            torch.tensor(np.asarray(ids), dtype=torch.long)[None], output_hidden_states=True
        )
    return output.logits[0].numpy(), torch.stack(output.hidden_states[:-1])[:, 0], output.hidden_states[-1][0]


def assert_close(ours, reference):
    """To 1e-5, of the largest number where that is above 1."""
    ours, reference = torch.tensor(np.asarray(ours)), torch.as_tensor(reference)
    assert ours.shape == reference.shape
    assert float((ours - reference).abs().max()) <= 1e-5 * max(1.0, float(reference.abs().max()))


def some_ids(model, count, seed=0):
    return np.random.default_rng(seed).integers(0, model.vocabulary_size, count)


@pytest.mark.parametrize("sizes", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
@pytest.mark.parametrize("count", [1, 2, 48])
def test_equal_to_transformers(make_model, sizes, count):
    model = make_model(seed=count, **sizes)
    ids = some_ids(model, count)
    trace = run(model, ids)
    expected_logits, expected_hidden, expected_last = theirs(model, ids)
    assert_close(all_logits(model, trace), expected_logits)
    assert_close(trace.residual[:-1], expected_hidden)
    # Their last hidden state is after the final layer norm, ours before it.
    assert_close(forward_pass.norm(model.network.transformer.ln_f, trace.residual[-1]), expected_last)
    assert_close(logits(model, trace, count - 1), expected_logits[-1])
    assert logits(model, trace, 0).dtype == np.float32


@given(
    seed=st.integers(0, 1000),
    layers=st.integers(1, 4),
    heads=st.integers(1, 4),
    size=st.integers(1, 9),
    vocabulary=st.integers(1, 300),
    count=st.integers(1, 20),
    inverse=st.booleans(),
)
@settings(max_examples=40)
def test_equal_to_transformers_on_random_configurations(
    make_model, seed, layers, heads, size, vocabulary, count, inverse
):
    model = make_model(
        seed=seed,
        n_layer=layers,
        n_head=heads,
        n_embd=heads * size,
        vocab_size=vocabulary,
        scale_attn_by_inverse_layer_idx=inverse,
    )
    ids = some_ids(model, count, seed)
    expected_logits, expected_hidden, _ = theirs(model, ids)
    trace = run(model, ids)
    assert_close(all_logits(model, trace), expected_logits)
    assert_close(trace.residual[:-1], expected_hidden)


@given(st.lists(st.lists(st.integers(0, 3), max_size=12), min_size=2, max_size=6))
@settings(max_examples=60)
def test_continuing_from_any_trace_changes_nothing(make_model, texts):
    """Each text is run from the trace of each earlier one; none of the earlier ones is harmed."""
    model = make_model(n_layer=2)
    traces = []
    for text in texts:
        for previous in [None, *traces[:]]:
            trace = run(model, text, previous)
            assert trace.ids.tolist() == text
            traces.append(trace)
        traces = traces[-4:]
    for trace in traces:
        if len(trace):
            fresh = run(model, trace.ids)
            assert_close(trace.residual, fresh.residual)
            assert_close(trace.keys, fresh.keys)
            assert_close(trace.values, fresh.values)


def computed_positions(model, monkeypatch):
    """The number of positions that went through the first block, one entry a pass."""
    counts = []
    attend = forward_pass._attend

    def counting(model, store, layer, block, matrices, seen, start, end):
        if layer == 0:
            counts.append(end - start)
        attend(model, store, layer, block, matrices, seen, start, end)

    monkeypatch.setattr(forward_pass, "_attend", counting)
    return counts


@pytest.mark.parametrize("at_once", [1, 7, 30])
def test_positions_go_through_a_matrix_some_at_a_time(make_model, monkeypatch, at_once):
    model = make_model()
    ids = some_ids(model, 30)
    whole = run(model, ids)
    monkeypatch.setattr(forward_pass, "_POSITIONS", at_once)
    for trace in (run(model, ids), run(model, ids, run(model, ids[:11]))):
        assert_close(trace.residual, whole.residual)
        assert_close(trace.keys, whole.keys)
        assert_close(trace.queries, whole.queries)
    assert_close(all_logits(model, trace), theirs(model, ids)[0])


def test_typing_at_the_end_costs_one_token(make_model, monkeypatch):
    model = make_model()
    ids = some_ids(model, 48)
    counts = computed_positions(model, monkeypatch)
    trace = None
    for end in range(1, 49):
        trace = run(model, ids[:end], trace)
        assert trace.reused == end - 1
    assert counts == [1] * 48
    assert_close(all_logits(model, trace), theirs(model, ids)[0])


def test_an_edit_in_the_middle_computes_from_there(make_model, monkeypatch):
    model = make_model()
    ids = some_ids(model, 40)
    before = run(model, ids)
    edited = ids.copy()
    edited[25] = (edited[25] + 1) % model.vocabulary_size
    counts = computed_positions(model, monkeypatch)
    after = run(model, edited, before)
    assert (counts, after.reused) == ([15], 25)
    assert_close(all_logits(model, after), theirs(model, edited)[0])
    assert_close(all_logits(model, before), theirs(model, ids)[0])
    assert run(model, edited[:10], after).reused == 10
    assert counts == [15]


def test_a_much_shorter_text_does_not_hold_the_room_of_a_long_one(make_model, monkeypatch):
    monkeypatch.setattr(forward_pass, "_GROWTH", 4)
    model = make_model()
    long = forward_pass.run(model, range(40))
    same = forward_pass.run(model, range(30), long)
    assert same.store is long.store
    short = forward_pass.run(model, range(3), long)
    assert short.store.capacity == 7
    assert short.reused == 3
    assert torch.equal(short.residual, long.residual[:, :3])
    assert torch.equal(short.keys, long.keys[:, :, :3])
    grown = forward_pass.run(model, range(5), short)
    assert (grown.store, grown.reused) == (short.store, 3)


def test_cancelling_leaves_the_previous_trace_valid(make_model):
    model = make_model()
    ids = some_ids(model, 40)
    before = run(model, ids[:30])

    def stop_in_the_second_layer(share):
        if share > 0.3:
            raise InterruptedError

    for continued in (ids, np.r_[ids[:10], ids[:20]]):
        with pytest.raises(InterruptedError):
            run(model, continued, before, stop_in_the_second_layer)
        assert_close(all_logits(model, before), theirs(model, ids[:30])[0])
        assert_close(all_logits(model, run(model, continued, before)), theirs(model, continued)[0])


def test_logits_are_kept_for_who_asks_next(make_model, monkeypatch):
    model = make_model()
    ids = some_ids(model, 20)
    trace = run(model, ids)
    found = logits(model, trace, 19)
    longer = run(model, np.r_[ids, 3], trace)
    other = run(model, np.r_[ids[:10], ids], trace)
    with monkeypatch.context() as patched:
        patched.setattr(forward_pass, "unembed", None)
        assert logits(model, longer, 19) is found
    assert_close(logits(model, other, 19), theirs(model, np.r_[ids[:10], ids])[0][19])
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 0.0


def test_checkpoints_report_the_share_done(make_model):
    shares = []
    run(make_model(n_layer=4), [1, 2, 3], checkpoint=shares.append)
    assert shares == [step / 8 for step in range(9)]


def test_nothing_to_read(make_model):
    model = make_model()
    trace = run(model, [])
    assert (len(trace), trace.residual.shape) == (0, (4, 0, 32))
    assert all_logits(model, trace).shape == (0, 360)
    with pytest.raises(IndexError, match="Position 0 is outside the 0 tokens"):
        logits(model, trace, 0)
    assert_close(all_logits(model, run(model, [5, 6], trace)), theirs(model, [5, 6])[0])


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([0] * 49, "reads at most 48 tokens; it was given 49"),
        ([0, 360], "Token 360 is outside the model's 360 tokens"),
        ([0, -1], "Token -1 is outside"),
        ([[0]], "one row of tokens"),
    ],
)
def test_what_the_model_cannot_read(make_model, ids, words):
    with pytest.raises(ValueError, match=words):
        run(make_model(), ids)


def test_a_trace_does_not_follow_the_callers_array(make_model):
    model = make_model()
    ids = np.array([1, 2, 3])
    trace = run(model, ids)
    ids[0] = 9
    assert trace.ids.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        trace.ids[0] = 9


@pytest.mark.parametrize("upcast", [False, True])
def test_half_precision_runs(make_model, upcast):
    model = make_model(reorder_and_upcast_attn=upcast)
    ids = some_ids(model, 20)
    exact = all_logits(model, run(model, ids))
    model.network.bfloat16()
    rough = all_logits(model, run(model, ids[:20], run(model, ids[:7])))
    assert np.corrcoef(exact.ravel(), rough.ravel())[0, 1] > 0.99


@pytest.mark.skipif(local_folder("bundled") is None, reason="the trained model is not in this checkout")
def test_equal_to_transformers_on_the_bundled_model():
    model = load("bundled", "cpu")
    ids = model.tokenizer.encode("Once upon a time there was a little dog who loved the rain. " * 20)
    ids = ids[: model.context]
    trace = run(model, ids)
    expected_logits, expected_hidden, _ = theirs(model, ids)
    assert_close(all_logits(model, trace), expected_logits)
    assert_close(trace.residual[:-1], expected_hidden)
    with torch.inference_mode():
        output = as_theirs(model.network)(torch.tensor(ids.astype(np.int64))[None], output_attentions=True)
    for pattern, expected in zip(attention.patterns(model, trace), output.attentions, strict=True):
        assert float((pattern - expected[0]).abs().max()) <= 1e-5
