"""The Next token pane on a real model, with the mouse and the keyboard."""

import csv
import json

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt

from tiny_models import random_network
from vectarium.panes.next_token import NextTokenPane
from vectarium.sampling import SamplingSettings

PROMPT = "Once upon a time there was a"


@pytest.fixture
def app(start_app):
    return start_app(prompt=PROMPT)


@pytest.fixture
def pane(app) -> NextTokenPane:
    return app.panes["next_token"]


def shown(pane: NextTokenPane, row: int, column: int) -> str:
    return pane.table.model().index(row, column).data()


def test_shows_the_softmax_of_the_models_logits(app, pane):
    ids = app.session.tokens.ids
    logits = random_network()(torch.tensor(ids[None].astype(np.int64))).logits[0, -1]
    expected = torch.softmax(logits.double(), 0)
    best = torch.argsort(logits, descending=True)[:20]
    assert pane.table.model().rowCount() == 20
    for row, token in enumerate(best.tolist()):
        assert shown(pane, row, 1) == app.session.vocabulary.labels[token]
        assert float(shown(pane, row, 2)) == pytest.approx(float(logits[token]), abs=0.0051)
        share = float(shown(pane, row, 4).rstrip(" %"))
        assert share == pytest.approx(100 * float(expected[token]), abs=0.051)


def test_a_slider_reshapes_without_running_the_model_again(app, pane, qtbot):
    before = app.session.next_token
    with qtbot.waitSignal(app.session.sampling_changed):
        pane.controls.changed.emit(SamplingSettings(temperature=0.5, top_k=3))
    qtbot.waitUntil(lambda: shown(pane, 3, 5) == "cut")
    assert shown(pane, 2, 5) != "cut"
    assert float(shown(pane, 0, 3)) == pytest.approx(2 * float(shown(pane, 0, 2)), abs=0.02)
    assert app.session.next_token is before
    assert "357 tokens" in pane._summary.text()


def test_right_draws_a_token_and_left_takes_it_back(app, pane, qtbot):
    pane.table.setFocus()
    count = len(app.session.tokens)
    qtbot.keyClick(pane.table, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: len(app.session.tokens) == count + 1 and app.session.can_sample)
    step = app.session.tokens.steps[-1]
    assert step is not None
    assert step.token_id == app.session.tokens.ids[-1]
    qtbot.keyClick(pane.table, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: len(app.session.tokens) == count)
    assert app.session.text == PROMPT


def test_double_click_chooses_that_token(app, pane, qtbot):
    row = 4
    token = int(app.session.next_token.ranking.order[row])
    pane.table.activated.emit(pane.table.model().index(row, 1))
    qtbot.waitUntil(lambda: app.session.tokens.steps[-1] is not None)
    assert app.session.tokens.ids[-1] == token
    assert app.session.tokens.steps[-1].uniform is None
    assert app.session.tokens.steps[-1].rank == row


def test_an_earlier_token_shows_what_came_after_it(app, pane, qtbot):
    app.session.select(2)
    qtbot.waitUntil(lambda: app.session.next_token.position == 2)
    ids = app.session.tokens.ids[:3]
    logits = random_network()(torch.tensor(ids[None].astype(np.int64))).logits[0, -1]
    assert app.session.next_token.ranking.order[0] == int(logits.argmax())


def test_the_whole_vocabulary_can_be_listed(app, pane, qtbot):
    everything = pane._rows_button.menu().actions()[-1]
    everything.trigger()
    assert pane.table.model().rowCount() == len(app.session.vocabulary)
    assert shown(pane, len(app.session.vocabulary) - 1, 0) == "360"


def test_an_empty_text_offers_an_example(app, pane, qtbot):
    app.session.edit_text("")
    qtbot.waitUntil(lambda: pane.is_empty)
    pane._empty._example.click()
    qtbot.waitUntil(lambda: not pane.is_empty)
    assert app.session.text.startswith("Once upon a time")


def test_files_hold_the_numbers_on_screen(app, pane, tmp_path):
    pane.save_csv(tmp_path / "d.csv")
    with (tmp_path / "d.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(app.session.vocabulary)
    assert sum(float(row["probability"]) for row in rows) == pytest.approx(1)
    pane.save_json(tmp_path / "d.json")
    assert json.loads((tmp_path / "d.json").read_text())["distribution"][0]["rank"] == 1
    pane.save_picture(tmp_path / "d.png")
    pane.save_picture(tmp_path / "d.svg")
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "d.svg").read_text()[:400]


def test_the_menu_asks_where_to_save_and_explains_the_pane(app, pane, qtbot):
    for action in pane.menu.actions():
        if isinstance(action.data(), str):
            with qtbot.waitSignal(pane.path_asked) as asked:
                pane.path_asked.disconnect(app.window._save_as)
                action.trigger()
            pane.path_asked.connect(app.window._save_as)
            assert asked.args[1] == f"next_token.{action.data()}"
            kind = "picture" if action.data() in ("png", "svg") else action.data()
            assert asked.args[2] == getattr(pane, f"save_{kind}")
    pane.copy_picture()
    assert "clipboard" in app.window.notice.text


def test_a_file_that_cannot_be_written_is_told(app, pane, tmp_path):
    with pytest.raises(FileNotFoundError):
        pane.save_picture(tmp_path / "no" / "such" / "folder.png")
    with pytest.raises(FileNotFoundError):
        pane.save_picture(tmp_path / "no" / "such" / "folder.svg")
