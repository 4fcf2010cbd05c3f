"""The Side by side pane in a running application on a real model, with the mouse and the keyboard."""

import csv
import json

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt

from tiny_models import random_network
from vectarium.messages_futures import WriteColumns
from vectarium.panes.side_by_side import BRANCHES, SideBySidePane
from vectarium.sampling import SamplingSettings, distribution

PROMPT = "Once upon a time"
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def app(start_app):
    return start_app(prompt=PROMPT)


@pytest.fixture
def pane(app, qtbot) -> SideBySidePane:
    app.window.resize(1700, 1000)
    app.window.open_workspace("Futures")
    pane = app.panes["side_by_side"]
    pane.columns.set_seed(7)
    qtbot.waitUntil(lambda: not pane.is_empty and len(pane.view.columns) == 3)
    return pane


def settled(session) -> bool:
    return not session.generating and session.tokens.pending is None and session.can_sample


def step(pane, qtbot, times: int = 1) -> None:
    for _ in range(times):
        before = [column.steps for column in pane.columns.columns]
        qtbot.waitUntil(pane.view.bar.step.isEnabled)
        pane.view.bar.step.click()
        qtbot.waitUntil(lambda: not pane.columns.running)
        assert [column.steps for column in pane.columns.columns] != before


def ids_of(pane) -> list[tuple[int, ...]]:
    return [tuple(step.token_id for step in column.steps) for column in pane.columns.columns]


def check_against_transformers(pane) -> None:
    """Every token of every column is drawn from transformers' distribution, with the seed's numbers."""
    network, columns = random_network(), pane.columns
    for index, column in enumerate(columns.columns):
        random = np.random.Generator(np.random.PCG64(columns.seed if columns.common else column.seed))
        text = list(columns.base.ids)
        for one in column.steps:
            start = -(-max(0, len(text) - 48) // 12) * 12
            logits = network(torch.tensor([text[start:]])).logits[0, -1].numpy()
            true = distribution(logits, one.settings, text[start:])
            uniform = random.random()
            if one.uniform is not None:
                assert one.uniform == uniform
                assert one.rank == true.rank_at(uniform)
            assert true.order[one.rank] == one.token_id
            assert one.drawn == pytest.approx(true.drawn[one.rank], abs=1e-5)
            text.append(one.token_id)
        assert text == list(columns.branch(index).ids)


# Writing


def test_columns_step_together_each_with_its_settings(app, pane, qtbot):
    settings = [column.settings.temperature for column in pane.columns.columns]
    assert settings == [0, 1, 5]
    step(pane, qtbot, 4)
    assert [len(column.steps) for column in pane.columns.columns] == [4, 4, 4]
    assert [column.steps[0].settings.temperature for column in pane.columns.columns] == [0, 1, 5]
    check_against_transformers(pane)
    for index, column in enumerate(pane.view.columns):
        qtbot.waitUntil(lambda column=column: "4 tokens" in column.facts)
        text = app.session.vocabulary.text(pane.columns.branch(index).ids)
        assert column.text.text == text
    assert app.session.text == PROMPT  # the document is as it was


def test_play_pause_back_and_stop(app, pane, qtbot):
    columns, bar = pane.columns, pane.view.bar
    columns.set_pace(0.05)
    bar.play.click()
    qtbot.waitUntil(lambda: columns.length >= 5)
    assert bar.play.accessibleName() == "Pause"
    bar.play.click()
    assert not columns.running
    length, written = columns.length, ids_of(pane)
    qtbot.waitUntil(lambda: bar.play.accessibleName() == "Play")
    bar.back.click()
    bar.back.click()
    assert columns.length == length - 2
    step(pane, qtbot, 2)
    again = [ids for ids in ids_of(pane) if len(ids) == length]
    assert again == [ids for ids in written if len(ids) == length]  # the same numbers draw the same tokens
    check_against_transformers(pane)
    bar.stop.click()
    assert columns.length == 0
    step(pane, qtbot)
    assert [ids[0] for ids in ids_of(pane)] == [ids[0] for ids in written]


def test_keys_step_go_back_play_and_pause(app, pane, qtbot):
    columns, text = pane.columns, pane.view.columns[1].text
    text.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Space):
        before = columns.length
        qtbot.waitUntil(pane.view.bar.step.isEnabled)
        qtbot.keyClick(text, key)
        qtbot.waitUntil(lambda before=before: columns.length == before + 1 and not columns.running)
    qtbot.keyClick(text, Qt.Key.Key_Left)
    assert columns.length == 1
    columns.set_pace(0.02)
    qtbot.keyClick(text, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: columns.length >= 3)
    qtbot.waitUntil(lambda: pane.view.running)
    qtbot.keyClick(text, Qt.Key.Key_Space)
    assert not columns.running


def test_settings_act_from_the_next_token_on(app, pane, qtbot):
    step(pane, qtbot)
    head = pane.view.heads[2]
    head.temperature.setValue(0.25)
    qtbot.mouseClick(head.more, LEFT)
    head._sliders.controls._sliders["top_k"].changed.emit(7.0)
    head._sliders.hide()
    step(pane, qtbot)
    first, second = pane.columns.columns[2].steps
    assert first.settings == SamplingSettings(temperature=5)
    assert (second.settings.temperature, second.settings.top_k) == (0.25, 7)
    qtbot.waitUntil(lambda: "top-k 7" in pane.view.columns[2].facts)
    check_against_transformers(pane)


def test_settings_change_while_it_plays(app, pane, qtbot):
    columns = pane.columns
    columns.set_pace(0.01)
    pane.view.bar.play.click()
    qtbot.waitUntil(lambda: columns.length >= 2)
    columns.set_settings(1, SamplingSettings(temperature=0))
    qtbot.waitUntil(lambda: columns.columns[1].steps[-1].settings.temperature == 0)
    columns.pause()
    check_against_transformers(pane)


def test_a_common_seed_and_seeds_of_their_own(app, pane, qtbot):
    columns = pane.columns
    for index in range(3):
        columns.set_settings(index, SamplingSettings(temperature=3))
    step(pane, qtbot, 3)
    assert len(set(ids_of(pane))) == 1
    common = ids_of(pane)
    columns.stop()
    pane.view.bar.common.click()
    for index in range(3):
        columns.set_own_seed(index, 100 + index)
    step(pane, qtbot, 3)
    assert len(set(ids_of(pane))) == 3
    check_against_transformers(pane)
    columns.stop()
    pane.view.bar.common.click()
    step(pane, qtbot, 3)
    assert ids_of(pane) == common
    columns.stop()
    pane.view.bar.new_seed.click()
    assert columns.seed != 7
    qtbot.waitUntil(lambda: pane.view.bar.seed.value() == columns.seed)
    pane.view.bar.seed.setValue(7)
    assert columns.seed == 7


def test_past_the_context(app, pane, qtbot):
    app.session.edit_text("The owner's cat sat on the mat; the mat wasn't new. Then the owner came in.")
    qtbot.waitUntil(lambda: settled(app.session))
    base = len(app.session.tokens)
    while base + pane.columns.length < 51:
        step(pane, qtbot)
    longest = max(pane.columns.columns, key=lambda column: len(column.steps))
    assert base + len(longest.steps) > 48
    assert longest.seen_from == 12
    check_against_transformers(pane)


def test_a_column_that_the_model_ends_stays_and_the_others_go_on(app, pane, qtbot):
    columns, end = pane.columns, app.session.vocabulary.end_of_text
    while not columns.length or end not in columns.columns[1].steps[-1].top_ids:
        step(pane, qtbot)
    count = columns.length
    columns.choose(1, count - 1, columns.columns[1].steps[-1].top_ids.tolist().index(end))
    assert columns.columns[1].over
    step(pane, qtbot)
    assert [len(column.steps) for column in columns.columns] == [count + 1, count, count + 1]
    qtbot.waitUntil(lambda: "ended by the model" in pane.view.columns[1].facts)
    columns.back()
    columns.back()
    assert not columns.columns[1].over
    assert [len(column.steps) for column in columns.columns] == [count - 1] * 3


# What the user does with columns


def test_keep_makes_a_branch_and_undo_brings_the_text_back(app, pane, qtbot):
    session = app.session
    step(pane, qtbot, 3)
    written = ids_of(pane)
    before = session.document.branch
    qtbot.mouseClick(pane.view.heads[2].keep, LEFT)
    assert session.document.branch.ids == before.ids + written[2]
    assert session.tokens.steps[-3:] == pane.columns.columns[2].steps
    qtbot.waitUntil(lambda: settled(session))
    assert ids_of(pane) == written  # the columns are still there
    pane.view.heads[0].keep.click()
    assert session.document.branch.ids == before.ids + written[0]
    assert len(session.document.branches) == 2
    session.undo()
    session.undo()
    assert session.document.branch is before
    assert ids_of(pane) == written


def test_pointing_at_a_token_shows_what_it_was_drawn_from(app, pane, qtbot):
    step(pane, qtbot, 4)
    text, token = pane.view.columns[1].text, len(pane.columns.base) + 2
    qtbot.waitUntil(lambda: bool(text.token_rects(token)))
    qtbot.mouseMove(text.viewport(), text.token_rects(token)[0].center().toPoint())
    qtbot.waitUntil(pane.card.isVisible)
    drawn = pane.columns.columns[1].steps[2]
    assert pane.card.card.title == app.session.vocabulary.labels[drawn.token_id]
    assert sum(row.drawn for row in pane.card.card.rows) == 1
    assert all(column.text.lit == token for column in pane.view.columns)
    other = next(row.rank for row in pane.card.card.rows if not row.drawn)
    pane.card.chosen.emit(other)
    steps = pane.columns.columns[1].steps
    assert len(steps) == 3
    assert steps[2].token_id == drawn.top_ids[other]
    assert steps[2].uniform is None
    check_against_transformers(pane)


@pytest.mark.parametrize("count", [2, 4])
def test_more_columns_or_fewer(app, pane, qtbot, count):
    step(pane, qtbot)
    pane.count.chosen.emit(count)
    qtbot.waitUntil(lambda: len(pane.view.columns) == count)
    step(pane, qtbot, 2)
    assert [len(column.steps) for column in pane.columns.columns] == [2] * count
    check_against_transformers(pane)


def test_another_text_clears_the_columns_also_while_they_play(app, pane, qtbot):
    session = app.session
    pane.columns.set_pace(0.01)
    pane.view.bar.play.click()
    qtbot.waitUntil(lambda: pane.columns.length >= 3)
    session.edit_text("The owner's cat")
    assert not pane.columns.running
    assert pane.columns.length == 0
    qtbot.waitUntil(lambda: settled(session))
    step(pane, qtbot, 2)
    assert pane.columns.base.ids == tuple(session.tokens.ids.tolist())
    check_against_transformers(pane)


def test_another_model_clears_the_columns(app, pane, qtbot, tmp_path):
    from tiny_models import save_model

    step(pane, qtbot, 2)
    (tmp_path / "other").mkdir()
    with qtbot.waitSignal(app.session.model_changed, timeout=60_000):
        app.session.load_model(str(save_model(tmp_path / "other", seed=5)), "cpu")
    assert pane.columns.length == 0
    qtbot.waitUntil(lambda: settled(app.session))
    step(pane, qtbot)


def test_a_hidden_pane_pauses_and_cancelling_everything_does_too(app, pane, qtbot):
    requests = []
    app.session.asked.connect(requests.append)
    for stop in (lambda: app.window.open_workspace("Write"), app.session.cancel_all):
        app.window.open_workspace("Futures")
        pane.columns.set_pace(0.01)
        pane.columns.play()
        length = pane.columns.length
        qtbot.waitUntil(lambda length=length: pane.columns.length > length)
        stop()
        assert not pane.columns.running
    assert sum(isinstance(request, WriteColumns) for request in requests) == 2


def test_nobody_writes_on_unseen_when_numbers_are_read_anew(app, pane, qtbot):
    requests = []
    app.session.asked.connect(requests.append)
    pane.columns.play()
    qtbot.waitUntil(lambda: pane.columns.length > 2)
    app.session.read_anew()
    assert not pane.columns.running
    asked = next(request for request in requests if isinstance(request, WriteColumns))
    assert not app.workers.newest.is_current(asked.number)
    step(pane, qtbot)


def test_an_empty_text_offers_an_example(app, pane, qtbot):
    app.session.edit_text("")
    qtbot.waitUntil(lambda: pane.is_empty)
    pane._empty._example.click()
    qtbot.waitUntil(lambda: settled(app.session) and not pane.is_empty)
    step(pane, qtbot)


def test_the_columns_as_pictures_and_data(app, pane, qtbot, tmp_path):
    step(pane, qtbot, 2)
    pane.save_picture(tmp_path / "columns.png")
    assert (tmp_path / "columns.png").stat().st_size > 5_000
    pane.export(tmp_path)
    with (tmp_path / "side_by_side.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["column"] for row in rows] == ["1", "1", "2", "2", "3", "3"]
    assert [float(row["temperature"]) for row in rows[::2]] == [0, 1, 5]
    assert {int(row["seed"]) for row in rows} == {7}
    assert [int(row["id"]) for row in rows] == [token for ids in ids_of(pane) for token in ids]


# Two branches


@pytest.fixture
def branches(app, pane, qtbot):
    """A text of two branches that part after the prompt: the one looked at was typed further."""
    session = app.session
    step(pane, qtbot, 5)
    pane.view.heads[2].keep.click()
    qtbot.waitUntil(lambda: settled(session))
    pane.view.heads[0].keep.click()
    qtbot.waitUntil(lambda: settled(session))
    session.edit_text(session.text + " new mat")
    qtbot.waitUntil(lambda: settled(session))
    return session.document


def test_branches_stand_side_by_side_from_where_they_part(app, pane, branches, qtbot):
    session, network = app.session, random_network()
    pane.uses.button(BRANCHES).click()
    looked_at, other = pane.comparing.pair
    assert looked_at is session.document.branch
    assert other in session.document.branches
    typed = [place for place, one in enumerate(looked_at.steps) if one is None]
    qtbot.waitUntil(lambda: not np.isnan(pane.comparing.numbers()[0].probability[typed[-1]]))
    parts = next(i for i, (a, b) in enumerate(zip(looked_at.ids, other.ids, strict=False)) if a != b)
    for branch, numbers, way, column in zip(
        (looked_at, other),
        pane.comparing.numbers(),
        pane.comparison.parting.ways,
        pane.comparison.columns,
        strict=True,
    ):
        logits = network(torch.tensor([branch.ids])).logits[0].double()
        true = torch.softmax(logits, -1)
        expected = [float(true[place - 1, branch.ids[place]]) for place in range(parts, len(branch))]
        assert numbers.probability[parts:].tolist() == pytest.approx(expected, abs=1e-5)
        assert way.label == session.vocabulary.labels[branch.ids[parts]]
        assert way.probability == pytest.approx(expected[0], abs=1e-5)
        assert f"{len(expected)} tokens" in column.facts
        joint = float(column.facts.rsplit("p = ")[1]) if "×" not in column.facts else None
        assert joint is None or joint == pytest.approx(np.prod(expected), rel=0.01)
        assert column.text.selected is not None


def test_the_tree_of_branches_offers_the_comparison(app, pane, branches, qtbot):
    app.window.open_workspace("Write")
    tree = app.writing.side.tree
    qtbot.waitUntil(lambda: any(node.leaf is not None for node in tree._nodes))
    other = next(i for i in range(len(branches.branches)) if i != branches.active)
    menu = tree.menu_for(other)
    next(action for action in menu.actions() if action.text().startswith("Compare")).trigger()
    menu.close()
    assert app.window.workspace == "Futures"
    qtbot.waitUntil(pane.comparison.isVisible)
    assert pane.comparing.other == other


def test_a_choice_in_the_other_branch_branches_off_there(app, pane, branches, qtbot):
    session = app.session
    pane.uses.button(BRANCHES).click()
    _, other = pane.comparing.pair
    column = pane.comparison.columns[1].text
    token = column.selected
    qtbot.waitUntil(lambda: bool(column.token_rects(token)))
    qtbot.mouseClick(column.viewport(), LEFT, pos=column.token_rects(token)[0].center().toPoint())
    assert pane.card.isVisible()
    rank = [row.rank for row in pane.card.card.rows if not row.drawn][-1]
    pane.card.chosen.emit(rank)
    branch = session.document.branch
    assert branch is not other
    assert branch.steps[-1].uniform is None
    assert branch.ids[:-1] == other.ids[: len(branch) - 1]


def test_a_text_of_one_branch_says_so(app, pane, qtbot):
    pane.uses.button(BRANCHES).click()
    assert pane.is_empty
    pane._empty._example.click()
    assert not pane.is_empty


def test_the_comparison_as_data(app, pane, branches, qtbot, tmp_path):
    pane.uses.button(BRANCHES).click()
    pane.save_json(tmp_path / "branches.json")
    rows = json.loads((tmp_path / "branches.json").read_text(encoding="utf-8"))["branches"]
    looked_at, other = pane.comparing.pair
    shared = min(row["position"] for row in rows)
    for index, branch in enumerate((looked_at, other)):
        assert [row["id"] for row in rows if row["branch"] == index + 1] == list(branch.ids[shared:])
