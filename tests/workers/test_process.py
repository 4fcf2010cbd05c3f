"""The workers in a process of their own: they answer as threads do, and their death costs no text."""

import logging
import multiprocessing
import os
import signal
import sys

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, Slot

from vectarium.messages import Encode, Generate, Generated, LoadModel, Newest, Progress, Run
from vectarium.sampling import SamplingSettings
from vectarium.workers import process as module
from vectarium.workers.process import WorkerProcess

TEXT = "Once upon a time"
SETTINGS, SEED = SamplingSettings(temperature=2), 13  # with which the text does not end soon


@pytest.fixture
def workers(qtbot, tmp_path, model_folder):
    """A process that has opened the model; `replies` are what it answered."""
    newest = Newest()
    started = WorkerProcess(newest, tmp_path / "words.npz", None)
    started.replies = []
    started.replied.connect(started.replies.append)
    started.take(LoadModel(newest.stamp(LoadModel), str(model_folder), "cpu"))
    qtbot.waitUntil(lambda: "ModelLoaded" in names(started), timeout=60_000)
    yield started
    started.close(10_000)


def names(workers):
    return [type(reply).__name__ for reply in workers.replies]


def answer(workers, qtbot, kind, **content):
    """What a request is answered with, but for its progress."""
    number = workers.newest.stamp(kind)
    workers.take(kind(number, **content))

    def answers():
        return [
            reply for reply in workers.replies if reply.number == number and not isinstance(reply, Progress)
        ]

    qtbot.waitUntil(lambda: bool(answers()), timeout=30_000)
    return answers()[0]


def test_answers_are_those_of_threads_with_arrays_that_nobody_can_write_to(workers, qtbot, model_folder):
    from vectarium.model import forward_pass, loading

    encoded = answer(workers, qtbot, Encode, text=TEXT)
    ran = answer(workers, qtbot, Run, ids=encoded.ids, position=len(encoded.ids) - 1)
    model = loading.load(str(model_folder), "cpu")
    assert encoded.ids.tolist() == model.tokenizer.encode(TEXT).tolist()
    trace = forward_pass.run(model, encoded.ids)
    assert np.array_equal(ran.logits, forward_pass.logits(model, trace, len(trace) - 1))
    assert not ran.logits.flags.writeable
    assert not encoded.ids.flags.writeable


def test_a_newer_question_stops_what_is_being_answered(workers, qtbot):
    ids = answer(workers, qtbot, Encode, text=TEXT).ids
    content = {"ids": ids, "settings": SamplingSettings(), "seed": 1, "count": 10**6}
    answer(workers, qtbot, Generate, **content)
    workers.newest.stamp(Generate)
    qtbot.waitUntil(lambda: names(workers)[-1] == "Finished", timeout=30_000)
    assert workers.replies[-1].why == "cancelled"


class Arrivals(QObject):
    """Hears of written tokens right after the session."""

    def __init__(self, app):
        super().__init__()
        self.steps, self.batches = [], []
        app.workers.replied.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _take(self, reply):
        if isinstance(reply, Generated):
            self.steps.extend(reply.steps)
            self.batches.append(len(reply.steps))


@pytest.fixture
def writing(start_app, qtbot):
    """The application while it writes at full speed what a seed writes; `arrived` are the steps so far."""
    app = start_app(prompt=TEXT, workers=WorkerProcess)
    arrivals = Arrivals(app)
    app.arrived, app.batches = arrivals.steps, arrivals.batches
    app.session.set_sampling(SETTINGS)
    app.session.writing.set_seed(SEED, fixed=True)
    app.session.generate()
    qtbot.waitUntil(lambda: len(app.arrived) > 10, timeout=30_000)
    app.arrivals = arrivals  # a connection is gone with its receiver
    return app


def drawn(steps):
    return [(step.token_id, step.rank, step.uniform) for step in steps if step is not None]


def one_by_one(model_folder, ids, count):
    """What the seed writes, drawn without a process, a pipe or a window."""
    from vectarium.model import loading
    from vectarium.workers.writing import Writer

    writer = Writer(Generate(0, ids, SETTINGS, SEED, count))
    model, trace, steps = loading.load(str(model_folder), "cpu"), None, []
    for _ in range(count):
        reply, trace, _ = writer.turn(model, trace, lambda share: None)
        steps.extend(reply.steps)
    return drawn(steps)


def test_stopped_in_mid_batch_all_that_arrived_stays_and_the_seed_goes_on_from_there(
    writing, qtbot, model_folder
):
    session, arrived = writing.session, writing.arrived
    session.stop_generating()
    count, typed = len(arrived), 4
    text = drawn(session.document.branch.steps)
    assert len(text) == count
    qtbot.waitUntil(lambda: session.can_sample, timeout=30_000)
    assert drawn(session.document.branch.steps) == text  # what came later was not wanted any more
    session.generate(30)
    qtbot.waitUntil(lambda: not session.generating and session.can_sample, timeout=30_000)
    ids = session.tokens.ids
    assert len(ids) == typed + count + 30
    assert max(writing.batches) > 1
    assert drawn(session.document.branch.steps) == one_by_one(model_folder, ids[:typed], count + 30)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_killed_in_mid_batch_it_costs_only_what_never_arrived(writing, qtbot, model_folder):
    session, arrived = writing.session, writing.arrived
    os.kill(writing.workers.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: "memory ran out" in writing.window.notice.text, timeout=30_000)
    assert not session.generating
    text = drawn(session.document.branch.steps)
    assert len(text) == len(arrived)
    assert text == one_by_one(model_folder, session.tokens.ids[:4], len(text))


@pytest.mark.logs("LoadModel|not a question")
def test_what_the_process_logs_comes_to_the_log_of_the_window(workers, qtbot, caplog):
    from vectarium.messages import Request

    with caplog.at_level(logging.ERROR):
        failed = answer(workers, qtbot, Request)
        qtbot.waitUntil(lambda: "Request failed" in caplog.text)
    assert "not a question for the model" in failed.message


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_when_it_is_killed_in_mid_word_the_text_stays_and_one_click_goes_on(start_app, qtbot, monkeypatch):
    monkeypatch.setattr(module, "SHORT_LIFE_SECONDS", 0)
    app = start_app(prompt=TEXT, workers=WorkerProcess)
    app.session.writing.set_seed(3, fixed=True)
    app.session.writing.set_pace(0.05)
    app.session.generate()
    qtbot.waitUntil(lambda: len(app.session.tokens) > 6, timeout=30_000)
    assert app.session.generating
    killed = app.workers.pid
    os.kill(killed, signal.SIGKILL)
    qtbot.waitUntil(lambda: "memory ran out" in app.window.notice.text, timeout=30_000)
    assert not app.session.generating
    text = app.session.text
    assert text.startswith(TEXT)
    assert "Your text is safe" in app.window.notice.text
    qtbot.waitUntil(lambda: app.session.can_sample, timeout=60_000)
    assert app.workers.pid != killed
    app.session.sample_one()
    qtbot.waitUntil(lambda: app.session.can_sample and len(app.session.text) > len(text), timeout=30_000)
    assert app.session.text.startswith(text)


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_when_it_dies_soon_after_its_start_the_user_chooses_what_to_do(start_app, qtbot):
    app = start_app(prompt=TEXT, workers=WorkerProcess)
    os.kill(app.workers.pid, signal.SIGSEGV)
    qtbot.waitUntil(lambda: "crashed (SIGSEGV)" in app.window.notice.text, timeout=30_000)
    assert "Choose a model" in app.window.notice.text
    assert not multiprocessing.active_children()  # or one that cannot start would be started for ever
    app.session.writing.start()
    assert app.session.generating
    qtbot.waitUntil(lambda: not app.session.generating, timeout=30_000)
    assert "no model to ask" in app.window.notice.text
    assert app.status._doing.text() == "No model"
    app.session.load_model(app.commands.source, "cpu")
    app.session.edit_text(TEXT + " there")
    qtbot.waitUntil(lambda: app.session.can_sample, timeout=60_000)
    assert app.session.text == TEXT + " there"
    assert app.status._doing.text() == "Ready"
