"""The Writing pane in a running application on a real model, with the mouse and the keyboard."""

import csv

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt

from tiny_models import random_network
from vectarium.documents import chat
from vectarium.messages import Generate
from vectarium.messages_writing import Score
from vectarium.panes.writing import WritingPane
from vectarium.sampling import SamplingSettings, distribution

PROMPT = "Once upon a time"


@pytest.fixture
def app(start_app):
    app = start_app(prompt=PROMPT)
    app.session.writing.set_seed(11, fixed=True)
    return app


@pytest.fixture
def pane(app, qtbot) -> WritingPane:
    app.window.resize(1700, 1000)
    app.window.open_workspace("Write")
    qtbot.waitUntil(app.panes["writing"].isVisible)
    return app.panes["writing"]


def settled(session) -> bool:
    return not session.generating and session.tokens.pending is None and session.can_sample


def write(session, qtbot, count: int) -> None:
    before = len(session.tokens)
    session.writing.start(count=count)
    qtbot.waitUntil(lambda: settled(session), timeout=20_000)
    assert len(session.tokens) > before


def center(qtbot, pane, token: int) -> QPoint:
    """Where a token is drawn; new ones are drawn with the next repaint."""
    qtbot.waitUntil(lambda: bool(pane.text.token_rects(token)))
    return pane.text.token_rects(token)[0].center().toPoint()


def their_logits(ids) -> torch.Tensor:
    return random_network()(torch.tensor([list(ids)])).logits[0].double()


# Writing


def test_every_step_of_forty_is_transformers_distribution_under_the_settings(app, pane, qtbot):
    session = app.session
    settings = SamplingSettings(temperature=1.3, top_k=60, top_p=0.97, min_p=0.001)
    session.set_sampling(settings)
    session.edit_text("The owner's cat sat on the mat; the mat wasn't new. Then the owner came in.")
    qtbot.waitUntil(lambda: settled(session))
    start = len(session.tokens)
    assert start + 40 > 48 > start  # it goes past the context
    while len(session.tokens) < start + 40:  # the end-of-text token ends a run
        write(session, qtbot, start + 40 - len(session.tokens))
    ids = session.tokens.ids.tolist()
    for position in range(start, start + 40):
        step = session.tokens.steps[position]
        seen = -(-max(0, position - 48) // 12) * 12
        expected = distribution(their_logits(ids[seen:position])[-1].float().numpy(), settings)
        order = np.argsort(expected.order)
        assert np.abs(step.top_probability - expected.probability[order][step.top_ids]).max() < 1e-5
        assert np.abs(step.top_drawn - expected.drawn[order][step.top_ids]).max() < 1e-5
        assert step.token_id == ids[position]


def test_keys_write_a_token_take_it_back_and_space_pauses(app, pane, qtbot):
    session = app.session
    pane.text.setFocus()
    count = len(session.tokens)
    qtbot.keyClick(pane.text, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: settled(session) and len(session.tokens) == count + 1)
    qtbot.keyClick(pane.text, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: settled(session) and len(session.tokens) == count + 2)
    written = session.document.branch
    qtbot.keyClick(pane.text, Qt.Key.Key_Left)
    assert len(session.tokens) == count + 1
    assert written in session.document.branches
    session.set_sampling(SamplingSettings(temperature=0))  # this model's likeliest text does not end
    session.writing.set_pace(0.05)
    qtbot.mouseClick(pane.bar.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(session.tokens) > count + 2)
    assert pane.bar.play.accessibleName() == "Pause"
    qtbot.keyClick(pane.text, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: settled(session))
    assert pane.bar.play.accessibleName() == "Play"


def test_pausing_and_taking_back_do_not_change_what_a_seed_writes(app, pane, qtbot):
    session = app.session
    write(session, qtbot, 9)
    at_once = session.tokens.ids.tolist()
    while session.writing.can_take_back:
        pane.bar.back.click()
    assert session.text == PROMPT
    for _ in range(len(at_once) - len(session.tokens)):
        qtbot.waitUntil(lambda: settled(session))
        pane.bar.step.click()
    qtbot.waitUntil(lambda: settled(session))
    assert session.tokens.ids.tolist() == at_once
    assert len(session.document.branches) == 1


def test_a_new_seed_writes_another_text_and_repeat_the_same(app, pane, qtbot):
    session = app.session
    session.writing.set_seed(1, fixed=False)
    write(session, qtbot, 8)
    first = session.tokens.ids.tolist()
    with qtbot.waitSignal(session.writing.repeated) as repeated:
        pane.side.seed.repeat.click()
    assert repeated.args[0] == repeated.args[1] > 0
    assert session.tokens.ids.tolist() == first
    assert "came again" in pane.info.text()
    session.set_sampling(SamplingSettings(temperature=30))
    with qtbot.waitSignal(session.writing.repeated) as repeated:
        pane.side.seed.repeat.click()
    assert repeated.args[0] < repeated.args[1]
    assert "settings have changed" in pane.info.text()


def test_a_seed_that_is_no_number_is_told_and_the_old_one_stays(app, pane, qtbot):
    pane.side.open_page(2)
    for wrong in ("abc", "-1", "3.5", str(2**32)):
        pane.side.seed.entry.clear()
        qtbot.keyClicks(pane.side.seed.entry, wrong)
        qtbot.keyClick(pane.side.seed.entry, Qt.Key.Key_Return)
        assert "is no seed" in pane.side.seed.said.text()
        assert app.session.writing.seed == 11
    pane.side.seed.entry.clear()
    qtbot.keyClicks(pane.side.seed.entry, "42")
    qtbot.keyClick(pane.side.seed.entry, Qt.Key.Key_Return)
    assert (app.session.writing.seed, app.session.writing.fixed) == (42, True)
    assert pane.side.seed.said.text() == ""


def test_pace_and_settings_act_from_the_next_token_on(app, pane, qtbot):
    session = app.session
    pane.bar.set_pace(2.0)
    assert session.writing.pace == pytest.approx(2.0)
    session.set_sampling(SamplingSettings(temperature=0))
    count = len(session.tokens)
    pane.play_or_pause()
    qtbot.waitUntil(lambda: len(session.tokens) == count + 1)
    session.set_sampling(SamplingSettings(temperature=0, top_k=7))
    pane.bar.set_pace(0)
    qtbot.waitUntil(lambda: len(session.tokens) > count + 5)
    session.writing.pause()
    qtbot.waitUntil(lambda: settled(session))
    assert session.tokens.steps[count].settings.top_k == 0
    assert session.tokens.steps[count + 3].settings.top_k == 7


def test_the_length_and_stop_texts_end_the_writing(app, pane, qtbot):
    session = app.session
    session.set_sampling(SamplingSettings(temperature=0))
    pane.side.seed.length.setValue(4)
    count = len(session.tokens)
    pane.bar.play.click()
    qtbot.waitUntil(lambda: settled(session) and len(session.tokens) == count + 4)
    label = session.vocabulary.text([int(session.tokens.ids[-1])])
    session.undo()
    qtbot.waitUntil(lambda: settled(session))
    pane.side.seed.length.setValue(0)
    pane.side.seed.stops.setText("never|" + label.replace("\n", "\\n"))
    pane.bar.play.click()
    qtbot.waitUntil(lambda: session.generating is False and len(session.tokens) > count)
    assert len(session.tokens) <= count + 4
    assert session.text.endswith(label)
    assert "stopped at" in pane.info.text()


def test_a_failure_in_mid_word_keeps_the_text_and_play_goes_on(app, pane, qtbot, monkeypatch):
    from vectarium.model import generation

    session, real = app.session, generation.next_step
    session.set_sampling(SamplingSettings(temperature=0))
    count, calls = len(session.tokens), []

    def breaks(*arguments, **options):
        calls.append(1)
        if len(calls) == 4:
            raise OSError(12, "Cannot allocate memory")
        return real(*arguments, **options)

    monkeypatch.setattr(generation, "next_step", breaks)
    with qtbot.waitSignal(session.failed) as failed:
        pane.bar.play.click()
    assert isinstance(failed.args[0].request, Generate)
    qtbot.waitUntil(lambda: settled(session))
    assert len(session.tokens) == count + 3
    assert pane.bar.play.isEnabled()
    pane.bar.play.click()
    qtbot.waitUntil(lambda: len(session.tokens) > count + 6)
    pane.bar.stop.click()
    qtbot.waitUntil(lambda: settled(session))


def test_logits_that_are_no_numbers_are_told_and_the_text_so_far_stays(app, pane, qtbot, monkeypatch):
    from vectarium.model import generation

    session, real, calls = app.session, generation.take_step, []
    session.set_sampling(SamplingSettings(temperature=0))
    count = len(session.tokens)

    def breaks(ranking, *rest):
        calls.append(1)
        return real(np.full(ranking.size, np.nan) if len(calls) == 3 else ranking, *rest)

    monkeypatch.setattr(generation, "take_step", breaks)
    with qtbot.waitSignal(session.failed) as failed:
        pane.bar.play.click()
    assert "logits that are not finite numbers" in failed.args[0].message
    assert "Choose another one" in failed.args[0].advice
    qtbot.waitUntil(lambda: settled(session))
    assert len(session.tokens) == count + 2
    assert "not finite" in app.window.notice._label.text()
    pane.bar.play.click()
    qtbot.waitUntil(lambda: len(session.tokens) > count + 4)
    pane.bar.stop.click()
    qtbot.waitUntil(lambda: settled(session))


def test_ctrl_brings_the_card_at_once(app, pane, qtbot):
    write(app.session, qtbot, 6)
    qtbot.waitUntil(lambda: pane.text.text == app.session.text)
    token = next(
        index
        for index, step in enumerate(app.session.tokens.steps)
        if step is not None and pane.text.token_rects(index)
    )
    pane.text.setFocus()
    pane.details._hover._timer.setInterval(60_000)
    qtbot.mouseMove(pane.text.viewport(), QPoint(2, 2))
    qtbot.mouseMove(pane.text.viewport(), center(qtbot, pane, token))
    qtbot.waitUntil(lambda: app.session.hover == token)
    assert not pane.card.isVisible()
    qtbot.keyClick(pane.text, Qt.Key.Key_Control)
    assert pane.card.isVisible()
    pane.card.close_card()
    pane.details._hover.on(None)


# Seeing


def test_a_click_selects_in_every_pane_and_beside_the_text_follows_the_end(app, pane, qtbot):
    write(app.session, qtbot, 5)
    qtbot.mouseClick(pane.text.viewport(), Qt.MouseButton.LeftButton, pos=center(qtbot, pane, 3))
    assert app.session.selection.token == 3
    qtbot.waitUntil(lambda: app.session.next_token.position == 3)
    bottom = QPoint(5, pane.text.viewport().height() - 3)
    qtbot.mouseClick(pane.text.viewport(), Qt.MouseButton.LeftButton, pos=bottom)
    assert app.session.selection.token is None


def test_the_mouse_brings_a_card_with_the_ten_most_likely(app, pane, qtbot):
    session = app.session
    write(session, qtbot, 12)
    qtbot.waitUntil(lambda: len(pane.coloring.numbers) == len(session.tokens))
    token = next(  # some tokens of this vocabulary are only part of a character
        index
        for index, step in enumerate(session.tokens.steps)
        if step is not None and pane.text.token_rects(index)
    )

    def points_at_it() -> bool:  # again, should the text be laid out anew meanwhile
        qtbot.mouseMove(pane.text.viewport(), QPoint(2, 2))
        qtbot.mouseMove(pane.text.viewport(), center(qtbot, pane, token))
        return session.hover == token

    qtbot.waitUntil(points_at_it)
    qtbot.waitUntil(pane.card.isVisible)
    step, rows = session.tokens.steps[token], pane.card.card.rows
    expected = torch.softmax(their_logits(session.tokens.ids[:token].tolist())[-1], 0)
    for row in rows[:10]:
        assert row.label == session.vocabulary.labels[step.top_ids[row.rank]]
        assert row.probability == pytest.approx(float(expected[step.top_ids[row.rank]]), abs=1e-5)
    drawn = [row for row in rows if row.drawn]
    assert [row.rank for row in drawn] == [step.rank]
    assert drawn[0].label == session.vocabulary.labels[step.token_id]
    qtbot.keyClick(pane.text, Qt.Key.Key_Escape)
    assert not pane.card.isVisible()


def test_cards_work_while_text_streams_and_nothing_jumps_when_scrolled_up(app, pane, qtbot):
    session = app.session
    session.edit_text("The owner's cat sat; " * 60)
    qtbot.waitUntil(lambda: settled(session), timeout=20_000)
    session.set_sampling(SamplingSettings(temperature=0))
    session.writing.set_pace(0.03)
    pane.play_or_pause()
    first = len(session.tokens)
    qtbot.waitUntil(lambda: len(session.tokens) > first + 3)
    bar = pane.text.verticalScrollBar()
    assert bar.maximum() > 0
    assert bar.value() == bar.maximum()
    bar.setValue(40)
    place = pane.text.token_rects(20)[0]
    seen = len(session.tokens)
    qtbot.waitUntil(lambda: len(session.tokens) > seen + 10)
    assert session.generating
    assert bar.value() == 40
    assert pane.text.token_rects(20)[0] == place
    bar.setValue(bar.maximum())
    pane.details.show_card(first + 1)
    assert pane.card.isVisible()
    assert any(row.drawn for row in pane.card.card.rows)
    session.select(first)
    seen = len(session.tokens)
    qtbot.waitUntil(lambda: len(session.tokens) > seen + 3)
    assert session.selection.token == first
    session.writing.stop()
    qtbot.waitUntil(lambda: session.tokens.pending is None and session.next_token is not None)


def test_typed_tokens_are_scored_by_the_model(app, pane, qtbot):
    session = app.session
    qtbot.waitUntil(lambda: not np.isnan(pane.coloring.numbers.probability[1:]).any())
    ids = session.tokens.ids.tolist()
    shares = torch.softmax(their_logits(ids), 1)
    for position in range(1, len(ids)):
        assert pane.coloring.numbers.probability[position] == pytest.approx(
            float(shares[position - 1, ids[position]]), abs=1e-5
        )
        better = int((shares[position - 1] > shares[position - 1, ids[position]]).sum())
        assert pane.coloring.numbers.rank[position] == better
    assert np.isnan(pane.coloring.numbers.probability[0])
    pane.details.show_card(2)
    assert "typed by hand · the model gave it" in pane.card.card.facts


def test_a_token_is_scored_once_whatever_else_changes_meanwhile(app, pane, qtbot):
    session = app.session
    qtbot.waitUntil(lambda: not np.isnan(pane.coloring.numbers.probability[1:]).any())
    asked = []
    session.asked.connect(lambda request: asked.append(request) if isinstance(request, Score) else None)
    session.edit_text(PROMPT + " there was a cat")
    pane.coloring.changed.emit()  # the pane is drawn anew before there is an answer
    qtbot.waitUntil(lambda: settled(session))
    pane.coloring.changed.emit()
    qtbot.waitUntil(lambda: not np.isnan(pane.coloring.numbers.probability[1:]).any())
    positions = [position for request in asked for position in request.positions.tolist()]
    assert len(set(positions)) == len(positions) > 3


def test_a_stretch_shows_its_perplexity(app, pane, qtbot):
    session = app.session
    write(session, qtbot, 6)
    qtbot.waitUntil(lambda: not np.isnan(pane.coloring.numbers.probability[1:]).any())
    view = pane.text.viewport()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=center(qtbot, pane, 2))
    qtbot.mouseMove(view, center(qtbot, pane, 3))
    qtbot.mouseMove(view, center(qtbot, pane, 6))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=center(qtbot, pane, 6))
    assert pane.text.stretch == (2, 7)
    ids = session.tokens.ids.tolist()
    losses = torch.log_softmax(their_logits(ids), 1)[torch.arange(1, 6), torch.tensor(ids[2:7])]
    said = float(pane.info.text().split()[1].replace(",", ""))
    assert said == pytest.approx(float(torch.exp(-losses.mean())), rel=0.01)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=center(qtbot, pane, 1))
    assert pane.text.stretch is None
    assert pane.info.text() == ""


def test_colours_follow_the_numbers_and_typed_tokens_stay_plain(app, pane, qtbot):
    session = app.session
    count = len(session.tokens)
    write(session, qtbot, 8)
    qtbot.waitUntil(lambda: len(pane.coloring.numbers) == len(session.tokens))
    for mode, title in (("probability", "probability"), ("rank", "rank"), ("entropy", "entropy")):
        next(action for action in pane.color_button.menu().actions() if action.data() == mode).trigger()
        marks = pane.text.marks
        assert marks.typed[:count].all()
        assert not marks.typed[count:].any()
        assert (marks.classes[count:] >= 0).all()
        assert title in pane.legend.accessibleDescription()
        for index, step in enumerate(session.tokens.steps[count:], start=count):
            if mode == "rank":
                assert marks.classes[index] == np.searchsorted([9, 99, 999], step.rank)
    pane.color_button.menu().actions()[3].trigger()
    assert (pane.text.marks.classes == -1).all()


def test_what_the_model_no_longer_sees_is_counted_and_grey(app, pane, qtbot):
    session = app.session
    session.edit_text("cat " * 70)
    qtbot.waitUntil(lambda: settled(session), timeout=20_000)
    qtbot.waitUntil(lambda: pane.text.marks.seen_from == session.next_token.seen_from)
    unseen = session.next_token.seen_from
    assert unseen > 0
    assert pane.bar.meter.text == f"{len(session.tokens) - unseen} / 48 · {unseen} out of sight"
    session.select(9)
    qtbot.waitUntil(lambda: pane.bar.meter.text == "10 / 48")
    session.select(None)


def test_the_chart_is_linked_to_the_text(app, pane, qtbot):
    write(app.session, qtbot, 6)
    pane.coloring._chart_action.trigger()
    qtbot.waitUntil(pane.chart.isVisible)
    area = pane.chart._area()
    token = 4
    x = area.left() + (token + 0.5) * area.width() / len(app.session.tokens)
    with qtbot.waitSignal(app.session.selection_changed):
        qtbot.mouseClick(pane.chart, Qt.MouseButton.LeftButton, pos=QPoint(round(x), 30))
    assert app.session.selection.token == token
    assert pane.chart.height_of(np.array([1.0, 0.01, 1e-9])) == pytest.approx([1, 0.5, 0])


# Choosing


def test_a_candidate_of_the_card_makes_a_branch_and_undo_takes_it_back(app, pane, qtbot):
    session = app.session
    write(session, qtbot, 6)
    document, token = session.document, len(session.tokens) - 4
    step = session.tokens.steps[token]
    rank = 0 if step.rank != 0 else 1
    center(qtbot, pane, token)  # it is drawn
    session.select(token)
    pane.text.setFocus()
    qtbot.keyClick(pane.text, Qt.Key.Key_Return)
    assert pane.card.isVisible()
    pane.card._row = rank
    qtbot.keyClick(pane.card, Qt.Key.Key_Return)
    assert not pane.card.isVisible()
    assert session.tokens.ids[token] == step.top_ids[rank]
    assert session.tokens.steps[token].uniform is None
    assert len(session.tokens) == token + 1
    assert len(session.document.branches) == 2
    qtbot.waitUntil(lambda: len(pane.side.tree._nodes) == 3)
    qtbot.keyClick(pane.side.tree, Qt.Key.Key_Left)
    assert session.document.branch.ids == document.branch.ids
    pane.side.renamed.emit(0, "kept")
    assert session.document.branches[0].name == "kept"
    qtbot.keyClick(pane.side.tree, Qt.Key.Key_Delete)
    assert len(session.document.branches) == 1
    session.undo()
    assert [branch.name for branch in session.document.branches] == ["kept", ""]
    qtbot.waitUntil(lambda: settled(session))


def test_the_dice_show_the_selected_draw_and_a_click_takes_another_token(app, pane, qtbot):
    session = app.session
    pane.side.open_page(1)
    write(session, qtbot, 5)
    last = session.tokens.steps[-1]
    qtbot.waitUntil(lambda: pane.side.dice.bar._uniform == last.uniform)
    token = len(session.tokens) - 3
    session.select(token)
    step = session.tokens.steps[token]
    assert pane.side.dice.bar._uniform == step.uniform
    assert session.vocabulary.labels[step.token_id] in pane.side.dice._title.text()
    entry = 0 if step.rank else 1
    pane.side.dice.bar.chosen.emit(entry)
    assert session.tokens.ids[token] == step.top_ids[entry]
    qtbot.waitUntil(lambda: settled(session))


# Editing by hand


def test_editing_what_the_model_wrote_branches_and_the_new_tokens_are_typed_and_scored(app, pane, qtbot):
    session = app.session
    session.set_sampling(SamplingSettings(temperature=0))
    write(session, qtbot, 8)
    written, count = session.document.branch, len(PROMPT)
    qtbot.waitUntil(lambda: pane.text.text == session.text)
    pane.text.setFocus()
    pane.edit_button.click()
    assert pane.text.editing
    pane.text._select(pane.text._cursor.moved(count + 1))
    qtbot.keyClicks(pane.text, " cat sat")
    qtbot.waitUntil(lambda: settled(session))
    assert session.text.startswith(written_text(session, written)[: count + 1] + " cat sat")
    assert written in session.document.branches
    assert len(session.document.branches) == 2  # one a change of mind, not one a letter
    typed = [index for index, step in enumerate(session.tokens.steps) if step is None]
    qtbot.waitUntil(lambda: not np.isnan(pane.coloring.numbers.probability[1:]).any())
    ids = session.tokens.ids.tolist()
    shares = torch.softmax(their_logits(ids), 1)
    assert pane.text.marks.typed[typed].all()
    for index in typed[1:]:
        assert pane.coloring.numbers.probability[index] == pytest.approx(
            float(shares[index - 1, ids[index]]), abs=1e-5
        )
    # Undo goes word by word, and the keys of the text are the text's.
    qtbot.keyClick(pane.text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: settled(session) and " cat sat" not in session.text)
    while session.text != written_text(session, written):
        qtbot.keyClick(pane.text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: settled(session))
    assert session.document.branch.steps == written.steps
    # When the model writes, Space is no letter.
    qtbot.waitUntil(pane.bar.step.isEnabled)
    before = len(session.tokens)
    pane.bar.step.click()
    qtbot.waitUntil(lambda: settled(session) and len(session.tokens) > before)
    assert not pane.text.editing
    assert not pane.edit_button.isChecked()


def written_text(session, branch) -> str:
    return session.vocabulary.text(branch.ids)


def test_deleting_everything_by_hand_leaves_a_place_to_type(app, pane, qtbot):
    pane.text.setFocus()
    qtbot.keyClick(pane.text, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(pane.text, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: app.session.text == "")
    assert not pane.is_empty
    qtbot.keyClicks(pane.text, "A dog")
    assert app.session.text == "A dog"
    qtbot.waitUntil(lambda: settled(app.session))


# Chat


def test_a_system_prompt_that_would_become_a_turn_is_refused_and_nothing_is_lost(app, pane, qtbot):
    session = app.session
    session.set_sampling(SamplingSettings(temperature=0))
    pane.side.seed.length.setValue(2)
    pane._modes.button(1).click()
    pane.chat.prompt.setPlainText("A talk.")
    qtbot.keyClicks(pane.chat.entry, "Hello")
    qtbot.keyClick(pane.chat.entry, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: settled(session) and len(session.text) > len("A talk.\n\nUser: Hello"))
    before = session.text
    wrong = "A talk.\nUser: rude\nAI Assistant: kind"
    pane.chat.prompt.setPlainText(wrong)
    qtbot.waitUntil(lambda: "begins with “User:”" in pane.chat.why.text())
    qtbot.keyClicks(pane.chat.entry, "And now?")
    qtbot.keyClick(pane.chat.entry, Qt.Key.Key_Return)
    assert session.text == before
    assert (pane.chat.entry.text(), pane.chat.prompt.toPlainText()) == ("And now?", wrong)
    pane.chat.prompt.setPlainText("A talk in which User: is no turn.")
    qtbot.waitUntil(lambda: session.text.startswith("A talk in which User: is no turn.\n\nUser: Hello"))
    assert "base model" in pane.chat.why.text()
    qtbot.waitUntil(lambda: settled(session))


def test_a_chat_is_one_text_that_the_model_continues(app, pane, qtbot):
    session = app.session
    pane._modes.button(1).click()
    pane.chat.prompt.setPlainText("A talk.")
    session.set_sampling(SamplingSettings(temperature=0))
    session.writing.set_pace(0.1)
    qtbot.keyClicks(pane.chat.entry, "Who are you?")
    qtbot.keyClick(pane.chat.entry, Qt.Key.Key_Return)
    start = "A talk.\n\nUser: Who are you?\nAI Assistant:"
    qtbot.waitUntil(lambda: session.generating and len(session.text) > len(start))
    session.writing.stop()
    qtbot.waitUntil(lambda: settled(session))
    assert session.text.startswith(start)
    pane._show_now()
    assert [turn.who for turn in chat.turns(session.text)][:2] == [chat.USER, chat.ASSISTANT]
    assert len(pane.text.marks.headings) >= 2
    pane.chat.plain.click()
    assert pane.text.marks.headings == ()
    assert "base model" in pane.chat.why.text()


# Around


def test_an_empty_text_offers_an_example(app, pane, qtbot):
    app.session.edit_text("")
    qtbot.waitUntil(lambda: pane.is_empty)
    pane._empty._example.click()
    qtbot.waitUntil(lambda: not pane.is_empty)
    assert app.session.text.startswith("Once upon a time")
    qtbot.waitUntil(lambda: settled(app.session))


def test_the_draws_are_a_table(app, pane, qtbot, tmp_path):
    assert pane.tables() == []
    write(app.session, qtbot, 5)
    pane.save_text(tmp_path / "text.txt")
    raw = (tmp_path / "text.txt").read_bytes()
    assert raw == app.session.text.encode("utf-8", "surrogateescape")
    pane.save_markdown(tmp_path / "text.md")
    lines = (tmp_path / "text.md").read_text().splitlines()
    assert lines[0].startswith("# Written with ")
    drawn = [step for step in app.session.tokens.steps if step is not None]
    assert [line.split(" | ")[5] for line in lines[-len(drawn) :]] == [f"{s.uniform:.4g}" for s in drawn]
    pane.save_csv(tmp_path / "steps.csv")
    with (tmp_path / "steps.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        step = app.session.tokens.steps[int(row["position"])]
        assert int(row["id"]) == step.token_id
        assert float(row["uniform"]) == step.uniform
        assert int(row["rank"]) == step.rank + 1
        assert float(row["drawn"]) == step.drawn
    assert len(rows) == sum(step is not None for step in app.session.tokens.steps)
