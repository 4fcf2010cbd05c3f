"""Threads that share the work of one pass, and wait where there is none."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from itertools import count

import numpy as np
from numpy.typing import NDArray

from vectarium.machine_code import board as at
from vectarium.machine_code import kernels
from vectarium.model.threads import OnePosition

STAY = 20_000
"""How often a helper looks for the next pass before it goes to sleep, in less than half a millisecond: to
wake it takes as long as some blocks of a small model."""

NICENESS = 5  # a third of the share of a core that others want too


class Crew:
    """The thread that calls, which is number 0, and helpers, who come as soon as they can.

    The helpers end when nobody has the crew any more.
    """

    def __init__(self, members: int, layers: int) -> None:
        """For models of so many layers."""
        self.threads = OnePosition(members, of_pytorch=False)
        """How many of them to ask at the moment."""
        self.board: NDArray[np.int64] = at.new(members, layers)
        """Where to write what the next pass is about."""
        self._helpers = [_Helper(number, self.board) for number in range(1, members)]
        self._tickets = count(1)
        weakref.finalize(self, _dismiss, self._helpers)

    def __len__(self) -> int:
        return 1 + len(self._helpers)

    def read(self, together: bool = False) -> None:
        """Compute the pass that the board tells of, with helpers who may come late; `together` with all."""
        members = len(self) if together else self.threads.number
        self.board[at.MEMBERS] = members
        for helper in self._helpers[: members - 1]:
            helper.ask()
        kernels.take_part(self.board, 0, next(self._tickets))


class _Helper:
    def __init__(self, number: int, board: NDArray[np.int64]) -> None:
        self._number, self._board = number, board
        self._awake = at.MEMBER + at.A_MEMBER * number + at.AWAKE
        self._asked = threading.Semaphore(0)
        self._dismissed = False
        threading.Thread(target=self._help, daemon=True, name=f"helper {number}").start()

    def ask(self) -> None:
        if not self._board[self._awake]:
            self._board[self._awake] = 1
            self._asked.release()

    def dismiss(self) -> None:
        self._dismissed = True
        self._asked.release()

    def _help(self) -> None:
        _step_back()
        while True:
            self._asked.acquire()
            if self._dismissed:
                return
            kernels.take_part(self._board, self._number, STAY)


def _step_back() -> None:
    """Let the window and whoever leads have the cores first: what this thread leaves is done by others."""
    if sys.platform == "linux":  # elsewhere this would be the priority of the whole process
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)


def _dismiss(helpers: list[_Helper]) -> None:
    for helper in helpers:
        helper.dismiss()
