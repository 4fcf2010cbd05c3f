"""The resident memory of the whole application: `memory_run MODEL FOLDER [MINUTES]`.

All panes are open. What its processes share counts once, where the system tells. Prints MB:
`{"open": …, "long": …, "grown": [[minute, tokens written so far, MB of the window, MB of the workers], …]}`:
with a short text, with one of 1,024 tokens; and what is allocated over so many minutes of writing and
orbiting, each time when the window is back at the short text, a token was written on, and all is at rest.
"""

import time
from pathlib import Path

import psutil

from benchmarks.watched_app import WatchedApp, say, text_of
from benchmarks.window_run import Orbit, Writing
from vectarium.heap import give_back

ROUND = 12.0  # seconds of writing
READINGS, APART = 4, 0.5  # seconds


def resident() -> float:
    """MB in memory, of this process and of those it started."""
    own = psutil.Process()
    full = [process.memory_full_info() for process in (own, *own.children(recursive=True))]
    return sum(getattr(each, "pss", each.rss) for each in full) / 1e6


def allocated() -> list[float]:
    """MB that this process and those it started have asked for and use.

    Without pages of libraries, of which more count here whenever another program that shares them ends.
    """
    own = psutil.Process()
    return [_anonymous(own), sum(map(_anonymous, own.children(recursive=True)))]


def _anonymous(process: psutil.Process) -> float:
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:  # not Linux
        return process.memory_info().rss / 1e6
    sizes = {name: int(size.split()[0]) for name, size in (line.split(":") for line in lines)}
    return 1024 * (sizes["Pss_Anon"] + sizes["Pss_Shmem"]) / 1e6


def least(watched: WatchedApp) -> list[float]:
    """What is there at rest: of several readings the least, when what was saved or drawn has left again.

    What lies free between what is in use is no growth, as the next texts fill it. The workers give it back.
    """
    found = []
    for _ in range(READINGS):
        watched.wait(APART)
        give_back()
        found.append(allocated())
    return min(found, key=sum)


def measure(model: str, folder: Path, minutes: float) -> None:
    prompt = text_of("Once", 16, Path(model))
    watched = WatchedApp(model, folder, prompt)
    watched.settle()
    found = {"open": resident()}
    watched.session.edit_text(text_of("Then", 1024, Path(model)))
    watched.settle()
    found["long"] = resident()
    writing, orbit = Writing(watched, prompt), Orbit(watched.cloud)
    grown, written, begun = [], 0.0, time.monotonic()
    while time.monotonic() - begun < 60 * minutes:
        writing.begin()
        orbit.start()
        watched.wait(ROUND)
        orbit.stop()
        written += writing.end() * ROUND
        watched.session.edit_text(prompt)
        watched.settle()
        watched.session.generate(1)  # which lets go of what the long text was read into
        watched.settle()
        grown.append([(time.monotonic() - begun) / 60, written, *least(watched)])
    watched.close()
    say(**found, grown=grown)


def main(model: str, folder: str, minutes: str = "0") -> None:
    measure(model, Path(folder), float(minutes))
