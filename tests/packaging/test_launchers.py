"""The launchers, run as a user runs them, in a small project of the same shape that needs no network."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

PYTHON = sys._base_executable  # a user's, not that of the tests' environment, which may have no pip
LAUNCHERS = Path(__file__).parents[2] / "packaging"

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "vectarium"
version = "0.1.0"
dependencies = []
"""

# A build backend without dependencies. Where HOLD names a file, it waits there until the file is gone.
BACKEND = """
import os, pathlib, time, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    hold = os.environ.get("HOLD")
    if hold:
        pathlib.Path(hold).touch()
        while os.path.exists(hold):
            time.sleep(0.02)
    info = "vectarium-0.1.0.dist-info"
    metadata = "Metadata-Version: 2.1\\nName: vectarium\\nVersion: 0.1.0\\n"
    needed = os.environ.get("NEEDED")
    if needed:
        metadata += f"Requires-Dist: {needed}\\n"
    name = "vectarium-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("vectarium.pth", os.getcwd())
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""

# Says what it was started with.
APPLICATION = """
import json, os, signal, sys
print(json.dumps({
    "arguments": sys.argv[1:],
    "display": os.environ.get("DISPLAY"),
    "python": sys.prefix,
}), flush=True)
if os.environ.get("STAY"):
    signal.pause()
sys.exit(int(os.environ.get("EXIT_STATUS", "0")))
"""


class Project:
    """A clone in miniature, with the real launchers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "packaging").mkdir(parents=True)
        for launcher in LAUNCHERS.glob("*.py"):
            shutil.copy(launcher, root / "packaging")
        (root / "packaging" / "constraints.txt").write_text("")
        (root / "pyproject.toml").write_text(PYPROJECT)
        (root / "backend.py").write_text(BACKEND)
        (root / "vectarium").mkdir()
        (root / "vectarium" / "__init__.py").write_text("")
        (root / "vectarium" / "__main__.py").write_text(APPLICATION)

    def ask_for_an_installation(self) -> None:
        with (self.root / "packaging" / "constraints.txt").open("a") as constraints:
            constraints.write("# another line\n")

    def start(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        environment = {**os.environ, "DISPLAY": ":never-opened", "PIP_NO_INDEX": "1", **variables}
        return subprocess.Popen(
            [PYTHON, "packaging/run.py", *arguments],
            cwd=self.root,
            env={name: value for name, value in environment.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments, **variables)
        output, errors = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that is set up; tests leave it so."""
    # The space is on purpose.
    project = Project(tmp_path_factory.mktemp("set up") / "a clone")
    first = project.run("--setup-only")
    assert first.returncode == 0, first.stderr
    assert "Setting up Vectarium" in first.stdout
    assert "arguments" not in first.stdout  # the application was not started
    return project


def application_saw(completed: "subprocess.CompletedProcess[str]") -> dict[str, object]:
    line = next(line for line in completed.stdout.splitlines() if line.startswith("{"))
    seen = json.loads(line)
    assert isinstance(seen, dict)
    return seen


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} never came"
        time.sleep(0.02)


def test_a_second_start_changes_nothing_and_passes_the_arguments_on(ready: Project) -> None:
    before = {path: path.stat().st_mtime_ns for path in (ready.root / ".venv").iterdir()}
    second = ready.run("--prompt", "a b", "--device=cpu")
    assert second.returncode == 0, second.stderr
    assert "Setting up" not in second.stdout
    assert {path: path.stat().st_mtime_ns for path in (ready.root / ".venv").iterdir()} == before
    assert application_saw(second) == {
        "arguments": ["--prompt", "a b", "--device=cpu"],
        "display": ":never-opened",
        "python": str(ready.root / ".venv"),
    }


def test_the_exit_status_is_the_applications(ready: Project) -> None:
    assert ready.run(EXIT_STATUS="7").returncode == 7


def test_other_constraints_are_installed(ready: Project) -> None:
    ready.ask_for_an_installation()
    assert "Setting up" in ready.run("--setup-only").stdout
    assert "Setting up" not in ready.run("--setup-only").stdout


def test_linter_settings_do_not_ask_for_an_installation(ready: Project) -> None:
    (ready.root / "pyproject.toml").write_text(PYPROJECT + "[tool.ruff]\nline-length = 90\n")
    assert "Setting up" not in ready.run("--setup-only").stdout


def test_an_environment_whose_python_is_gone_is_made_again(ready: Project) -> None:
    for python in (ready.root / ".venv" / "bin").glob("python*"):
        python.unlink()
    repaired = ready.run()
    assert "Setting up" in repaired.stdout
    assert application_saw(repaired)["python"] == str(ready.root / ".venv")


def test_a_missing_package_is_installed_again(ready: Project) -> None:
    for folder in (ready.root / ".venv").glob("lib/python*/site-packages/vectarium*"):
        shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
    repaired = ready.run()
    assert "Setting up" in repaired.stdout
    assert application_saw(repaired)["arguments"] == []


def test_an_environment_of_the_user_is_used_and_needs_no_pip(tmp_path: Path) -> None:
    project = Project(tmp_path / "clone")
    environment = project.root / ".venv"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", environment], check=True)
    own = environment / "a file of the user's"
    own.touch()
    started = project.run()
    assert started.returncode == 0, started.stderr
    assert application_saw(started)["python"] == str(environment)
    assert own.exists()


@pytest.mark.skipif(os.name == "nt", reason="kills a process group")
def test_a_killed_installation_is_repaired(ready: Project, tmp_path: Path) -> None:
    ready.ask_for_an_installation()
    hold = tmp_path / "hold"
    process = ready.start(HOLD=str(hold))
    wait_for(hold)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    half_installed = ready.root / ".venv" / "half-installed"
    half_installed.touch()

    repaired = ready.run()
    assert repaired.returncode == 0, repaired.stderr
    assert application_saw(repaired)["arguments"] == []
    assert not half_installed.exists()


def test_two_starts_at_once_install_once(ready: Project, tmp_path: Path) -> None:
    ready.ask_for_an_installation()
    hold = tmp_path / "hold"
    first = ready.start("--setup-only", HOLD=str(hold))
    wait_for(hold)
    second = ready.start("--setup-only")
    assert second.stdout is not None
    assert "Waiting for another set-up" in second.stdout.readline()
    hold.unlink()
    outputs = [process.communicate(timeout=120)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert ["Setting up" in output for output in outputs] == [True, False]


def test_a_failed_installation_is_one_line_with_its_log_and_is_tried_again(ready: Project) -> None:
    ready.ask_for_an_installation()
    failed = ready.run(NEEDED="no-such-distribution")
    assert failed.returncode == 1
    log = ready.root / ".venv" / "setup.log"
    assert failed.stderr.count("\n") == 1
    assert "No matching distribution found for no-such-distribution" in failed.stderr
    assert str(log) in failed.stderr
    assert "no-such-distribution" in log.read_text()

    assert ready.run().returncode == 0


PEERS = """
[project.optional-dependencies]
benchmark = ["pytest-benchmark", "no-such-distribution"]
"""


def write_wheel(folder: Path, name: str) -> None:
    """A distribution with nothing in it."""
    folder.mkdir()
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_a_peer_of_the_benchmarks_that_cannot_be_installed_is_left_out(tmp_path: Path) -> None:
    project = Project(tmp_path / "clone")
    (project.root / "pyproject.toml").write_text(PYPROJECT + PEERS)
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "pytest_benchmark")

    def prepare() -> str:
        done = subprocess.run(
            [PYTHON, "-c", "import environment; environment.prepare('benchmark')"],
            cwd=project.root / "packaging",
            env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "no-such-distribution is left out" in prepare()
    assert list((project.root / ".venv").glob("lib/python*/site-packages/pytest_benchmark-1.0.dist-info"))
    assert prepare() == ""


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    project = Project(tmp_path / "clone")
    (project.root / ".venv").write_text("a file where the folder should be")
    failed = project.run()
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
    assert ".venv" in failed.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux goes without a display")
class TestWithoutADisplay:
    def test_the_example_is_exported_under_a_virtual_screen(self, ready: Project) -> None:
        done = ready.run("--model", "bundled", DISPLAY="")
        assert done.returncode == 0, done.stderr
        seen = application_saw(done)
        assert isinstance(seen["display"], str)
        assert seen["display"].startswith(":")
        assert seen["arguments"] == [
            "--model",
            "bundled",
            "--export",
            "vectarium-export",
            "--prompt",
            "Once upon a time, there was a little girl named Lily.",
        ]
        assert "no display" in done.stdout
        assert str(ready.root / "vectarium-export") in done.stdout

    def test_what_the_user_asks_for_is_done(self, ready: Project) -> None:
        done = ready.run("--export=elsewhere", "--prompt", "Hello", DISPLAY="")
        assert application_saw(done)["arguments"] == ["--export=elsewhere", "--prompt", "Hello"]
        assert str(ready.root / "elsewhere") in done.stdout

    @pytest.mark.parametrize(
        ("signal_number", "to_all"),
        [(signal.SIGTERM, False), (signal.SIGINT, True)],  # kill, and Ctrl+C in a terminal
    )
    def test_a_stopped_start_takes_its_screen_along(
        self, ready: Project, signal_number: int, to_all: bool
    ) -> None:
        process = ready.start(DISPLAY="", STAY="1")
        assert process.stdout is not None
        seen = json.loads(next(line for line in process.stdout if line.startswith("{")))
        socket = Path("/tmp/.X11-unix/X" + seen["display"].removeprefix(":"))
        assert socket.exists()
        if to_all:
            os.killpg(process.pid, signal_number)
        else:
            process.send_signal(signal_number)
        process.communicate(timeout=60)
        assert process.returncode == 128 + signal_number
        assert not socket.exists()

    def test_version_needs_no_screen(self, ready: Project) -> None:
        seen = application_saw(ready.run("--version", DISPLAY=""))
        assert seen["arguments"] == ["--version"]
        assert seen["display"] is None

    def test_a_failed_export_is_not_announced(self, ready: Project) -> None:
        done = ready.run(DISPLAY="", EXIT_STATUS="3")
        assert done.returncode == 3
        assert "exported" not in done.stdout


def test_an_old_python_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, load_launcher_module: Callable[[str], ModuleType]
) -> None:
    # What runs before the check, and the check itself, must be syntax of that time.
    for name in ("run.py", "test.py", "check_python.py"):
        ast.parse((LAUNCHERS / name).read_text(encoding="utf-8"), feature_version=(3, 6))
    monkeypatch.setattr(sys, "version_info", (3, 8, 18))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(SystemExit) as ended:
        load_launcher_module("check_python")
    message = str(ended.value)
    assert message.startswith("Vectarium needs Python 3.11 or newer, and this is 3.8. Run: ")
    assert message.endswith(sys.argv[0])
    assert "\n" not in message
