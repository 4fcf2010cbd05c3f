"""The Multiverse pane in a running application on a real model, with the mouse and the keyboard."""

import csv

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt

from tiny_models import random_network
from vectarium import futures
from vectarium.messages_futures import FuturesRead, ReadFutures
from vectarium.panes.multiverse import MultiversePane
from vectarium.sampling import SamplingSettings, distribution

PROMPT = "Once upon a time"
SHARP = SamplingSettings(temperature=0.5)


@pytest.fixture
def app(start_app):
    app = start_app(prompt=PROMPT)
    app.session.set_sampling(SHARP)
    return app


@pytest.fixture
def pane(app, qtbot) -> MultiversePane:
    app.window.resize(1700, 1000)
    app.window.open_workspace("Futures")
    pane = app.panes["multiverse"]
    qtbot.waitUntil(lambda: complete(pane))
    return pane


def complete(pane) -> bool:
    """Whether the whole picture of the text on screen is there."""
    session, reading = pane._session, pane.reading
    ids = session.tokens.ids[: session.position + 1]
    there = session.can_sample and np.array_equal(reading.text, ids) and pane.settled
    return there and not futures.missing(reading.blocks, reading._known, reading.levels)


def asked(session) -> list:
    requests = []
    session.asked.connect(requests.append)
    return requests


def check_against_transformers(pane) -> None:
    """Every block on screen, by a forward pass of its own through transformers' network."""
    session, network = pane._session, random_network()
    text = pane.reading.text.tolist()
    known = {}
    for block in pane.reading.blocks:
        before = block.path if block.others else block.path[:-1]
        if before not in known:
            logits = network(torch.tensor([[*text, *before]])).logits[0, -1].numpy()
            known[before] = distribution(logits, session.sampling, [*text, *before])
        true = known[before]
        if block.others:
            assert block.others == true.kept_count - block.rank
            assert block.probability == pytest.approx(true.drawn[block.rank :].sum(), abs=1e-5)
        else:
            assert block.probability == pytest.approx(true.drawn[true.rank_of(block.path[-1])], abs=1e-5)


def test_every_block_is_what_transformers_says(app, pane):
    assert pane.blocks.isVisible()
    assert len(pane.reading.blocks) > 20
    check_against_transformers(pane)


def test_sliders_reshape_the_blocks_without_a_pass(app, pane, qtbot):
    requests, session = asked(app.session), app.session
    before = pane.reading.blocks
    session.set_sampling(SamplingSettings(temperature=0.3, top_k=5, top_p=0.95))
    assert pane.reading.blocks != before  # at once
    check_against_transformers(pane)
    qtbot.waitUntil(lambda: complete(pane))
    first = pane.reading.blocks
    assert not any(isinstance(request, ReadFutures) for request in requests)
    # A flatter distribution makes blocks that were never looked into: only these are asked for.
    session.set_sampling(SamplingSettings(temperature=0.8))
    known = {block.path[:-1] for block in (*before, *first) if not block.others}
    qtbot.waitUntil(lambda: complete(pane))
    for request in requests:
        if isinstance(request, ReadFutures):
            assert not known & set(request.paths)
    check_against_transformers(pane)


def test_repetition_is_penalised_along_the_path(app, pane, qtbot):
    app.session.set_sampling(SamplingSettings(temperature=0.5, repetition_penalty=1.5))
    qtbot.waitUntil(lambda: complete(pane))
    check_against_transformers(pane)
    block = max((b for b in pane.reading.blocks if b.level == 1 and not b.others), key=lambda b: b.height)
    pane.go_to(block.path)
    assert app.session.tokens.steps[-1].drawn == pytest.approx(block.probability, abs=1e-9)


def test_the_panes_own_sliders_are_the_sampling_of_all(app, pane, qtbot):
    pane.controls._sliders["temperature"]._slider.setValue(0)
    assert app.session.sampling.temperature == 0
    assert [block.height for block in pane.reading.blocks if block.level == 0] == [1.0]
    app.session.set_sampling(SamplingSettings(temperature=2.0))
    assert pane.controls._sliders["temperature"].value == 2.0


def test_a_click_goes_there_and_undo_brings_the_old_text_back(app, pane, qtbot):
    session = app.session
    session.sample_one()
    qtbot.waitUntil(lambda: complete(pane))
    session.select(len(session.tokens) - 2)
    qtbot.waitUntil(lambda: complete(pane))
    old, text = session.document.branch, pane.reading.text.tolist()
    index = max(
        (i for i, b in enumerate(pane.reading.blocks) if b.level == 1 and not b.others and not b.ends),
        key=lambda i: pane.reading.blocks[i].height,
    )
    block = pane.reading.blocks[index]
    place = pane.blocks.rect_of(index).center().toPoint()
    qtbot.mouseClick(pane.blocks, Qt.MouseButton.LeftButton, pos=place)
    assert session.tokens.ids.tolist() == [*text, *block.path]
    assert old in session.document.branches
    for token, step in zip(block.path, session.tokens.steps[-2:], strict=True):
        assert step.token_id == token
        assert step.uniform is None
        assert step.settings == SHARP
    assert session.tokens.steps[-1].drawn == pytest.approx(block.probability, abs=1e-9)
    qtbot.waitUntil(lambda: complete(pane))
    check_against_transformers(pane)
    session.undo()
    assert session.document.branch is old
    session.redo()
    assert session.tokens.ids.tolist() == [*text, *block.path]


def test_going_there_takes_along_what_is_known(app, pane, qtbot):
    session = app.session
    known = pane.reading._known
    block = max((b for b in pane.reading.blocks if b.level == 0), key=lambda b: b.height)
    carried = {path[1:] for path in known if path[:1] == block.path}
    pane.go_to(block.path)
    requests = asked(session)
    qtbot.waitUntil(lambda: complete(pane))
    again = {path for request in requests if isinstance(request, ReadFutures) for path in request.paths}
    assert len(carried) > 1
    assert not again & carried
    check_against_transformers(pane)
    requests.clear()
    session.undo()
    qtbot.waitUntil(lambda: complete(pane))
    assert not any(isinstance(request, ReadFutures) and () in request.paths for request in requests)
    check_against_transformers(pane)


def test_the_keyboard_goes_there_too(app, pane, qtbot):
    count = len(app.session.tokens)
    pane.blocks.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(pane.blocks, key)
    assert len(app.session.tokens) == count + 2


def test_depth_and_smallest_block(app, pane, qtbot):
    for button, key in ((pane.levels, 4), (pane.least, 0.02)):
        button.choose(key)
        button.chosen.emit(key)
    qtbot.waitUntil(lambda: complete(pane))
    assert max(block.level for block in pane.reading.blocks) == 3
    assert min(block.height for block in pane.reading.blocks if not block.others) >= 0.02
    check_against_transformers(pane)


def test_a_hidden_pane_asks_for_nothing(app, pane, qtbot):
    session, requests = app.session, asked(app.session)
    app.window.open_workspace("Write")
    session.edit_text(PROMPT + " there was")
    qtbot.waitUntil(lambda: session.can_sample)
    session.set_sampling(SamplingSettings(temperature=1.5))
    assert not any(isinstance(request, ReadFutures) for request in requests)
    app.window.open_workspace("Futures")
    qtbot.waitUntil(lambda: complete(pane))
    check_against_transformers(pane)


def test_an_edit_in_the_middle_of_looking_ahead_drops_what_was_asked(app, pane, qtbot):
    session, replies = app.session, []
    app.workers.replied.connect(replies.append)
    pane.reading.set_shape(6, 0.005)
    assert pane.reading.waiting
    session.edit_text("The owner's cat")
    assert not pane.reading.waiting
    qtbot.waitUntil(lambda: complete(pane), timeout=20_000)
    assert pane.reading.text.tolist() == session.tokens.ids.tolist()
    check_against_transformers(pane)
    newest = max(reply.number for reply in replies if isinstance(reply, FuturesRead))
    assert pane._session._newest.is_current(newest)


def test_while_the_model_writes_nothing_is_asked_and_then_it_goes_on(app, pane, qtbot):
    session, meanwhile = app.session, []
    session.asked.connect(lambda request: meanwhile.append(request) if session.generating else None)
    session.writing.set_pace(0.02)
    session.writing.start(count=6)
    qtbot.waitUntil(lambda: not session.generating)
    assert meanwhile
    assert not any(isinstance(request, ReadFutures) for request in meanwhile)
    qtbot.waitUntil(lambda: complete(pane))
    check_against_transformers(pane)


def test_past_the_context(app, pane, qtbot):
    session = app.session
    session.edit_text(
        "The owner's cat sat on the mat; the mat wasn't new. Then the owner came in. The mat " * 2
    )
    qtbot.waitUntil(lambda: complete(pane), timeout=20_000)
    assert len(session.tokens) > 48
    start = session.next_token.seen_from
    text = session.tokens.ids.tolist()
    network = random_network()
    for block in pane.reading.blocks:
        if block.level == 1 and not block.others:
            seen = [*text, block.path[0]]
            first = start if len(seen) - start <= 48 else -(-(len(seen) - 48) // 12) * 12
            true = distribution(network(torch.tensor([seen[first:]])).logits[0, -1].numpy(), SHARP)
            assert block.probability == pytest.approx(true.drawn[true.rank_of(block.path[-1])], abs=1e-5)


def test_another_model_another_multiverse(app, pane, qtbot):
    with qtbot.waitSignal(app.session.model_changed, timeout=60_000):
        app.session.load_model("bundled", "cpu")
    qtbot.waitUntil(lambda: complete(pane), timeout=30_000)
    first = [block for block in pane.reading.blocks if block.level == 0]
    assert sum(block.others or 1 for block in first) == len(app.session.vocabulary) > 360
    assert sum(block.height for block in first) == pytest.approx(1)


def test_an_empty_text_offers_an_example(app, pane, qtbot):
    app.session.edit_text("")
    qtbot.waitUntil(lambda: pane.is_empty)
    pane._empty._example.click()
    qtbot.waitUntil(lambda: complete(pane) and not pane.is_empty)
    assert app.session.text.startswith("Once upon a time")


def test_the_blocks_as_a_picture_and_as_data(app, pane, tmp_path):
    pane.save_picture(tmp_path / "multiverse.png")
    pane.save_picture(tmp_path / "multiverse.svg")
    assert (tmp_path / "multiverse.png").stat().st_size > 5_000
    pane.export(tmp_path)
    assert (tmp_path / "multiverse.json").exists()
    with (tmp_path / "multiverse.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(pane.reading.blocks)
    first = [row for row in rows if row["level"] == "1"]
    assert sum(float(row["joint"]) for row in first) == pytest.approx(1)
    assert sum(int(row["tokens"]) for row in first) == 360
