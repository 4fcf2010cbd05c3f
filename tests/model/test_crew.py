"""Threads that help with one pass after the other."""

import gc
import os
import sys
import threading
import time

import pytest

from vectarium.machine_code import board as at
from vectarium.model.crew import NICENESS, Crew


def helpers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("helper")]


def awake(crew):
    return [bool(crew.board[at.MEMBER + at.A_MEMBER * number + at.AWAKE]) for number in range(len(crew))]


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


@pytest.mark.parametrize("members", [1, 2, 3])
def test_as_many_are_woken_as_are_asked_and_sleep_when_there_is_nothing_to_do(members):
    crew = Crew(3, layers=1)
    assert len(crew) == 3
    crew.threads.number = members
    for _ in range(2):  # a pass through no block
        crew.read()
        assert not any(awake(crew)[members:])
        assert crew.board[at.MEMBERS] == members
        assert (crew.board[at.TICKET], crew.board[at.INSIDE]) == (0, 0)
        until(lambda: not any(awake(crew)))


def test_who_is_awake_is_not_asked_again():
    crew, asked = Crew(2, layers=1), []
    (helper,) = crew._helpers
    helper._asked.release = lambda: asked.append(1)
    for _ in range(3):
        crew.read()
    assert asked == [1]


def test_one_alone_needs_no_thread():
    before, crew = helpers(), Crew(1, layers=1)
    crew.read()
    assert helpers() == before


def test_helpers_go_with_their_crew():
    before = helpers()
    crew = Crew(3, layers=1)
    started = [thread for thread in helpers() if thread not in before]
    assert len(started) == 2
    crew.read()
    del crew
    gc.collect()
    for thread in started:
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priorities of their own")
def test_helpers_step_back_behind_who_leads():
    before, crew = helpers(), Crew(2, layers=1)
    (helper,) = (thread for thread in helpers() if thread not in before)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    until(lambda: os.getpriority(os.PRIO_PROCESS, helper.native_id) == min(19, own + NICENESS))
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
    assert len(crew) == 2
