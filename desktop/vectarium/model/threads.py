"""How many threads compute.

A long pass over many positions takes all cores, a short one fewer. One position is over in milliseconds, and
its threads wait for one another at each of some fifty matrices: where the window or another program needs a
core, they wait long. So there both numbers are tried, in turns, and what is faster at the moment is taken.

OpenMP keeps this number for each thread: all of this is for the thread that runs the model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import fmean

import torch

ALL = torch.get_num_threads()
"""What PyTorch takes for this computer: one a core."""

RUN = 4  # positions that follow one another with the same number; the first is not timed, threads start in it
WORTH_IT = 0.9  # of the time that fewer take: the window could use the core as well
SOON, LATE = 16, 128  # runs until the other number is tried again


LONG = 2e9
"""Multiplications of a pass that takes all cores: about a twentieth of a second of one core."""


def take_all() -> None:
    torch.set_num_threads(ALL)


def take_for(multiplications: float) -> None:
    """As many as a pass of so many multiplications takes, always the same: the last digits depend on it."""
    torch.set_num_threads(ALL if multiplications >= LONG else numbers(ALL)[0])


def numbers(cores: int) -> tuple[int, ...]:
    """Those to choose from, ascending: the largest power of two that there are cores for, and half of it.

    Powers of two split the matrices so that every sum is made in the same order: measured with MKL, one
    position comes out the same to the last bit, whichever is chosen.
    """
    largest = 1 << (cores.bit_length() - 1)
    return (largest // 2, largest) if largest > 1 else (1,)


class OnePosition:
    """The number of threads for one position, by what the last ones took."""

    def __init__(
        self, cores: int = ALL, clock: Callable[[], float] = time.perf_counter, of_pytorch: bool = True
    ) -> None:
        """``of_pytorch``: these are PyTorch's own threads. It gets one otherwise: those that it used last
        wait for more work with all their might, and would be in the way of others. Helpers of our own leave
        the window what it needs, and are worth any gain. Nobody waits for them, so the fastest position of a
        run counts: slower ones tell of another program, or of the beginning of a text."""
        self._numbers = numbers(cores) if of_pytorch else tuple(sorted({max(1, cores // 2), cores}))
        self._clock, self._of_pytorch = clock, of_pytorch
        self._worth_it = WORTH_IT if of_pytorch else 1.0
        self.number = self._numbers[-1]
        self._costs: dict[int, float] = {}  # seconds a position
        self._run: list[float] = []
        self._trying = False
        self._patience = SOON
        self._left = 1  # runs until the other number is tried

    def try_soon(self) -> None:
        """Try the other number soon: what else the computer does may have changed."""
        self._left = min(self._left, 1)

    def begin(self) -> float:
        """Compute with the number of the moment what `done` will tell of; when that began."""
        self.take()
        return self._clock()

    def done(self, begun: float, positions: int = 1) -> None:
        """So many positions are computed, of what began then."""
        self._run.append((self._clock() - begun) / positions)
        if len(self._run) == RUN:
            timed = self._run[1:]
            cost = fmean(timed) if self._of_pytorch else min(timed)
            self._costs[self.number] = (cost + self._costs.get(self.number, cost)) / 2
            self._run.clear()
            self._choose()

    def take(self) -> None:
        """Let PyTorch compute with the number of the moment."""
        torch.set_num_threads(self.number if self._of_pytorch else 1)

    def _choose(self) -> None:
        best = self._best()
        if self._trying:
            # A number that loses is tried less and less often.
            self._patience = SOON if best == self.number else min(2 * self._patience, LATE)
        self._left = self._patience if self._trying or best != self.number else self._left - 1
        self._trying = self._left <= 0 and len(self._numbers) > 1
        if self._trying:
            best = next(number for number in self._numbers if number != self.number)
            self._costs.pop(best, None)  # it tells of another moment
        self.number = best

    def _best(self) -> int:
        fewer, more = self._numbers[0], self._numbers[-1]
        if len(self._costs) < len(self._numbers):
            return self.number
        return more if self._costs[more] < self._worth_it * self._costs[fewer] else fewer
