"""From the start of the process to the window, and to the first distribution.

Cold: what can be taken out of memory of the environment's files is read from the disk again. What other
processes hold open, this one's Qt among it, stays.
"""

import os
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import pytest

import vectarium
from benchmarks.report import time_of

IMPORTING = "from transformers import GPT2LMHeadModel, GPT2TokenizerFast"
TURNS = {"warm": 5, "cold": 2}


def forget_files() -> None:
    """Ask the system to drop the environment's files, and the application's, from memory."""
    own = Path(vectarium.__file__).parent
    for folder in (Path(sysconfig.get_paths()["purelib"]), Path(os.__file__).parent, own):
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                with file.open("rb") as stream:
                    os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def seconds_to_import() -> float:
    """Until a process has imported what a notebook with GPT-2 needs."""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", IMPORTING], check=True, capture_output=True)
    return time.monotonic() - begun


@pytest.mark.parametrize("state", TURNS)
def test_start(state, report, run_program, tmp_path):
    if state == "cold" and not hasattr(os, "posix_fadvise"):
        report.missing("The cold start", "this system cannot be asked to forget files")
        return
    windows, distributions, imports = [], [], []
    if state == "warm":
        seconds_to_import()
        run_program("start_run", time.monotonic(), tmp_path / "before")
    for turn in range(TURNS[state]):
        if state == "cold":
            forget_files()
        imports.append(seconds_to_import())
        if state == "cold":
            forget_files()
        found = run_program("start_run", time.monotonic(), tmp_path / str(turn))
        windows.append(found["window"])
        distributions.append(found["distribution"])
    window, distribution, importing = map(statistics.median, (windows, distributions, imports))
    peer = f"importing transformers {time_of(importing)}"
    for what, seconds, most in (("window visible", window, 0.7), ("first distribution", distribution, 4)):
        # The window's budget is for a warm start; what the disk does is no one's to promise.
        budgeted = (what, state) in {("window visible", "warm"), ("first distribution", "cold")}
        report.add(
            f"start, {state}: {what}",
            time_of(seconds),
            peer=peer,
            ratio=f"{importing / seconds:.2f} ×",
            budget=f"≤ {most:g} s" if budgeted else "",
            met=seconds <= most if budgeted else None,
        )
