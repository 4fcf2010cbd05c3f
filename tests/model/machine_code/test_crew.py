"""Threads that help with one pass after the other."""

import gc
import threading

import pytest

from vectarium.model.machine_code.crew import Crew


def helpers():
    return [thread for thread in threading.enumerate() if thread.name.startswith("helper")]


def test_everybody_does_the_same_job_and_knows_which():
    crew, seen = Crew(3), []
    assert len(crew) == 3
    for members in (1, 2, 3, 3):
        crew.threads.number = members
        seen.clear()
        all_there, told = threading.Barrier(members), []

        def job(ticket, number, all_there=all_there):
            all_there.wait(20)
            seen.append((ticket, number))
            all_there.wait(20)

        crew.share(told.append, job)
        (ticket,) = told
        assert sorted(seen) == [(ticket, number) for number in range(members)]


def test_nobody_waits_for_who_comes_late():
    crew, begun, late, done = Crew(2), threading.Event(), threading.Event(), threading.Event()

    def job(ticket, number):
        if number:
            begun.set()
            late.wait(20)
            done.set()
        else:
            begun.wait(20)

    crew.share(lambda ticket: None, job)
    assert not done.is_set()
    late.set()
    assert done.wait(20)


def test_one_alone_needs_no_thread():
    before, crew, seen = helpers(), Crew(1), []
    crew.share(lambda ticket: None, lambda ticket, number: seen.append(number))
    assert seen == [0]
    assert helpers() == before


def test_helpers_go_with_their_crew():
    before = helpers()
    crew = Crew(3)
    started = [thread for thread in helpers() if thread not in before]
    assert len(started) == 2
    crew.share(lambda ticket: None, lambda ticket, number: None)
    del crew
    gc.collect()
    for thread in started:
        thread.join(20)
        assert not thread.is_alive()


def test_what_goes_wrong_reaches_who_asked():
    def job(ticket, number):
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        Crew(1).share(lambda ticket: None, job)
