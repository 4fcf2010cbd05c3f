"""The one table that the benchmarks end with, and how two things are measured against each other."""

import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.contestants import Contestant

REST = 0.25  # seconds: OpenMP's threads look for work for 0.2
COLUMNS = ("what", "ours", "peer", "ratio", "budget", "met")
LEGEND = (
    "A ratio says how many times as fast as the peer, which was measured in turns with ours; "
    "it is the median of the turns' ratios, and the times are the medians of the turns."
)


@dataclass(frozen=True)
class Line:
    """One measurement; what does not apply stays empty."""

    what: str
    ours: str
    peer: str = ""
    ratio: str = ""
    budget: str = ""
    met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        met = {None: "", True: "yes", False: "NO"}[self.met]
        return (self.what, self.ours, self.peer, self.ratio, self.budget, met)


@dataclass
class Report:
    """What the benchmarks of this run found."""

    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, ours: str, **rest: Any) -> None:
        self.lines.append(Line(what, ours, **rest))

    def faster(
        self,
        what: str,
        ours: str,
        peer: str,
        ratio: float,
        least: float | None = None,
    ) -> None:
        """A line for a ratio of speeds, of which `least` is wanted."""
        self.add(
            what,
            ours,
            peer=peer,
            ratio=f"{ratio:.2f} ×",
            budget="" if least is None else f"≥ {least:g} ×",
            met=None if least is None else ratio >= least,
        )

    def missing(self, peer: str, why: object) -> None:
        """A peer that is not here."""
        self.note(f"{peer} was not measured: {why}")

    def note(self, text: str) -> None:
        """A sentence below the table."""
        if text not in self.notes:
            self.notes.append(text)

    def as_text(self) -> list[str]:
        rows = [COLUMNS, *(line.cells for line in self.lines)]
        wide = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
        table = ["  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)) for row in rows]
        return [*(line.rstrip() for line in table), "", LEGEND, *self.notes]

    def as_markdown(self) -> str:
        rows = [COLUMNS, ("---",) * len(COLUMNS), *(line.cells for line in self.lines)]
        table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
        return "\n\n".join([table, LEGEND, *self.notes]) + "\n"

    def write(self, file: Path) -> None:
        file.write_text(self.as_markdown(), encoding="utf-8")


@dataclass(frozen=True)
class Compared:
    """Seconds of each turn, [turn]."""

    ours: list[float]
    peers: Mapping[Hashable, list[float]]

    @property
    def median(self) -> float:
        return statistics.median(self.ours)

    def median_of(self, peer: Hashable) -> float:
        return statistics.median(self.peers[peer])

    def ratio(self, peer: Hashable, own: Sequence[float] | None = None) -> float:
        """How many times as fast as the peer are ours, or `own` of the same turns."""
        turns = zip(self.ours if own is None else own, self.peers[peer], strict=True)
        return statistics.median(theirs / mine for mine, theirs in turns)


def in_turns(
    benchmark: Any,
    ours: Callable[[], Any],
    peers: Mapping[Any, Callable[[], Any]],
    turns: int,
    rest: float = 0.0,
    starts: int = 1,
) -> Compared:
    """Measure ours with pytest-benchmark, and every peer before each of its rounds.

    Before each there are ``rest`` seconds, in which the threads of the last one can stop looking for work.
    In the course of the turns all are started ``starts`` times, more than once only if all are contestants,
    and run once after each start.
    """
    seconds: dict[Hashable, list[float]] = {name: [] for name in peers}
    begins = {turns * start // starts for start in range(starts)}
    numbers = count()

    def run_peers() -> None:
        turn = next(numbers)
        if turn in begins:
            for run in (*peers.values(), ours):
                if turn:
                    assert isinstance(run, Contestant)
                    run.start_anew()
                run()
        for name, run in peers.items():
            time.sleep(rest)
            begun = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - begun)
        time.sleep(rest)

    benchmark.pedantic(ours, setup=run_peers, rounds=turns)
    compared = Compared(list(benchmark.stats.stats.data), seconds)
    benchmark.extra_info |= {str(name): statistics.median(each) for name, each in seconds.items()}
    return compared


def time_of(seconds: float) -> str:
    """Seconds as they read best."""
    if seconds >= 10:
        return f"{seconds:.0f} s"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    milliseconds = 1000 * seconds
    return f"{milliseconds:.0f} ms" if milliseconds >= 20 else f"{milliseconds:.1f} ms"
