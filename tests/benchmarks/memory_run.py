"""The resident memory of the whole application: `memory_run MODEL FOLDER [MINUTES]`.

All panes are open. What its processes share counts once, where the system tells. Prints MB:
`{"open": …, "long": …, "grown": [[minute, MB], …]}`: with a short text, with one of 1,024 tokens, and over so
many minutes of generating and orbiting.
"""

import sys
import time
from pathlib import Path

import psutil

from benchmarks.watched_app import WatchedApp, say, text_of
from benchmarks.window_run import Orbit, Writing

SAMPLE = 10.0  # seconds
ROUND = 60.0  # seconds after which writing begins anew, as the context would be full


def resident() -> float:
    """MB in memory, of this process and those it started."""
    own = psutil.Process()
    total = 0
    for process in (own, *own.children(recursive=True)):
        full = process.memory_full_info()
        total += getattr(full, "pss", full.rss)
    return total / 1e6


def measure(model: str, folder: Path, minutes: float) -> None:
    prompt = text_of("Once", 16, Path(model))
    watched = WatchedApp(model, folder, prompt)
    watched.settle()
    found = {"open": resident()}
    watched.session.edit_text(text_of("Then", 1024, Path(model)))
    watched.settle()
    found["long"] = resident()
    grown = []
    if minutes:
        writing, orbit = Writing(watched, prompt), Orbit(watched.cloud)
        begun = time.monotonic()
        orbit.start()
        while time.monotonic() - begun < 60 * minutes:
            writing.begin()
            end = time.monotonic() + ROUND
            while time.monotonic() < end:
                watched.wait(SAMPLE)
                grown.append(((time.monotonic() - begun) / 60, resident()))
            writing.end()
        orbit.stop()
    watched.close()
    say(**found, grown=grown)


if __name__ == "__main__":
    measure(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else 0.0)
