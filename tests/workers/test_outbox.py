"""Tokens that come fast cross the pipe together, in their order and as they are."""

import multiprocessing
import pickle

import pytest

from vectarium.messages import Finished, Generate, Generated, Progress, read_only
from vectarium.sampling import SamplingSettings
from vectarium.workers import outbox as module
from vectarium.workers.outbox import Outbox
from writing_steps import written

STEPS = written((1, 2), 40).steps[2:]


@pytest.fixture
def pipe(monkeypatch):
    """An outbox whose frames do not end by themselves, and the end that its replies come to."""
    monkeypatch.setattr(module, "FRAME_SECONDS", 1000)
    ours, theirs = multiprocessing.Pipe()
    outbox = Outbox(theirs)
    yield outbox, ours
    outbox.close()
    ours.close()


def received(ours):
    found = []
    while ours.poll():
        found.append(pickle.loads(ours.recv_bytes()))
    return found


def token(index, number=1):
    return Generated(number, (STEPS[index],), 10.0 * index)


def same(step, other):
    arrays = ("top_ids", "top_logits", "top_penalised")
    plain = [name for name in type(step).__slots__ if name not in arrays]
    return all(getattr(step, name) == getattr(other, name) for name in plain) and all(
        (getattr(step, name) == getattr(other, name)).all() for name in arrays
    )


def test_the_first_token_goes_at_once_and_the_others_of_its_frame_together(pipe):
    outbox, ours = pipe
    outbox.send(token(0))
    assert [len(reply.steps) for reply in received(ours)] == [1]
    for index in range(1, 30):
        outbox.send(token(index))
    assert not received(ours)
    finished = Finished(1, Generate(1, read_only(STEPS[0].top_ids.copy()), SamplingSettings(), 0, 30), "full")
    outbox.send(finished)
    batch, end = received(ours)
    assert batch.number == 1
    assert batch.tokens_a_second == 290
    assert len(batch.steps) == 29
    assert all(map(same, batch.steps, STEPS[1:30]))
    assert not batch.steps[0].top_logits.flags.writeable
    assert end.why == "full"


def test_nothing_overtakes_a_token_that_waits(pipe):
    outbox, ours = pipe
    for reply in (token(0), token(1), Progress(7, "Reading", 0.5), token(2), token(3, number=9), token(4, 9)):
        outbox.send(reply)
    outbox.send(Progress(8, "Reading", 1.0))
    told = [
        (
            reply.number,
            [step.uniform for step in reply.steps] if isinstance(reply, Generated) else reply.share,
        )
        for reply in received(ours)
    ]
    uniforms = [step.uniform for step in STEPS]
    assert told == [
        (1, uniforms[:1]),
        (1, uniforms[1:2]),
        (7, 0.5),
        (1, uniforms[2:3]),
        (9, uniforms[3:5]),
        (8, 1.0),
    ]


def test_tokens_go_when_their_frame_is_over_though_none_follows(monkeypatch, qtbot):
    monkeypatch.setattr(module, "FRAME_SECONDS", 0.02)
    ours, theirs = multiprocessing.Pipe()
    outbox = Outbox(theirs)
    for index in range(3):
        outbox.send(token(index))
    arrived = []

    def all_there():
        arrived.extend(received(ours))
        return sum(len(reply.steps) for reply in arrived) == 3

    qtbot.waitUntil(all_there)
    assert [step.uniform for reply in arrived for step in reply.steps] == [step.uniform for step in STEPS[:3]]
    outbox.close()
    ours.close()
