"""Threads that share the work of one pass, and wait where there is none."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from itertools import count

from vectarium.model.threads import OnePosition

Job = Callable[[int, int], None]
"""Part of a pass: called with a ticket, which says which pass it is, and the number of who calls."""


class Crew:
    """The thread that calls, which is number 0, and helpers, who come as soon as they can.

    The helpers end when nobody has the crew any more.
    """

    def __init__(self, members: int) -> None:
        self.threads = OnePosition(members, of_pytorch=False)
        """How many of them to ask at the moment."""
        self._helpers = [_Helper(number) for number in range(1, members)]
        self._tickets = count(1)
        weakref.finalize(self, _dismiss, self._helpers)

    def __len__(self) -> int:
        return 1 + len(self._helpers)

    def share(self, announce: Callable[[int], None], job: Job) -> None:
        """Do ``job`` together, with helpers who may come late, and find it done.

        ``announce`` is told the ticket before anybody begins.
        """
        ticket = next(self._tickets)
        announce(ticket)
        for helper in self._helpers[: self.threads.number - 1]:
            helper.ask(ticket, job)
        try:
            job(ticket, 0)
        finally:
            for helper in self._helpers:
                helper.forget()


class _Helper:
    def __init__(self, number: int) -> None:
        self._number = number
        self._asked = threading.Semaphore(0)
        self._wanted: tuple[int, Job] | None = None
        self._dismissed = False
        threading.Thread(target=self._help, daemon=True, name=f"helper {number}").start()

    def ask(self, ticket: int, job: Job) -> None:
        self._wanted = ticket, job
        self._asked.release()

    def forget(self) -> None:
        self._wanted = None  # it holds what was computed with

    def dismiss(self) -> None:
        self._dismissed = True
        self._asked.release()

    def _help(self) -> None:
        while True:
            self._asked.acquire()
            if self._dismissed:
                return
            if wanted := self._wanted:
                ticket, job = wanted
                job(ticket, self._number)
                del job
            del wanted


def _dismiss(helpers: list[_Helper]) -> None:
    for helper in helpers:
        helper.dismiss()
