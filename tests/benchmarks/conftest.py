"""What the benchmarks share: the models on disk, the report, and its table at the end of the run."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import shapes
from benchmarks.contestants import Contestant
from benchmarks.report import Report

TABLE = "vectarium-benchmarks.md"
_REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_REPORT] = Report()
    config.option.benchmark_quiet = True  # the one table is ours


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Libraries that this process holds in memory cannot be read from the disk again: the start comes first.
    items.sort(key=lambda item: item.path.name != "test_start.py")
    for item in items:
        # Peers warn of their own affairs.
        item.add_marker(pytest.mark.filterwarnings("ignore"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    report = config.stash[_REPORT]
    if report.lines:
        terminalreporter.section("benchmarks")
        for line in report.as_text():
            terminalreporter.write_line(line)
        report.write(config.rootpath / TABLE)
        terminalreporter.write_line(f"The table is in {TABLE} as well.")


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    return request.config.stash[_REPORT]


@pytest.fixture(autouse=True)
def no_unexpected_log() -> None:
    """Peers log what they like."""


@pytest.fixture(autouse=True)
def no_leaked_threads() -> None:
    """Peers keep threads of their own."""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where models and peers' files of this run lie."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def small(models: Path) -> Path:
    """GPT-2 124M with random weights."""
    return shapes.save(models / "gpt2-124m", shapes.SMALL)


@pytest.fixture
def contestants(report: Report) -> Iterator[Callable[..., dict[Any, Contestant]]]:
    """``contestants(makers, *arguments)`` starts processes, by name; whose library is missing is left out."""
    started: dict[Any, Contestant] = {}

    def start(makers: Mapping[Any, Any], *arguments: Any, as_app: bool = False) -> dict[Any, Contestant]:
        for key, make in makers.items():
            try:
                started[key] = Contestant(make, *arguments, as_app=as_app)
            except (ImportError, OSError) as error:  # not installed, or not for this processor
                report.missing(key[0], error)
        return {key: started[key] for key in makers if key in started}

    yield start
    for contestant in started.values():
        contestant.close()


@pytest.fixture
def run_program(qapp: object, home: Path) -> Callable[..., dict[str, Any]]:
    """``run_program("start_run", …)`` runs a program of this folder; what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "HF_HUB_OFFLINE": "1"}
    # Python compiles what it imports and keeps that, like what is installed: not with each start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(name: str, *arguments: object, seconds: float = 300.0) -> dict[str, Any]:
        command = [sys.executable, "-P", "-m", "benchmarks", name, *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=seconds, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run
