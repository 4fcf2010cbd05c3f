"""The whole application with all panes: keystrokes, and writing while the mouse orbits the cloud."""

import statistics

import numpy as np
import pytest

from benchmarks import shapes
from benchmarks.report import time_of


def test_from_keystroke_to_picture(small, models, report, run_program, tmp_path):
    found = run_program("keystroke_run", small, tmp_path / "app", seconds=500)
    peers = found["peer"]
    for key, what, most in (
        ("60", "one more token after 60", 0.12),
        ("200", "one more token after 200", None),
        ("fresh 64", "a fresh prompt of 64 tokens", 0.15),
        ("fresh 1024", "a fresh prompt of 1,024 tokens", 3),
    ):
        seconds, peer = statistics.median(found[key]), statistics.median(peers[key])
        report.add(
            f"124M, keystroke to all panes repainted: {what}",
            time_of(seconds),
            peer=f"transformers, the model alone {time_of(peer)}",
            ratio=f"{peer / seconds:.2f} ×",
            budget=f"≤ {time_of(most)}" if most else "",
            met=seconds <= most if most else None,
        )


@pytest.mark.parametrize("model", ["124M", "Storyteller"])
def test_writing_while_the_mouse_orbits(model, small, report, run_program, tmp_path):
    folder = small if model == "124M" else shapes.STORYTELLER
    found = run_program("window_run", folder, tmp_path / "app")
    late, idle = 1000 * np.array(found["late"]), 1000 * np.array(found["idle_late"])
    alone, shown = (statistics.median(found[key]) for key in ("alone", "shown"))
    lost = statistics.median(1 - b / a for a, b in zip(found["alone"], found["shown"], strict=True))
    frames = statistics.median(found["frames"])
    what = f"{model}, all panes, writing and orbiting:"

    def add(name: str, ours: str, peer: str, budget: str, met: bool) -> None:
        report.add(f"{what} {name}", ours, peer=peer, budget=budget, met=met)

    for name, of, most in (("99 % of turns late by at most", p99, 10), ("the latest turn", np.max, 50)):
        add(name, f"{of(late):.1f} ms", f"nothing to do {of(idle):.1f} ms", f"≤ {most} ms", of(late) <= most)
    add("cloud frames a second", f"{frames:.0f}", "", "≥ 30", frames >= 30)
    own = f"{100 * lost:.1f} % ({shown:.1f} tokens/s)"
    peer = f"window hidden {alone:.1f} tokens/s"
    add("speed lost to the drawing", own, peer, "≤ 25 %", lost <= 0.25)
    computed = 1000 * np.array(found["computed"])
    own = f"{p99(computed):.1f} ms, the half {np.median(computed):.1f} ms"
    report.add(f"{what} 99 % of turns compute at most", own)


def p99(late) -> float:
    return float(np.percentile(late, 99))
