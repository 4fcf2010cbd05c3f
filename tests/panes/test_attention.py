"""The Attention pane on a real model, with the mouse and the keyboard."""

import csv
import json
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from safetensors.numpy import load_file

from tiny_models import random_network
from vectarium.attention.head_captions import SINK
from vectarium.attention.head_measures import MEASURES, in_words
from vectarium.attention.head_numbers import MASKED, RAW, SCALED, SOFTMAX
from vectarium.drawing.heads.head_panel import MATRIX
from vectarium.messages_attention import HeadRead, HeadsRead, ReadHeads, Treatment
from vectarium.panes import attention_head
from vectarium.panes.attention import AttentionPane
from vectarium.panes.attention_head import BY_HAND, LINES, MOVES
from vectarium.words import by_words
from vectarium.workers import attention as worker_attention

PROMPT = "The cat sat on the mat; the cat sat"


@pytest.fixture
def app(start_app):
    app = start_app(prompt=PROMPT)
    app.window.open_workspace("Attention")
    return app


@pytest.fixture
def pane(app, qtbot) -> AttentionPane:
    pane = app.panes["attention"]
    wait_for(pane, qtbot)
    return pane


def wait_for(pane, qtbot):
    """Until every head of the text on screen is read and the large one is shown."""

    def known():
        reading, tokens = pane.reading, pane._session.tokens
        head, heads = reading.head, reading.heads
        return (
            heads is not None
            and heads.ready == 3
            and np.array_equal(heads.seen.ids, tokens.ids)
            and head is not None
            and np.array_equal(head.seen.ids, tokens.ids)
            and pane.head.matrix is not None
            and not pane._repaint_grid.isActive()
            and not pane._repaint_head.isActive()
        )

    qtbot.waitUntil(known, timeout=20_000)


def true_patterns(ids):
    """[layer, head, query, key] as transformers makes them."""
    with torch.inference_mode():
        output = random_network()(torch.tensor(ids[None].astype(np.int64)), output_attentions=True)
    return np.stack([layer[0].numpy() for layer in output.attentions])


def test_the_grid_shows_true_patterns(app, pane):
    expected = true_patterns(app.session.tokens.ids)
    assert np.allclose(pane.reading.heads.cells, expected, rtol=0, atol=1e-5)
    assert np.allclose(pane.head.matrix.values, expected[0, 0], rtol=0, atol=1e-5)
    assert pane.info.text() == f"3 × 4 heads · {len(app.session.tokens)} tokens"


def test_it_follows_the_text(app, pane, qtbot):
    app.session.edit_text(PROMPT + " on")
    wait_for(pane, qtbot)
    expected = true_patterns(app.session.tokens.ids)
    assert np.allclose(pane.reading.heads.cells, expected, rtol=0, atol=1e-5)
    assert pane.head.matrix.labels == tuple(
        app.session.vocabulary.labels[token] for token in app.session.tokens.ids
    )


def test_a_click_selects_a_head_everywhere(app, pane, qtbot):
    expected = true_patterns(app.session.tokens.ids)
    with qtbot.waitSignal(app.session.selection_changed):
        qtbot.mouseClick(
            pane.grid.viewport(), Qt.MouseButton.LeftButton, pos=pane.grid.place_of((2, 3)).center()
        )
    assert (app.session.selection.layer, app.session.selection.head) == (2, 3)
    qtbot.waitUntil(lambda: pane.panel.name.text() == "Layer 2 · head 3")
    assert np.allclose(pane.head.matrix.values, expected[2, 3], rtol=0, atol=1e-5)
    assert pane.panel.does.text().startswith(in_words(pane.reading.heads.measures[:, 2, 3]))


def test_arrow_keys_walk_the_heads(app, pane, qtbot):
    pane.grid.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(pane.grid, key)
    assert (app.session.selection.layer, app.session.selection.head) == (0, 2)


def test_shift_and_click_shows_heads_together(app, pane, qtbot):
    expected = true_patterns(app.session.tokens.ids)
    for head in ((1, 1), (2, 0)):
        qtbot.mouseClick(
            pane.grid.viewport(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.ShiftModifier,
            pane.grid.place_of(head).center(),
        )
    qtbot.waitUntil(lambda: pane.panel.name.text() == "Mean of 3 heads")
    mean = (expected[0, 0] + expected[1, 1] + expected[2, 0]) / 3
    assert np.allclose(pane.head.matrix.values, mean, rtol=0, atol=1e-5)
    pane.switches.maximum.trigger()
    qtbot.waitUntil(lambda: pane.panel.name.text() == "Maximum of 3 heads")
    most = np.maximum(np.maximum(expected[0, 0], expected[1, 1]), expected[2, 0])
    assert np.allclose(pane.head.matrix.values, most, rtol=0, atol=1e-5)
    qtbot.mouseClick(pane.grid.viewport(), Qt.MouseButton.LeftButton, pos=pane.grid.place_of((0, 0)).center())
    qtbot.waitUntil(lambda: pane.panel.name.text() == "Layer 0 · head 0")


def test_the_stages_show_scores(app, pane, qtbot):
    head: HeadRead = pane.reading.head
    pane.panel._stages.button(RAW).click()
    assert np.allclose(pane.head.matrix.values, head.queries @ head.keys.T, rtol=1e-4, atol=1e-4)
    pane.panel._stages.button(SCALED).click()
    assert np.allclose(pane.head.matrix.values, head.queries @ head.keys.T / np.sqrt(8), rtol=1e-4, atol=1e-4)
    pane.panel._stages.button(MASKED).click()
    later = ~np.tri(len(head.keys), dtype=bool)
    assert np.all(pane.head.matrix.values[later] == -np.inf)
    assert np.all(np.isfinite(pane.head.matrix.values[~later]))
    pane.panel._stages.button(SOFTMAX).click()
    assert np.allclose(pane.head.matrix.values.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("convention", ["video", "paper"])
def test_a_cell_lights_up_its_token_and_spells_its_arithmetic_out(app, pane, qtbot, convention):
    pane.switches.set_convention(convention)
    matrix, query, key = pane.panel.matrix, 6, 2
    app.window.resize(1600, 1000)
    qtbot.waitUntil(lambda: matrix.width() > 300)
    with qtbot.waitSignal(app.session.hover_changed):
        qtbot.mouseMove(matrix, matrix.place_of(query, key).center().toPoint())
    assert app.session.hover == key
    assert app.session.link == (query, key)
    assert app.strip.editor._link == app.panes["writing"].text.link == (query, key)
    weight = true_patterns(app.session.tokens.ids)[0, 0, query, key]
    assert f"({100 * weight:.1f} %)" in pane.panel.arithmetic.text
    assert ("column’s" if convention == "video" else "row’s") in pane.panel.arithmetic.text
    assert pane.panel.note.text().startswith(convention.capitalize())


def test_the_convention_is_remembered(app, pane):
    pane.switches.set_convention("paper")
    app._save_settings()
    assert '"convention": "paper"' in app.places.settings.read_text()


def test_what_measures_say_is_said_when_they_come(app, pane, qtbot, monkeypatch):
    monkeypatch.setattr(attention_head, "SINK_FROM", 0.0)
    app.session.edit_text("The head of another text comes first")
    wait_for(pane, qtbot)
    said = pane.panel._note, pane.panel.does.text()
    assert SINK in said[0]
    pane.head.show_all()
    assert (pane.panel._note, pane.panel.does.text()) == said


def test_without_the_sink(app, pane, qtbot):
    pane.switches.sink.trigger()
    qtbot.waitUntil(lambda: pane.reading.heads.treatment.hide_sink)
    wait_for(pane, qtbot)
    assert "hidden" in pane.heads.note.text()
    assert "hidden" in pane.panel._note
    assert "on the first token hidden" in pane.panel.does.text()
    rest = pane.reading.heads.cells[..., 1:, 1:].astype(np.float64)
    previous = np.diagonal(rest, offset=-1, axis1=2, axis2=3).mean(axis=-1)
    assert np.allclose(pane.reading.heads.measures[0], previous, rtol=0, atol=1e-5)
    for shown in (pane.head.matrix.values, pane.reading.heads.cells[1, 2]):
        assert np.all(shown[:, 0] == 0)
        assert np.allclose(shown[1:].sum(axis=1), 1, atol=1e-5)


def test_the_steps_are_played_and_end_at_the_weights(app, pane, qtbot):
    stages = []
    pane.panel.stage_changed.connect(stages.append)
    pane.panel._playing.setInterval(1)
    pane.panel._play_button.click()
    qtbot.waitUntil(lambda: not pane.panel._playing.isActive())
    assert stages == [RAW, SCALED, MASKED, SOFTMAX]
    pane.panel._playing.setInterval(60_000)
    pane.panel._play_button.click()
    pane.panel._stages.button(MASKED).click()
    assert not pane.panel._playing.isActive()
    assert pane.panel.stage == MASKED
    pane.panel._play_button.click()
    app.session.edit_text("Once upon a time")  # in the middle of it
    wait_for(pane, qtbot)
    pane.panel._next_stage()
    assert np.allclose(pane.head.matrix.values, pane.reading.head.raw * pane.reading.head.scaling)
    assert len(pane.head.matrix.labels) == len(app.session.tokens)
    pane.panel.set_stage(SOFTMAX)
    pane.panel._next_stage()
    assert not pane.panel._playing.isActive()


def test_sorted_heads_have_their_numbers(app, pane, qtbot):
    pane.switches.sort_by(0)
    values = pane.reading.heads.measures[0]
    order = pane.grid._shown.order
    assert [values[head] for head in order] == sorted(values.ravel(), reverse=True)
    limit = MEASURES[0].limits()[1]
    pane.switches.filter_by(limit)
    assert pane.grid._shown.order == tuple(head for head in order if values[head] >= 0.25)
    assert f"of 12 heads have {limit.text}" in pane.heads.note.text()
    pane.switches.filter_by(MEASURES[0].limits()[-1])
    assert pane.grid._shown.order == tuple(head for head in order[::-1] if values[head] <= 0.75)
    pane.switches.filter_by(None)
    assert pane.grid._shown.order == order
    assert pane.grid._shown.number(order[0]) == f"{100 * values.max():.0f} %"
    first = pane.grid.place_of(order[0]).center()
    qtbot.mouseClick(pane.grid.viewport(), Qt.MouseButton.LeftButton, pos=first)
    assert (app.session.selection.layer, app.session.selection.head) == order[0]


def test_words_are_one_switch_for_every_view(app, pane, qtbot):
    tokens = true_patterns(app.session.tokens.ids)
    qtbot.mouseClick(app.strip.words, Qt.MouseButton.LeftButton)
    assert app.session.words
    assert pane.switches.words.isChecked()
    assert app.window.actions_by_name["set_words"].isChecked()
    qtbot.waitUntil(lambda: pane.reading.heads.treatment.words)
    wait_for(pane, qtbot)
    starts = app.session.vocabulary.word_starts(app.session.tokens.ids)
    assert np.allclose(pane.reading.heads.cells, by_words(tokens, starts), rtol=0, atol=1e-5)
    assert "words" in pane.heads.note.text()
    assert app.strip.editor._boxes.labels == pane.head.matrix.labels
    pane.grid.added.emit(1, 1)
    pane.switches.maximum.trigger()
    qtbot.waitUntil(lambda: pane.panel.name.text() == "Maximum of 2 heads")
    most = np.maximum(by_words(tokens[0, 0], starts), by_words(tokens[1, 1], starts))
    assert np.allclose(pane.head.matrix.values, most, rtol=0, atol=1e-5)
    app._save_settings()
    assert '"words": true' in app.places.settings.read_text()
    pane.switches.words.trigger()
    qtbot.waitUntil(lambda: not pane.reading.heads.treatment.words)
    assert not app.strip.words.isChecked()
    assert len(app.strip.editor._boxes) == len(app.session.tokens)


def test_words_sum_their_tokens(app, pane, qtbot):
    tokens = true_patterns(app.session.tokens.ids)[0, 0]
    pane.switches.words.trigger()
    labels = pane.head.matrix.labels
    assert "".join(labels) == PROMPT.replace(" ", "␣")
    assert labels[:4] == ("The", "␣cat", "␣sat", "␣on")
    assert np.allclose(pane.head.matrix.values.sum(axis=1), 1, atol=1e-5)
    starts = pane.head._starts
    second = tokens[starts[1] : starts[2]].mean(axis=0)
    assert np.allclose(pane.head.matrix.values[1, 0], second[: starts[1]].sum(), atol=1e-5)
    assert not pane.panel._stages.button(RAW).isEnabled()


def test_what_moves(app, pane, qtbot):
    pane.panel._views.button(MOVES - 1).click()
    qtbot.waitUntil(lambda: pane.head.moves.lines() != [])
    found = pane.reading.moves
    assert found.position == len(app.session.tokens) - 1
    assert found.sum_error < 1e-4
    assert f"{found.change:.3f}" in pane.head.moves.lines()[1]
    app.session.select(3)
    qtbot.waitUntil(lambda: pane.reading.moves.position == 3)
    assert len(pane.reading.moves.weights) == 4


def test_views_of_one_head_stay_with_it_when_several_are_chosen(app, pane, qtbot):
    app.session.select_head(2, 1)
    pane.grid.added.emit(1, 1)
    qtbot.waitUntil(lambda: pane.panel.name.text() == "Mean of 2 heads")
    pane.switches.sink.trigger()
    pane.panel._views.button(MOVES - 1).click()
    qtbot.waitUntil(lambda: pane.head.moves.lines() != [])
    assert pane.panel.name.text() == "Layer 2 · head 1"
    assert "every token counts" in pane.panel._note
    found = pane.reading.moves
    assert np.allclose(found.weights, true_patterns(app.session.tokens.ids)[2, 1, -1], rtol=0, atol=1e-5)
    pane.panel._views.button(BY_HAND - 1).click()
    qtbot.waitUntil(lambda: "Layer 2 · head 1 by hand" in pane.head.sheet.text)
    pane.panel.set_stage(SOFTMAX)
    qtbot.waitUntil(lambda: pane.panel.name.text() == "Mean of 2 heads · first token hidden")


def test_lines(app, pane, qtbot):
    pane.panel._views.button(LINES - 1).click()
    sheet = pane.head.lines.sheet
    pattern = true_patterns(app.session.tokens.ids)[0, 0]
    qtbot.waitUntil(lambda: sheet.isVisible() and sheet.width() > 100)
    assert len(sheet.shown()) == int((pattern >= 0.02).sum())
    qtbot.mouseMove(sheet, sheet.place_of("query", 4).center().toPoint())
    assert {query for query, _, _ in sheet.shown()} == {4}
    assert app.session.hover == 4
    qtbot.mouseClick(sheet, Qt.MouseButton.LeftButton, pos=sheet.place_of("key", 1).center().toPoint())
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    pane.panel._views.button(LINES - 1).click()
    assert pane.panel.view == MATRIX


def test_lines_of_several_heads_are_told_apart(app, pane, qtbot):
    expected = true_patterns(app.session.tokens.ids)
    pane.panel._views.button(LINES - 1).click()
    pane.grid.added.emit(1, 1)
    sheet = pane.head.lines.sheet
    qtbot.waitUntil(lambda: [name for name, _ in sheet.swatches()] == ["0·0", "1·1"])
    mean = expected[[0, 1], [0, 1]].mean(axis=0)
    assert len(sheet.shown()) == int((mean >= 0.02).sum())
    swatch = sheet.swatches()[1][1].center().toPoint()
    qtbot.mouseDClick(sheet, Qt.MouseButton.LeftButton, pos=swatch)
    assert len(sheet.shown()) == int((expected[1, 1] >= 0.02).sum())
    sheet.grab()
    qtbot.mouseDClick(sheet, Qt.MouseButton.LeftButton, pos=swatch)
    assert len(sheet.shown()) == int((mean >= 0.02).sum())


def test_by_hand(app, pane, qtbot, tmp_path):
    pane.panel._views.button(BY_HAND - 1).click()
    qtbot.waitUntil(lambda: "softmax" in pane.head.sheet.text)
    pane.head.sheet.save_csv(tmp_path / "sheet.csv")
    with (tmp_path / "sheet.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    weights = [float(row["value"]) for row in rows if row["step"] == "8" and row["value"]]
    expected = true_patterns(app.session.tokens.ids)[0, 0][:6, :6].T
    assert np.allclose(weights, expected[np.triu(np.ones((6, 6), bool))], atol=1e-5)
    pane.head.sheet.save_pdf(tmp_path / "sheet.pdf")
    pane.head.sheet.save_html(tmp_path / "sheet.html")
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")
    assert "to fill in" in (tmp_path / "sheet.html").read_text(encoding="utf-8")


def test_rows_are_appended_while_the_model_writes(app, pane, qtbot):
    asked = []
    app.session.asked.connect(asked.append)
    app.session.generate(12)
    qtbot.waitUntil(lambda: not app.session.generating, timeout=30_000)
    wait_for(pane, qtbot)
    expected = true_patterns(app.session.tokens.ids)
    assert np.allclose(pane.reading.heads.cells, expected, rtol=0, atol=1e-5)
    assert np.allclose(pane.head.matrix.values, expected[0, 0], rtol=0, atol=1e-5)


def test_an_empty_text_teaches(app, pane, qtbot):
    app.session.edit_text("")
    qtbot.waitUntil(lambda: pane.is_empty)
    pane._empty._example.click()
    qtbot.waitUntil(lambda: not pane.is_empty)
    wait_for(pane, qtbot)


def test_a_hidden_pane_asks_for_nothing(start_app, qtbot):
    app = start_app(prompt=PROMPT)
    app.window.open_workspace("Write")
    qtbot.waitUntil(lambda: not app.panes["attention"].isVisible())
    asked = []
    app.session.asked.connect(asked.append)
    app.session.edit_text(PROMPT + " on the mat")
    qtbot.waitUntil(lambda: app.session.can_sample and app.session.text.endswith("mat"))
    assert not [request for request in asked if isinstance(request, ReadHeads)]
    app.window.open_workspace("Attention")
    wait_for(app.panes["attention"], qtbot)


def test_an_answer_about_another_text_is_kept_with_its_own_labels(app, pane, qtbot):
    """What a slow model says of a text that has changed by then."""
    heads, head = pane.reading.heads, pane.reading.head
    late = HeadsRead(0, heads.seen, False, 1, heads.cells[1:], 1, heads.measures[:, 1:], True)
    app.session.edit_text("Once upon a time")
    wait_for(pane, qtbot)
    labels = pane.head.matrix.labels
    before = pane.reading.heads.cells.copy()
    app.session.take(late)  # stale by its number
    app.session.take(head)
    pane.reading._answered(late)  # and by its tokens
    assert np.array_equal(pane.reading.heads.cells, before)
    assert pane.head.matrix.labels == labels
    assert len(labels) == len(pane.head.matrix.values)


def test_an_export_writes_the_patterns(app, pane, qtbot, tmp_path):
    app.session.select_head(1, 2)
    assert not pane.settled
    folder = tmp_path / "files"
    exporting = app.export(folder)
    problems = []
    exporting.done.connect(problems.append)
    qtbot.waitUntil(lambda: bool(problems), timeout=30_000)
    assert problems == [""]
    tensors = load_file(folder / "attention.safetensors")
    expected = true_patterns(app.session.tokens.ids)
    assert np.allclose(tensors["pattern"], expected[1, 2], rtol=0, atol=1e-5)
    assert np.allclose(tensors["thumbnails"], expected, rtol=0, atol=1e-5)
    records = json.loads((folder / "attention.json").read_text(encoding="utf-8"))
    assert records["pattern"][4]["value"] == pytest.approx(expected[1, 2, 2, 1], abs=1e-5)
    assert len(records["heads"]) == 12
    with (folder / "attention-heads.csv").open(newline="", encoding="utf-8") as file:
        heads = list(csv.DictReader(file))
    assert len(heads) == 12
    assert float(heads[6]["previous token"]) == pytest.approx(pane.reading.heads.measures[0, 1, 2])
    for name in ("attention-grid", "attention-head", "attention-lines"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (folder / f"{name}.svg").read_text()[:400]


def test_tensors_hold_the_pattern_as_it_is_on_screen(app, pane, qtbot, tmp_path):
    pane.switches.sink.trigger()
    app.session.set_words(True)
    qtbot.waitUntil(lambda: pane.reading.heads.treatment == Treatment(True, True))
    wait_for(pane, qtbot)
    pane._saving.saver(pane.look, "attention.safetensors")(tmp_path / "patterns.safetensors")
    tensors = load_file(tmp_path / "patterns.safetensors")
    shown = true_patterns(app.session.tokens.ids)[0, 0]
    shown[:, 0] = 0
    shown[1:] /= shown[1:].sum(axis=1, keepdims=True)
    words = by_words(shown, app.session.vocabulary.word_starts(app.session.tokens.ids))
    assert np.allclose(tensors["pattern"], words, rtol=0, atol=1e-5)
    assert np.allclose(tensors["thumbnails"][0, 0], words, rtol=0, atol=1e-5)
    assert len(tensors["raw"]) == len(app.session.tokens)


def test_files_hold_what_is_shown(app, pane, tmp_path):
    pane.save_csv(tmp_path / "pattern.csv")
    with (tmp_path / "pattern.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    count = len(app.session.tokens)
    assert len(rows) == count * (count + 1) // 2
    expected = true_patterns(app.session.tokens.ids)[0, 0]
    for row in rows[::7]:
        assert float(row["value"]) == pytest.approx(expected[int(row["query"]), int(row["key"])], abs=1e-5)
    pane.save_picture(tmp_path / "pane.svg")
    pane.save_picture(tmp_path / "pane.png")
    assert (tmp_path / "pane.png").read_bytes().startswith(b"\x89PNG")


def test_a_slow_model_never_puts_numbers_under_other_labels(app, pane, qtbot, monkeypatch):
    """Text and head change while the model is still at work on the old ones."""
    slow, free, pictures = threading.Event(), threading.Event(), []
    read_head, show_matrix = worker_attention.read_head, pane.panel.matrix.show_matrix

    def held_up(*arguments):
        slow.set()
        free.wait(10)
        return read_head(*arguments)

    def watched(matrix):
        pictures.append((matrix, pane.reading.head))
        show_matrix(matrix)

    monkeypatch.setattr(worker_attention, "read_head", held_up)
    monkeypatch.setattr(pane.panel.matrix, "show_matrix", watched)
    app.session.select_head(2, 1)
    qtbot.waitUntil(slow.is_set)
    app.session.edit_text("Once upon a time there was a cat")
    app.session.select_head(1, 3)
    pane.panel.set_stage(RAW)
    pane.panel.set_stage(SOFTMAX)
    free.set()
    wait_for(pane, qtbot)
    qtbot.waitUntil(lambda: pane.panel.name.text() == "Layer 1 · head 3")
    assert len(pictures) >= 3
    for matrix, head in pictures:
        labels = tuple(app.session.vocabulary.labels[token] for token in head.seen.tokens)
        assert matrix.labels == labels
        if matrix.weights:
            expected = true_patterns(head.seen.tokens)[head.layer, head.head]
            assert np.allclose(matrix.values, expected, rtol=0, atol=1e-5)
    last = pictures[-1][1]
    assert (last.layer, last.head) == (1, 3)
    assert np.array_equal(last.seen.ids, app.session.tokens.ids)


def test_another_model_in_the_middle_of_an_animation(app, pane, qtbot, monkeypatch):
    """What was still asked of the old model is answered by the new one, about tokens that are not its own."""
    pictures = []
    show_matrix = pane.panel.matrix.show_matrix

    def watched(matrix):
        session, current = app.session, pane.head.current
        if matrix is not None and session.model.layers == 6:
            pictures.append((matrix.labels, current.seen.ids, session.tokens.ids, session.vocabulary))
        show_matrix(matrix)

    monkeypatch.setattr(pane.panel.matrix, "show_matrix", watched)
    pane.panel._playing.setInterval(1)
    app.session.load_model("bundled", "cpu")
    app.session.select_head(2, 1)
    pane.grid.added.emit(1, 1)
    pane.panel.play()
    qtbot.waitUntil(lambda: app.session.model.layers == 6, timeout=60_000)
    qtbot.waitUntil(lambda: len(pictures) > 0 and pane.settled and not pane.is_empty, timeout=30_000)
    for labels, seen, on_screen, vocabulary in pictures:
        assert np.array_equal(seen, on_screen)
        assert labels == tuple(vocabulary.labels[token] for token in seen)


@pytest.mark.logs("ReadHead failed")
def test_a_failure_is_said_and_the_next_text_is_read(app, pane, qtbot, monkeypatch):
    read_head = worker_attention.read_head

    def broken(*arguments):
        raise ArithmeticError("nothing adds up")

    monkeypatch.setattr(worker_attention, "read_head", broken)
    app.session.select_head(2, 2)
    qtbot.waitUntil(lambda: pane.is_empty)
    assert "nothing adds up" in pane._empty._text.text()
    monkeypatch.setattr(worker_attention, "read_head", read_head)
    app.session.edit_text("Once upon a time")
    wait_for(pane, qtbot)
    assert not pane.is_empty
    assert pane.panel.name.text() == "Layer 2 · head 2"


def test_numbers_that_are_none_are_said(app, pane, qtbot):
    """Weights that break only at later positions: first the attention, then also the next token."""
    positions = app.workers.model._model.network.transformer.wpe.weight
    sound = positions.clone()
    positions[len(app.session.tokens) + 3 :] = torch.nan
    app.session.select(2)
    app.session.edit_text(PROMPT + " on the mat; the cat sat on the mat.")
    qtbot.waitUntil(lambda: pane.is_empty and "attention of layer 0 is not a number" in said(pane))
    assert app.session.next_token.position == 2
    app.session.select(None)
    qtbot.waitUntil(lambda: app.session.next_token is None)
    pane._heads_changed()
    assert pane.is_empty
    app.session.edit_text(PROMPT)
    wait_for(pane, qtbot)
    assert not pane.is_empty
    positions[:] = sound


def said(pane):
    return pane._empty._text.text()


def test_a_small_panel_has_room_for_the_picture(app, pane, qtbot):
    panel = pane.panel
    panel.setFixedSize(330, 240)
    qtbot.waitUntil(lambda: panel.height() == 240)
    assert not panel.arithmetic.isVisible()
    assert panel.name.text().startswith("Layer 0 · head 0")
    qtbot.mouseMove(panel.matrix, panel.matrix.place_of(5, 1).center().toPoint())
    qtbot.waitUntil(lambda: "weight" in panel.name.text() or "…" in panel.name.text())
    choices = {action.text(): action for action in panel._view_button.menu().actions()}
    choices["What moves"].trigger()
    assert panel.view == MOVES
    choices["÷ √d"].trigger()
    assert (panel.view, panel.stage) == (MATRIX, SCALED)
    choices["softmax"].trigger()
    assert (panel.view, panel.stage) == (MATRIX, SOFTMAX)
    panel.setFixedSize(900, 700)
    qtbot.waitUntil(lambda: panel.height() == 700)
    assert not panel._view_button.isVisible()
    assert panel.arithmetic.isVisible()
    assert panel.arithmetic.x() + panel._beside.x() > panel.matrix.geometry().right()


def test_an_unknown_head_on_the_command_line_is_said(start_app, monkeypatch):
    app = start_app(prompt=PROMPT)
    app.options = replace(app.options, head=(1, 2))
    app._select_first_head(app.session.model)
    assert (app.session.selection.layer, app.session.selection.head) == (1, 2)
    app.options = replace(app.options, head=(9, 2))
    said = []
    monkeypatch.setattr(app.window, "say", said.append)
    app._select_first_head(app.session.model)
    assert "no head 9.2" in said[0]


def test_a_cancel_is_no_end_of_reading(app, pane, qtbot):
    pane.reading.hide_sink = True
    pane.reading.ask()
    assert pane.reading.waiting
    app.session.cancel_all()
    assert pane.settled  # an export does not wait for what will not come
    assert not pane.reading.heads.treatment.hide_sink
    app.session.select(2)
    qtbot.waitUntil(lambda: pane.reading.heads.treatment.hide_sink and not pane.reading.waiting)
