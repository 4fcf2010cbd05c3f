"""Exact numbers or fast ones: one click, told and remembered."""

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from safetensors.numpy import load_file

from ready_forms import fastest_is
from vectarium.messages import Finished, Generate
from vectarium.model import forward_pass
from vectarium.model.loading import load
from vectarium.model.one_token import FLOAT16


@pytest.fixture
def app(start_app, qtbot):
    with fastest_is(FLOAT16):
        app = start_app(prompt="The cat sat on the mat")
        # Machine code may have to be made first.
        qtbot.waitUntil(lambda: app.precision.chosen is not None, timeout=60_000)
        yield app


def write(app, qtbot, count=10):
    with qtbot.waitSignal(app.session.finished, check_params_cb=is_written):
        app.session.generate(count)
    qtbot.waitUntil(lambda: app.session.can_sample)


def is_written(finished: Finished) -> bool:
    return isinstance(finished.request, Generate)


def switch(app, qtbot):
    with qtbot.waitSignal(app.precision.changed, check_params_cb=lambda: True):
        qtbot.mouseClick(app.status.exact, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: app.precision.chosen.exact == app.precision.exact)


def shown(app):
    known = app.session.next_token
    logits = np.empty(known.ranking.order.size, np.float32)
    logits[known.ranking.order] = known.ranking.logits
    return logits


def exact_logits(model_folder, ids):
    model = load(str(model_folder), "cpu")
    return forward_pass.logits(model, forward_pass.run(model, ids), len(ids) - 1)


def test_exact_is_the_default_and_fast_is_named(app, qtbot):
    assert app.status._device.text() == "CPU · float32, exact"
    assert app.status.exact.isChecked()
    switch(app, qtbot)
    assert app.status._device.text() == "CPU · float16 for writing"
    assert "rounded to float16" in app.status._device.toolTip()
    assert not app.window.actions_by_name["set_exact"].isChecked()
    app.window.actions_by_name["set_exact"].trigger()
    qtbot.waitUntil(lambda: app.status._device.text() == "CPU · float32, exact")
    assert app.status.exact.isChecked()


def test_exact_shows_exact_numbers_of_what_was_written_fast(app, qtbot, model_folder):
    switch(app, qtbot)
    write(app, qtbot)
    ids = app.session.tokens.ids
    expected = exact_logits(model_folder, ids)
    assert not np.allclose(shown(app), expected, rtol=0, atol=1e-4)
    steps = app.session.tokens.steps
    switch(app, qtbot)
    qtbot.waitUntil(lambda: np.allclose(shown(app), expected, rtol=0, atol=1e-4))
    assert app.session.tokens.steps == steps  # how they were drawn does not change
    qtbot.waitUntil(lambda: all(pane.settled for pane in app.panes.values()))


@pytest.mark.parametrize("exact", [True, False])
def test_the_same_tokens_come_again(app, qtbot, exact):
    if not exact:
        switch(app, qtbot)
    app.session.writing.set_seed(1, fixed=True)
    write(app, qtbot, 3)
    write(app, qtbot, 9)
    first = app.session.tokens
    with qtbot.waitSignal(app.session.writing.repeated) as told:
        app.session.writing.repeat()
    assert told.args[0] == told.args[1] == app.session.writing.repeatable
    again = app.session.tokens
    assert [step and step.logit for step in again.steps] == [step and step.logit for step in first.steps]


def test_files_hold_exact_numbers(app, qtbot, tmp_path, model_folder):
    switch(app, qtbot)
    write(app, qtbot)
    with qtbot.waitSignal(app.session.finished):
        app.session.export_trace(tmp_path / "trace.safetensors")
    expected = exact_logits(model_folder, app.session.tokens.ids)
    assert load_file(tmp_path / "trace.safetensors")["logits"][-1] == pytest.approx(expected, abs=1e-4)


def test_switching_stops_what_is_being_written(app, qtbot):
    def writes_on():
        if not app.session.generating and app.session.can_sample:
            app.session.generate()  # anew, where the model ended the text
        return len(app.session.tokens) > 8

    qtbot.waitUntil(writes_on)
    switch(app, qtbot)
    assert not app.session.generating
    write(app, qtbot, 2)


def test_a_cancel_leaves_no_form_untold(app, qtbot):
    app.precision.set_exact(False)
    app.session.cancel_all()
    qtbot.waitUntil(lambda: app.precision.chosen.form == FLOAT16)
    assert app.status._device.text() == "CPU · float16 for writing"


def test_the_choice_is_remembered(app, qtbot, start_app, tmp_path):
    switch(app, qtbot)
    app.window.close()
    assert json.loads((tmp_path / "settings.json").read_text())["exact"] is False
    app.close(60_000)
    second = start_app(prompt="The cat")
    assert not second.status.exact.isChecked()
    qtbot.waitUntil(lambda: second.precision.chosen is not None)
    assert second.status._device.text() == "CPU · float16 for writing"
