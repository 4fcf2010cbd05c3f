"""What the worker answers about attention, against transformers' own modules."""

import numpy as np
import pytest
import torch

from tiny_models import random_network, save_model
from true_patterns import SIZES, go_on, in_words, text, true_patterns
from vectarium.messages_attention import ReadHead, ReadHeads, ReadMoves, ReadPatterns, Seen, Treatment
from vectarium.model import forward_pass, loading
from vectarium.model.errors import BrokenWeights
from vectarium.workers import attention
from vectarium.workers.all_heads import HeadReader

PLAIN = Treatment()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return loading.load(str(save_model(tmp_path_factory.mktemp("model"), seed=3, **SIZES)), "cpu")


def test_attention_that_is_not_a_number_is_refused(model):
    ids = text(20)
    trace = forward_pass.run(model, ids)
    with torch.inference_mode():
        trace.store.queries[1, :, 12:] = torch.nan
    seen = Seen(ids, 0, 20)
    with pytest.raises(BrokenWeights, match="From token 13 of the text on, the attention of layer 1"):
        list(HeadReader().read(model, trace, ReadHeads(1, ids, 19), seen, go_on))
    with pytest.raises(BrokenWeights, match="token 13"):
        attention.read_head(model, trace, ReadHead(1, ids, 19, 1, 0), seen)
    with pytest.raises(BrokenWeights, match="token 13"):
        attention.read_patterns(model, trace, ReadPatterns(1, ids, 19, ((0, 0), (1, 0)), False), seen, go_on)
    with pytest.raises(BrokenWeights, match="token 16"):
        attention.read_moves(model, trace, ReadMoves(1, ids, 15, 1, 0), seen)
    attention.read_moves(model, trace, ReadMoves(1, ids, 5, 1, 0), seen)


def test_one_head_with_its_vectors(model):
    ids = text(17)
    trace, seen = forward_pass.run(model, ids), Seen(ids, 0, 17)
    head = attention.read_head(model, trace, ReadHead(1, ids, 16, 2, 3), seen)
    assert np.allclose(head.pattern, true_patterns(ids)[2, 3], rtol=0, atol=1e-5)
    assert np.allclose(head.raw, head.queries @ head.keys.T, rtol=1e-4, atol=1e-4)
    assert head.scaling == pytest.approx(1 / np.sqrt(8))
    rows = attention.read_head(model, trace, ReadHead(1, ids, 16, 2, 3, first_query=10), seen)
    assert np.allclose(rows.pattern, head.pattern[10:], rtol=0, atol=1e-6)
    assert np.allclose(rows.queries, head.queries[10:], rtol=0, atol=1e-5)
    assert not head.pattern.flags.writeable


def test_several_heads_in_one(model):
    ids = text(12)
    trace, seen, heads = forward_pass.run(model, ids), Seen(ids, 0, 12), ((0, 1), (2, 3), (1, 0))
    expected = np.stack([true_patterns(ids)[head] for head in heads])
    starts = model.vocabulary.word_starts(ids)
    without = expected.copy()
    without[..., 0] = 0
    without[:, 1:] /= without[:, 1:].sum(axis=-1, keepdims=True)
    for treatment, patterns in (
        (PLAIN, expected),
        (Treatment(hide_sink=True), without),
        (Treatment(hide_sink=True, words=True), in_words(without, starts)),
    ):
        for maximum, reduced in ((False, patterns.mean(axis=0)), (True, patterns.max(axis=0))):
            request = ReadPatterns(1, ids, 11, heads, maximum, True, treatment)
            found = attention.read_patterns(model, trace, request, seen, go_on)
            assert np.allclose(found.pattern, reduced, rtol=0, atol=1e-5)
            assert np.allclose(found.each, patterns, rtol=0, atol=1e-5)
            assert found.pattern.max() <= 1 + 1e-5


def test_what_a_head_moves(model):
    ids, query, layer, head = text(15), 9, 1, 2
    network = random_network(3, **SIZES)
    inputs = []
    block = network.transformer.h[layer]
    block.attn.c_proj.register_forward_hook(lambda module, args, out: inputs.append(args[0][0]))
    residuals = []
    block.register_forward_hook(lambda module, args, out: residuals.append(args[0][0]))
    final = []
    network.transformer.ln_f.register_forward_hook(lambda module, args, out: final.append(args[0][0]))
    with torch.inference_mode():
        network(torch.tensor(ids[None].astype(np.int64)))
    size = 32 // 4
    part = slice(head * size, (head + 1) * size)
    change = inputs[0][query, part] @ block.attn.c_proj.weight[part]  # the head's own part of the output

    found = attention.read_moves(
        model, forward_pass.run(model, ids), ReadMoves(1, ids, query, layer, head), Seen(ids, 0, 15)
    )
    assert found.change == pytest.approx(float(change.norm()), rel=1e-4)
    assert found.residual == pytest.approx(float(residuals[0][query].norm()), rel=1e-4)
    assert np.allclose(found.weights, true_patterns(ids)[layer, head, query, : query + 1], rtol=0, atol=1e-5)
    assert found.moved.shape == (query + 1,)
    assert found.sum_error < 1e-4
    # Direct effect: the difference that a small part of the change makes to the logits, with the norm's
    # scale held, is the change times the derivative of the centred and weighted stream.
    state = final[0][query]
    scale = (state.var(unbiased=False) + network.transformer.ln_f.eps).sqrt()
    pushed = network.lm_head(((change - change.mean()) / scale) * network.transformer.ln_f.weight)
    best = torch.argsort(pushed, descending=True)[:3].tolist()
    assert [token for token, _ in found.up[:3]] == best
    assert found.up[0][1] == pytest.approx(float(pushed[best[0]]), rel=1e-3)
    assert found.down[0][1] == pytest.approx(float(pushed.min()), rel=1e-3)


def test_questions_about_another_model_are_not_answered(model):
    ids = text(5)
    assert attention.answerable(model, ReadHead(1, ids, 4, 2, 3))
    assert not attention.answerable(model, ReadHead(1, ids, 4, 3, 0))
    assert not attention.answerable(model, ReadMoves(1, ids, 4, 0, 4))
    assert not attention.answerable(model, ReadPatterns(1, ids, 4, ((0, 0), (9, 0)), False))
    assert not attention.answerable(model, ReadHeads(1, ids + 360, 4))
    assert not attention.answerable(model, ReadHeads(1, ids[:0], 0))
