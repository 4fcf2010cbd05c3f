"""Which form is taken, and that it is remembered."""

import json

import pytest

from ready_forms import prepared
from vectarium.model import forms, one_token
from vectarium.model.one_token import FLOAT16, FLOAT32

pytestmark = pytest.mark.skipif(not one_token.can_pack(), reason="this PyTorch packs no float16")


def halve(model):
    """Make every matrix one that float16 holds."""
    for block in model.network.transformer.h:
        for conv in one_token.conv1ds(block):
            conv.weight.copy_(conv.weight.half().float())
    model.network.lm_head.weight.copy_(model.network.lm_head.weight.half().float())


def test_weights_are_rounded_only_where_exact_numbers_are_not_asked_for(make_model):
    model = make_model()
    rounded = prepared(model, exact=False)
    assert (rounded.form, rounded.exact) == (FLOAT16, False)
    assert (prepared(model, exact=True).form, prepared(model, exact=True).exact) == (FLOAT32, True)
    halve(model)
    for exact in (True, False):
        assert (prepared(model, exact).form, prepared(model, exact).exact) == (FLOAT16, True)
    model.network.lm_head.weight[-1, -1] += 1e-6
    assert prepared(model, exact=True).form == FLOAT32


def test_the_faster_form_is_measured_once_and_then_remembered(make_model, tmp_path, monkeypatch):
    memory, model = tmp_path / "new" / "forms.json", make_model()
    found = prepared(model, False, memory, fastest=None).form
    assert list(json.loads(memory.read_text()).values()) == [found]
    for fastest in (FLOAT16, FLOAT32):
        memory.unlink()
        assert prepared(model, False, memory, fastest=fastest).form == fastest
        monkeypatch.setattr(forms, "_faster", None)  # cannot be asked
        assert prepared(model, False, memory, fastest="not measured").form == fastest
        monkeypatch.undo()
    # Another shape is measured on its own.
    assert prepared(make_model(n_layer=2), False, memory, fastest=FLOAT16).form == FLOAT16
    assert len(json.loads(memory.read_text())) == 2


@pytest.mark.parametrize("content", ["", "[]", "{", '{"what": "bfloat16"}', "{}"])
def test_a_damaged_memory_is_no_memory(make_model, tmp_path, content):
    memory = tmp_path / "forms.json"
    memory.write_text(content)
    assert prepared(make_model(), False, memory).form == FLOAT16
    assert FLOAT16 in json.loads(memory.read_text()).values()


def test_where_nothing_can_be_kept_it_is_measured_again(make_model, tmp_path):
    (tmp_path / "file").write_text("")
    assert prepared(make_model(), False, tmp_path / "file" / "forms.json").form == FLOAT16


def test_the_measurement_wants_a_gain_and_right_results(make_model, monkeypatch):
    model = make_model(n_embd=64)
    packed = [
        one_token.Matrices(
            *(one_token.packed(conv.weight.t(), conv.bias) for conv in one_token.conv1ds(block))
        )
        for block in model.network.transformer.h[:2]
    ]
    monkeypatch.setattr(forms, "WORTH_IT", float("inf"))
    assert forms._faster(model, packed) == FLOAT16
    monkeypatch.setattr(forms, "WORTH_IT", 0.0)
    assert forms._faster(model, packed) == FLOAT32
    monkeypatch.setattr(forms, "WORTH_IT", float("inf"))
    other = one_token.matrices_in_float32(make_model(seed=9, n_embd=64).network.transformer.h[1])
    assert forms._faster(model, [packed[0], other]) == FLOAT32
