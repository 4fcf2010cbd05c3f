"""The resident memory of the whole application: `memory_run MODEL FOLDER [MINUTES]`.

All panes are open. What its processes share counts once, where the system tells. Prints MB:
`{"open": …, "long": …, "grown": [[minute, tokens written so far, MB of the window, MB of the workers], …]}`:
with a short text, with one of 1,024 tokens, and over so many minutes of writing and orbiting, each time when
the window is back at the short text and has come to rest.
"""

import sys
import time
from pathlib import Path

import psutil

from benchmarks.watched_app import WatchedApp, say, text_of
from benchmarks.window_run import Orbit, Writing

ROUND = 12.0  # seconds of writing
READINGS, APART = 4, 0.5  # seconds


def resident() -> list[float]:
    """MB in memory, of this process and of those it started."""
    own = psutil.Process()
    return [_megabytes([own]), _megabytes(own.children(recursive=True))]


def _megabytes(processes: list[psutil.Process]) -> float:
    full = [process.memory_full_info() for process in processes]
    return sum(getattr(each, "pss", each.rss) for each in full) / 1e6


def least(watched: WatchedApp) -> list[float]:
    """What is there at rest: of several readings the least, when what was saved or drawn has left again."""
    found = []
    for _ in range(READINGS):
        watched.wait(APART)
        found.append(resident())
    return min(found, key=sum)


def measure(model: str, folder: Path, minutes: float) -> None:
    prompt = text_of("Once", 16, Path(model))
    watched = WatchedApp(model, folder, prompt)
    watched.settle()
    found = {"open": sum(resident())}
    watched.session.edit_text(text_of("Then", 1024, Path(model)))
    watched.settle()
    found["long"] = sum(resident())
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
        grown.append([(time.monotonic() - begun) / 60, written, *least(watched)])
    watched.close()
    say(**found, grown=grown)


if __name__ == "__main__":
    measure(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
