"""Patterns, scores and what heads move, against transformers' own modules."""

import numpy as np
import pytest
import torch

from tiny_models import as_theirs
from vectarium.model import attention
from vectarium.model.forward_pass import run

CONFIGURATIONS = {
    "plain": {},
    "inverse layer scaling": {"scale_attn_by_inverse_layer_idx": True},
    "no scaling": {"scale_attn_weights": False},
    "upcast": {"reorder_and_upcast_attn": True},
    "one head": {"n_head": 1},
}


@pytest.fixture(params=CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def read(request, make_model):
    """A model, its trace of a text, and what transformers' modules put out for the same text."""
    model = make_model(seed=5, **request.param)
    ids = np.random.default_rng(0).integers(0, model.vocabulary_size, 30)
    projected, attended = [], []  # by layer
    hooks = []
    network = as_theirs(model.network)
    for block in network.transformer.h:
        hooks.append(block.attn.c_attn.register_forward_hook(lambda *parts: projected.append(parts[2][0])))
        hooks.append(block.attn.register_forward_hook(lambda *parts: attended.append(parts[2][0][0])))
    with torch.inference_mode():
        output = network(torch.tensor(ids)[None], output_attentions=True)
    for hook in hooks:
        hook.remove()
    return model, run(model, ids), [layer[0] for layer in output.attentions], projected, attended


def split_heads(model, rows):
    return rows.view(len(rows), model.heads, -1).transpose(0, 1)


def test_patterns(read):
    model, trace, expected, _, _ = read
    shares = []
    for layer, pattern in enumerate(attention.patterns(model, trace, shares.append)):
        assert torch.allclose(pattern, expected[layer], rtol=0, atol=1e-5)
        assert torch.equal(pattern, attention.pattern(model, trace, layer))
        assert torch.equal(pattern.triu(1), torch.zeros_like(pattern))
    assert shares == [layer / model.layers for layer in range(model.layers)]


def test_new_rows_alone(read):
    model, trace, expected, _, _ = read
    for first in (1, 17, 29, 30):
        rows = attention.pattern(model, trace, 1, first_query=first)
        assert torch.allclose(rows, expected[1][:, first:], rtol=0, atol=1e-5)
        before_29 = attention.pattern(model, trace, 1, min(first, 29), 29)
        assert torch.allclose(before_29, expected[1][:, first:29, :29], rtol=0, atol=1e-5)


@pytest.mark.parametrize("layers_at_once", [1, 2, 9])
def test_new_rows_of_all_layers(read, monkeypatch, layers_at_once):
    model, trace, expected, _, _ = read
    for first in (0, 17, 29):
        monkeypatch.setattr(attention, "FEW", layers_at_once * model.heads * (30 - first) * 30)
        rows = list(attention.patterns(model, trace, first_query=first))
        assert torch.allclose(torch.stack(rows), torch.stack(expected)[:, :, first:], rtol=0, atol=1e-5)
    assert [part.shape[1] for part in attention.patterns(model, trace, first_query=30)] == [0] * model.layers


def test_queries_keys_and_values(read):
    model, trace, _, projected, _ = read
    for layer in range(model.layers):
        expected = [split_heads(model, part) for part in projected[layer].split(model.width, dim=1)]
        ours = (
            trace.queries[layer],
            trace.keys[layer],
            trace.values[layer],
        )
        for mine, theirs in zip(ours, expected, strict=True):
            assert torch.allclose(mine, theirs, rtol=0, atol=1e-5)


def test_scores_stage_by_stage(read):
    model, trace, expected, projected, _ = read
    for layer in range(model.layers):
        query, key, _ = (split_heads(model, part) for part in projected[layer].split(model.width, dim=1))
        divisor = (model.width // model.heads) ** 0.5 if model.network.config.scale_attn_weights else 1
        divisor *= layer + 1 if model.network.config.scale_attn_by_inverse_layer_idx else 1
        for head in range(model.heads):
            stages = attention.scores(model, trace, layer, head)
            product = query[head] @ key[head].T
            tolerance = 1e-5 * max(1.0, float(product.abs().max()))
            assert torch.allclose(stages.raw, product, rtol=0, atol=tolerance)
            assert torch.allclose(stages.scaled, product / divisor, rtol=0, atol=tolerance / divisor)
            seen = torch.ones(30, 30).tril().bool()
            assert torch.equal(stages.masked[seen], stages.scaled[seen])
            assert (stages.masked[~seen] == -torch.inf).all()
            assert torch.allclose(stages.pattern, expected[layer][head], rtol=0, atol=1e-5)


def test_heads_and_bias_sum_to_the_layers_output(read):
    model, trace, _, _, attended = read
    for layer in range(model.layers):
        outputs = attention.head_outputs(model, trace, layer)
        assert outputs.shape == (model.heads, 30, model.width)
        total = outputs.sum(dim=0) + attention.output_bias(model, layer)
        assert torch.allclose(total, attended[layer], rtol=0, atol=1e-4)
        tail = attention.head_outputs(model, trace, layer, first_query=20)
        assert torch.allclose(tail, outputs[:, 20:], rtol=0, atol=1e-5)


def test_one_heads_output_is_the_module_with_the_others_silenced(read):
    model, trace, _, _, _ = read
    size = model.width // model.heads
    block = as_theirs(model.network).transformer.h[1]
    weight = block.attn.c_proj.weight.clone()
    kept = slice(size * (model.heads - 1), size * model.heads)
    with torch.inference_mode():
        block.attn.c_proj.weight[: kept.start] = 0
        normed = block.ln_1(trace.residual[1])[None]
        mask = torch.full((30, 30), -torch.inf).triu(1)[None, None]
        expected = block.attn(normed, attention_mask=mask)[0][0] - block.attn.c_proj.bias
        block.attn.c_proj.weight.copy_(weight)
    assert torch.allclose(attention.head_outputs(model, trace, 1)[-1], expected, rtol=0, atol=1e-4)


def test_moved_vectors_sum_to_the_heads_output(read):
    model, trace, _, _, _ = read
    outputs = attention.head_outputs(model, trace, 2)
    for query in (0, 13, 29):
        moved = attention.moved_vectors(model, trace, 2, model.heads - 1, query)
        assert moved.shape == (query + 1, model.width)
        assert torch.allclose(moved.sum(dim=0), outputs[-1, query], rtol=0, atol=1e-4)


def test_a_grown_trace_has_the_same_patterns(make_model):
    model = make_model()
    ids = np.arange(40)
    grown = None
    for end in range(1, 41):
        grown = run(model, ids[:end], grown)
    fresh = run(model, ids)
    for layer in range(model.layers):
        ours, expected = attention.pattern(model, grown, layer), attention.pattern(model, fresh, layer)
        assert torch.allclose(ours, expected, rtol=0, atol=1e-5)
