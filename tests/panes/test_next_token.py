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
        share = float(shown(pane, row, 5).rstrip(" %"))
        assert share == pytest.approx(100 * float(expected[token]), abs=0.051)


def test_a_slider_reshapes_without_running_the_model_again(app, pane, qtbot):
    before = app.session.next_token
    with qtbot.waitSignal(app.session.sampling_changed):
        pane.controls.changed.emit(SamplingSettings(temperature=0.5, top_k=3))
    qtbot.waitUntil(lambda: shown(pane, 3, 6) == "cut")
    assert shown(pane, 2, 6) != "cut"
    assert float(shown(pane, 0, 4)) == pytest.approx(2 * float(shown(pane, 0, 2)), abs=0.02)
    assert app.session.next_token is before
    assert "357 tokens" in pane._view.summary.text()


def test_a_repetition_penalty_has_a_column_of_its_own(app, pane, qtbot):
    app.window.resize(2200, 1000)
    app.window.open_workspace("Write")
    qtbot.waitUntil(lambda: not pane.table.isColumnHidden(4))
    assert pane.table.isColumnHidden(3)
    app.session.set_sampling(SamplingSettings(temperature=0.5, repetition_penalty=1.5))
    qtbot.waitUntil(lambda: not pane.table.isColumnHidden(3))
    qtbot.waitUntil(lambda: pane._rows.penalty)
    seen = set(app.session.tokens.ids.tolist())
    vocabulary = len(app.session.vocabulary)
    pane._view.rows_button.menu().actions()[-1].trigger()
    logits = {int(pane._rows.ids[row]): pane._rows.logits[row] for row in range(vocabulary)}
    for row in range(vocabulary):
        token = int(pane._rows.ids[row])
        factor = 1 if token not in seen else 1.5 if logits[token] < 0 else 1 / 1.5
        assert float(shown(pane, row, 3)) == pytest.approx(float(shown(pane, row, 2)) * factor, abs=0.02)
        assert float(shown(pane, row, 4)) == pytest.approx(2 * float(shown(pane, row, 3)), abs=0.02)
    app.session.set_sampling(SamplingSettings())
    qtbot.waitUntil(lambda: pane.table.isColumnHidden(3))


def test_a_drawn_token_shows_its_draw_and_what_comes_after_it(app, pane, qtbot):
    session = app.session
    session.set_sampling(SamplingSettings(temperature=0.8, top_k=30))
    session.writing.set_seed(3, fixed=True)
    session.generate(6)
    qtbot.waitUntil(lambda: session.can_sample and not session.generating)
    assert session.writing.can_take_back
    session.set_sampling(SamplingSettings(temperature=3.0))
    token = next(index for index, step in enumerate(session.tokens.steps) if step is not None)
    assert not pane._view.kinds.button(0).isVisible()
    session.select(token)
    step = session.tokens.steps[token]
    assert pane._view.kinds.button(0).isVisible()
    assert [shown(pane, row, 1) for row in range(20)] == [
        session.vocabulary.labels[entry] for entry in step.top_ids[:20]
    ]
    assert float(shown(pane, 0, 4)) == pytest.approx(float(shown(pane, 0, 2)) / 0.8, abs=0.02)
    own = step.rank if step.rank < 20 else 20
    assert pane._rows.drawn_row == own
    assert shown(pane, own, 0) == f"{step.rank + 1:,}"
    assert "T 0.8, top-k 30" in pane._view.summary.text()
    assert f"u = {step.uniform:.4f}" in pane._view.summary.text()
    assert "stand elsewhere" in pane._view.then.text()
    assert not pane.sample_button.isVisible()
    pane._view.settings.click()
    assert session.sampling == step.settings
    qtbot.waitUntil(lambda: "settings of the sliders" in pane._view.then.text())
    pane._view.kinds.button(1).click()
    qtbot.waitUntil(lambda: session.next_token.position == token and pane._shown is not None)
    qtbot.waitUntil(lambda: shown(pane, 0, 1) == session.vocabulary.labels[pane._shown.order[0]])
    assert pane._rows.drawn_row is None
    assert pane.sample_button.isVisible()
    # Another token of the draw makes a branch; what was written stays.
    pane._view.kinds.button(0).click()
    before, row = session.document.branch, 0 if step.rank else 1
    pane.table.activated.emit(pane.table.model().index(row, 1))
    qtbot.waitUntil(lambda: session.tokens.pending is None and session.can_sample)
    assert session.tokens.ids[token] == step.top_ids[row]
    assert before in session.document.branches


def test_the_dice_roll_over_what_is_expected_and_over_a_draw(app, pane, qtbot):
    session, dice = app.session, pane._view.dice
    assert not dice.isVisible()  # no room
    app.window.resize(1900, 1150)
    app.window.open_workspace("Write")
    qtbot.waitUntil(dice.isVisible)
    session.set_sampling(SamplingSettings(temperature=0.8, top_k=7))
    qtbot.waitUntil(lambda: dice._chances is not None and len(dice._chances.labels) == 7)
    assert dice._chances.drawn == pytest.approx(pane._shown.drawn[:7])
    session.set_sampling(SamplingSettings(temperature=5))
    qtbot.waitUntil(lambda: dice._chances.others == 260)
    assert dice._chances.drawn.sum() == pytest.approx(1)
    dice.thousand.click()
    assert dice._counts.sum() == 1000
    count, token = len(session.tokens), int(pane._shown.order[50])
    dice.chosen.emit(100)  # all others together are no token
    assert len(session.tokens) == count
    dice.chosen.emit(50)
    qtbot.waitUntil(lambda: session.can_sample and len(session.tokens) == count + 1)
    assert session.tokens.ids[count] == token
    session.select(count)
    assert dice.bar._uniform is None
    assert "chosen by hand" in dice._title.text()
    dice.chosen.emit(3)
    qtbot.waitUntil(lambda: session.can_sample)
    assert session.tokens.steps[count].rank == 3


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
    everything = pane._view.rows_button.menu().actions()[-1]
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
