"""Runs the application as a process of its own, under a screen of the test run."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="session")
def machine_code() -> None:
    """It is there from the first token on: until then PyTorch writes, whose last digits are others."""
    from vectarium.machine_code import compiling

    compiling.fill_cache()


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The variables of this test, with its own home."""
    return {**os.environ, "HF_HUB_OFFLINE": "1"}


@pytest.fixture
def vectarium(qapp, environment):
    """``vectarium("--version")`` starts the command; what still runs when the test ends is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object, program: tuple[str, ...] = ("-m", "vectarium")) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *program, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
