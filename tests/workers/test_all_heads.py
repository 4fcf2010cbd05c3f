"""Thumbnails and measures of all heads, against transformers' own patterns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tiny_models import random_network, save_model
from true_patterns import SIZES, go_on, in_words, text, true_patterns
from vectarium.messages_attention import ReadHeads, Seen, Treatment
from vectarium.model import forward_pass, loading
from vectarium.model.behaviour import HeadBehaviour, measure
from vectarium.workers import all_heads
from vectarium.workers.all_heads import CELLS, HeadReader

PLAIN, WORDS = Treatment(), Treatment(words=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return loading.load(str(save_model(tmp_path_factory.mktemp("model"), seed=3, **SIZES)), "cpu")


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


@pytest.fixture
def firsts(monkeypatch):
    """From which query on patterns were made, each time."""
    made, patterns_of = [], attention_module().patterns_of

    def seen(model, trace, layers, first, end):
        if layers.start == 0:
            made.append(first)
        return patterns_of(model, trace, layers, first, end)

    monkeypatch.setattr(attention_module(), "patterns_of", seen)
    return made


def test_a_text_that_grows_is_read_from_its_new_rows_alone(model, firsts):
    ids, reader, trace, continued = text(140), HeadReader(), None, []
    for count in (1, 2, 3, 40, 63, 64, 65, 66, 100, 101, 140):
        firsts.clear()
        cells, measures, _, trace = read_heads(reader, model, ids[:count], trace=trace)
        continued.append(firsts[0])
        fresh = read_heads(HeadReader(), model, ids[:count])
        assert np.allclose(cells, fresh[0], rtol=0, atol=1e-5)
        assert np.allclose(measures, fresh[1], rtol=0, atol=1e-3, equal_nan=True)
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


def test_it_stops_between_layers_when_it_is_told_to(model, monkeypatch):
    monkeypatch.setattr(all_heads, "AT_ONCE", 1)

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


@pytest.mark.parametrize("treatment", [PLAIN, WORDS, Treatment(True, True)])
def test_an_edit_in_the_middle_is_read_from_there_on(model, treatment, firsts):
    reader, trace, ids = HeadReader(), None, text(190)
    read_heads(reader, model, ids, treatment)
    for place, count in ((185, 190), (100, 190), (100, 189), (3, 180), (179, 180)):
        ids = np.append(ids[:place], text(count - place, seed=place + count))
        firsts.clear()
        cells, measures, _, trace = read_heads(reader, model, ids, treatment, trace)
        assert place - 20 < min(firsts, default=place) <= place
        fresh = read_heads(HeadReader(), model, ids, treatment)
        assert np.allclose(cells, fresh[0], rtol=0, atol=1e-5)
        assert np.allclose(measures, fresh[1], rtol=0, atol=1e-3, equal_nan=True)


@pytest.mark.parametrize("treatment", [PLAIN, WORDS, Treatment(True, True)])
def test_stretches_of_any_length_give_the_same(model, treatment, monkeypatch):
    ids = text(190)
    whole = read_heads(HeadReader(), model, ids, treatment)
    monkeypatch.setattr(all_heads, "AT_ONCE", 1)
    monkeypatch.setattr(all_heads, "TURN_SECONDS", 0)
    in_pieces = read_heads(HeadReader(), model, ids, treatment)
    assert np.allclose(in_pieces[0], whole[0], rtol=0, atol=1e-6)
    assert np.allclose(in_pieces[1], whole[1], rtol=1e-5, atol=1e-6, equal_nan=True)
