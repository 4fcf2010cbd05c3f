"""What the worker answers about attention, against transformers' own modules."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tiny_models import random_network, save_model
from vectarium.messages_attention import ReadHead, ReadHeads, ReadMoves, ReadPatterns, Seen, Treatment
from vectarium.model import forward_pass, loading
from vectarium.model.behaviour import HeadBehaviour, measure
from vectarium.model.errors import BrokenWeights
from vectarium.workers import attention
from vectarium.workers.attention import CELLS, HeadReader

PLAIN, WORDS = Treatment(), Treatment(words=True)
SIZES = {"n_positions": 200, "n_layer": 3, "n_head": 4}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return loading.load(str(save_model(tmp_path_factory.mktemp("model"), seed=3, **SIZES)), "cpu")


def text(count, seed=0):
    return np.random.default_rng(seed).integers(0, 360, count).astype(np.int32)


def go_on(share):
    pass


def true_patterns(ids):
    """[layer, head, query, key] as transformers makes them."""
    with torch.inference_mode():
        output = random_network(3, **SIZES)(torch.tensor(ids[None].astype(np.int64)), output_attentions=True)
    return np.stack([layer[0].numpy() for layer in output.attentions])


def read_heads(reader, model, ids, treatment=PLAIN, trace=None):
    """All layers of the answer together, and the trace."""
    trace = forward_pass.run(model, ids, trace)
    seen = Seen(ids, 0, len(ids))
    request = ReadHeads(1, ids, len(ids) - 1, treatment)
    replies = [reply for reply in reader.read(model, trace, request, seen, go_on) if reply is not None]
    assert [reply.done for reply in replies] == [False] * (len(replies) - 1) + [True]
    return (
        np.concatenate([reply.cells for reply in replies]),
        np.concatenate([reply.measures for reply in replies], axis=1),
        replies[-1].tokens_a_cell,
        trace,
    )


def largest_in_cells(pattern, step):
    count = -(-pattern.shape[-1] // step)
    cells = np.zeros((*pattern.shape[:-2], count, count), np.float32)
    for query in range(pattern.shape[-2]):
        for key in range(pattern.shape[-1]):
            place = (..., query // step, key // step)
            cells[place] = np.maximum(cells[place], pattern[..., query, key])
    return cells


@pytest.mark.parametrize(("count", "step"), [(1, 1), (30, 1), (64, 1), (65, 2), (200, 4)])
def test_thumbnails_keep_the_largest_weights(model, count, step):
    ids = text(count)
    cells, measures, tokens_a_cell, _ = read_heads(HeadReader(), model, ids)
    assert tokens_a_cell == step
    assert max(cells.shape[2:]) <= CELLS
    expected = true_patterns(ids)
    assert np.allclose(cells, largest_in_cells(expected, step), rtol=0, atol=1e-5)
    for layer in range(model.layers):
        behaviour = measure(expected[layer], ids)
        for found, name in zip(measures[:, layer], HeadBehaviour.__dataclass_fields__, strict=True):
            assert np.allclose(found, getattr(behaviour, name), rtol=0, atol=1e-3, equal_nan=True)


def test_a_text_that_grows_is_read_from_its_new_rows_alone(model, monkeypatch):
    ids, reader, trace = text(140), HeadReader(), None
    made = []
    pattern = attention_module().pattern
    monkeypatch.setattr(
        attention_module(),
        "pattern",
        lambda m, t, layer, first: made.append(first) or pattern(m, t, layer, first),
    )
    for count in (1, 2, 3, 40, 63, 64, 65, 66, 100, 101, 140):
        cells, measures, _, trace = read_heads(reader, model, ids[:count], trace=trace)
        fresh = read_heads(HeadReader(), model, ids[:count])
        assert np.allclose(cells, fresh[0], rtol=0, atol=1e-5)
        assert np.allclose(measures, fresh[1], rtol=0, atol=1e-3, equal_nan=True)
    continued = made[:: 2 * model.layers]
    assert continued == [0, 1, 2, 3, 40, 63, 0, 65, 66, 100, 0]  # anew where cells hold more tokens


def attention_module():
    from vectarium.model import attention as module

    return module


def test_other_words_and_other_switches_are_read_anew(model):
    reader, ids = HeadReader(), text(20)
    read_heads(reader, model, ids)
    changed = ids.copy()
    changed[4] = (changed[4] + 1) % 360
    cells, *_ = read_heads(reader, model, changed)
    assert np.allclose(cells, true_patterns(changed), rtol=0, atol=1e-5)
    shorter, *_ = read_heads(reader, model, changed[:9])
    assert np.allclose(shorter, true_patterns(changed[:9]), rtol=0, atol=1e-5)


def test_without_the_sink_the_rest_sums_to_one(model):
    ids = text(20)
    cells, measures, *_ = read_heads(HeadReader(), model, ids, Treatment(hide_sink=True))
    expected = true_patterns(ids).astype(np.float64)
    expected[..., 0] = 0
    expected[..., 1:, :] /= expected[..., 1:, :].sum(axis=-1, keepdims=True)
    assert np.allclose(cells, expected, rtol=0, atol=1e-5)
    assert np.all(cells[..., 0, :] == 0)
    # What is left is the text without its first token; how much was hidden is still said.
    rest = expected[:, :, 1:, 1:]
    for layer in range(model.layers):
        behaviour = measure(rest[layer], ids[1:])
        for found, name in zip(measures[:, layer], HeadBehaviour.__dataclass_fields__, strict=True):
            if name != "first_token":
                assert np.allclose(found, getattr(behaviour, name), rtol=0, atol=1e-3, equal_nan=True)
    assert np.allclose(measures[1], read_heads(HeadReader(), model, ids)[1][1], rtol=0, atol=1e-6)


def in_words(pattern, starts):
    """The sum to each word, the mean from it, one number at a time."""
    ends = [*starts[1:], pattern.shape[-1]]
    spans = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
    result = np.zeros((*pattern.shape[:-2], len(spans), len(spans)))
    for row, query in enumerate(spans):
        for column, key in enumerate(spans):
            result[..., row, column] = pattern[..., query, key].sum(axis=-1).mean(axis=-1)
    return result


@pytest.mark.parametrize("hide_sink", [False, True])
@pytest.mark.parametrize("count", [30, 150])
def test_thumbnails_of_words(model, count, hide_sink):
    ids = text(count)
    starts = model.vocabulary.word_starts(ids)
    assert 1 < len(starts) < count
    cells, measures, a_cell, _ = read_heads(HeadReader(), model, ids, Treatment(hide_sink, words=True))
    expected = true_patterns(ids).astype(np.float64)
    if hide_sink:
        expected[..., 0] = 0
        expected[..., 1:, :] /= expected[..., 1:, :].sum(axis=-1, keepdims=True)
    assert np.allclose(cells, largest_in_cells(in_words(expected, starts), a_cell), rtol=0, atol=1e-5)
    of_tokens = read_heads(HeadReader(), model, ids, Treatment(hide_sink))[1]
    assert np.allclose(measures, of_tokens, rtol=0, atol=1e-6, equal_nan=True)


def test_a_growing_text_of_words_forgets_what_its_last_word_was(model):
    ids, reader, trace = text(190), HeadReader(), None
    for count in (1, 2, 3, 4, 5, 6, 50, 51, 52, 100, 120, 121, 122, 123, 124, 125, 190):
        cells, measures, _, trace = read_heads(reader, model, ids[:count], WORDS, trace)
        fresh = read_heads(HeadReader(), model, ids[:count], WORDS)
        assert np.allclose(cells, fresh[0], rtol=0, atol=1e-5)
        assert np.allclose(measures, fresh[1], rtol=0, atol=1e-3, equal_nan=True)


def test_attention_that_is_not_a_number_is_refused(model):
    ids = text(20)
    trace = forward_pass.run(model, ids)
    with torch.inference_mode():
        trace._store.queries[1, :, 12:] = torch.nan
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


def test_it_stops_between_layers_when_it_is_told_to(model):
    class Stop(Exception):
        pass

    def stop(share):
        if share > 0:
            raise Stop

    ids, reader = text(20), HeadReader()
    trace = forward_pass.run(model, ids)
    reading = reader.read(model, trace, ReadHeads(1, ids, 19), Seen(ids, 0, 20), stop)
    with pytest.raises(Stop):
        list(reading)
    cells, *_ = read_heads(reader, model, ids)
    assert np.allclose(cells, true_patterns(ids), rtol=0, atol=1e-5)


def test_one_head_with_its_vectors(model):
    ids = text(17)
    trace, seen = forward_pass.run(model, ids), Seen(ids, 0, 17)
    head = attention.read_head(model, trace, ReadHead(1, ids, 16, 2, 3), seen)
    assert np.allclose(head.pattern, true_patterns(ids)[2, 3], rtol=0, atol=1e-5)
    assert np.allclose(head.raw, head.queries @ head.keys.T, rtol=1e-4, atol=1e-4)
    assert head.scaling == pytest.approx(1 / np.sqrt(6))
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
    size = 24 // 4
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


def induction_network():
    """Two layers made by hand: one writes down the previous token, one looks for where it is the present one.

    Sixteen tokens are one-hot in dimensions 0 to 15, the previous token goes to 16 to 31, the position is
    one-hot in 32 to 63.
    """
    network = random_network(n_embd=64, n_positions=32, n_layer=2, n_head=1, vocab_size=16)
    eye = torch.eye(64)
    for parameter in network.parameters():
        parameter.zero_()
    network.transformer.wte.weight[:] = eye[:16]
    network.transformer.wpe.weight[:] = eye[32:]
    first, second = network.transformer.h
    for block in (first, second):
        block.ln_1.weight.fill_(1)
    sharp = 40.0
    query, key, value = (slice(start, start + 64) for start in (0, 64, 128))
    first.attn.c_attn.weight[33:64, query] = sharp * eye[:31]  # position i asks for
    first.attn.c_attn.weight[32:63, key] = eye[:31]  # position i - 1
    first.attn.c_attn.weight[:16, value] = eye[:16]
    first.attn.c_proj.weight[:16] = eye[16:32]
    second.attn.c_attn.weight[:16, query] = sharp * eye[:16]  # this token asks for
    second.attn.c_attn.weight[16:32, key] = eye[:16]  # a position that it comes before
    return network


def test_a_repeated_random_sequence_shows_the_induction_head(model):
    network = induction_network()
    made = replace(model, network=network, layers=2, heads=1, width=64, context=32, vocabulary_size=16)
    half = np.random.default_rng(5).permutation(np.arange(1, 16))
    ids = np.concatenate([[0], half, half]).astype(np.int32)
    _, measures, *_ = read_heads(HeadReader(), made, ids)
    names = list(HeadBehaviour.__dataclass_fields__)
    assert measures[names.index("previous_token"), 0, 0] > 0.95
    assert measures[names.index("induction"), 1, 0] > 0.95
    assert measures[names.index("induction"), 0, 0] < 0.2
    assert measures[names.index("earlier_copies"), 1, 0] < 0.05
