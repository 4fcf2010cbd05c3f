"""Which form is taken, and that it is remembered."""

import json
from types import SimpleNamespace

import pytest

from ready_forms import draft, prepared
from vectarium.model import forms, one_token
from vectarium.model.one_token import FLOAT16, FLOAT32, OneToken


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
    found = prepared(model, False, memory, fastest=None)
    expected = forms.PYTORCH if isinstance(found, OneToken) else found.form
    assert list(json.loads(memory.read_text()).values()) == [expected]
    for fastest in (FLOAT16, FLOAT32):
        memory.unlink()
        assert prepared(model, False, memory, fastest=fastest).form == fastest
        monkeypatch.setattr(forms, "_fastest", None)  # cannot be asked
        assert prepared(model, False, memory, fastest=None).form == fastest
        monkeypatch.undo()
    # What may be chosen is a question of its own, and so is another shape.
    assert prepared(model, True, memory, fastest=FLOAT32).form == FLOAT32
    assert prepared(make_model(n_layer=2), False, memory, fastest=FLOAT16).form == FLOAT16
    assert len(json.loads(memory.read_text())) == 3


def test_pytorch_writes_where_it_is_faster(make_model, tmp_path, monkeypatch):
    memory, model = tmp_path / "forms.json", make_model()
    assert isinstance(prepared(model, True, memory, fastest=forms.PYTORCH), OneToken)
    monkeypatch.setattr(forms, "_fastest", None)  # cannot be asked
    assert isinstance(prepared(model, True, memory, fastest=None), OneToken)
    assert draft(model, OneToken(model)) is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"what": "bfloat16"}', "{}"])
def test_a_damaged_memory_is_no_memory(make_model, tmp_path, content):
    memory = tmp_path / "forms.json"
    memory.write_text(content)
    assert prepared(make_model(), False, memory).form == FLOAT16
    assert FLOAT16 in json.loads(memory.read_text()).values()


@pytest.mark.parametrize("context", [4, 12, 20])
def test_a_short_context_has_room_for_the_measurement(make_model, context):
    model = make_model(n_positions=context)
    form = prepared(model, exact=True, fastest=None)
    assert form.exact
    draft(model, form)


def test_where_nothing_can_be_kept_it_is_measured_again(make_model, tmp_path):
    (tmp_path / "file").write_text("")
    assert prepared(make_model(), False, tmp_path / "file" / "forms.json").form == FLOAT16


@pytest.fixture
def seconds(monkeypatch):
    """What a position takes in every form, as far as the measurement is told."""
    taken = {forms.PYTORCH: 4.0, FLOAT32: 3.0, FLOAT16: 2.0}

    def told(store, ways):
        yield 1.0
        return [taken[forms.PYTORCH if isinstance(form, OneToken) else form.form] for form, _ in ways]

    monkeypatch.setattr(forms, "_best_times", told)
    return taken


@pytest.mark.parametrize(
    ("of_pytorch", "of_float32", "of_float16", "expected"),
    [(4, 3, 2, FLOAT16), (4, 3, 2.9, FLOAT32), (4, 5, 3.9, None), (4, 3, 9, FLOAT32), (2, 3, 1, FLOAT16)],
)
def test_the_measurement_wants_a_gain(make_model, seconds, of_pytorch, of_float32, of_float16, expected):
    seconds |= {forms.PYTORCH: of_pytorch, FLOAT32: of_float32, FLOAT16: of_float16}
    found = prepared(make_model(), exact=False, fastest=None)
    assert isinstance(found, OneToken) if expected is None else found.form == expected


def test_the_measurement_wants_right_results(make_model, seconds, monkeypatch):
    right = forms._logits

    def wrong(form, store, count):
        return right(form, store, count) * (1.5 if form.form == FLOAT16 else 1)

    monkeypatch.setattr(forms, "_logits", wrong)
    assert prepared(make_model(), exact=False, fastest=None).form == FLOAT32


def test_where_memory_is_short_nothing_is_copied(make_model, monkeypatch):
    monkeypatch.setattr(forms.psutil, "virtual_memory", lambda: SimpleNamespace(available=10_000))
    assert prepared(make_model(), exact=False).form == FLOAT32


@pytest.mark.logs("There is no machine code for this computer")
def test_without_machine_code_pytorch_writes(make_model, monkeypatch):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.setattr(forms, "import_module", refuse)
    model = make_model()
    assert isinstance(prepared(model, exact=False), OneToken)
    assert draft(model, OneToken(model)) is None


@pytest.mark.parametrize("sizes", [{"activation_function": "relu"}, {"n_embd": 20}])
def test_what_machine_code_does_not_know_is_left_to_pytorch(make_model, sizes):
    assert isinstance(prepared(make_model(**sizes), exact=False), OneToken)
