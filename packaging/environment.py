"""Makes the virtual environment in `.venv`, keeps it as the constraints say, and repairs it.

Standard library only, as all that the launchers import.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import system_packages
from system_packages import SetupError

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = VENV / "setup.log"

_STAMP = VENV / "setup.json"  # written last: what it describes is installed
_UNFINISHED = VENV / "setup.unfinished"  # there from before the first change until after the last
_LOCK = VENV / "setup.lock"

# What an extra of pyproject.toml is known to be installed by.
_SIGNS = {"test": "pytest", "benchmark": "pytest-benchmark"}

# Fails where something that the installed Vectarium requires is not there.
_PROBE = r"""
import importlib.metadata, re, sys
for requirement in [*sys.argv[1:], *(importlib.metadata.requires("vectarium") or ())]:
    if ";" not in requirement:
        importlib.metadata.version(re.match(r"[\w.-]+", requirement).group())
"""


def prepare(*extras: str) -> Path:
    """The Python of the environment, set up first where it is not: with these extras of pyproject.toml.

    What the benchmarks compare with is left out where it cannot be installed. Raises SetupError: one
    sentence that says what failed and where its log is.
    """
    if not _is_ready(extras):
        VENV.mkdir(exist_ok=True)
        with _lock() as lock:
            # Another process may have done it while this one waited.
            if not _is_ready(extras):
                _set_up(extras, lock)
    return PYTHON


def child_environment() -> dict[str, str]:
    """This process's environment without what would lead another Python astray."""
    astray = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")
    return {name: value for name, value in os.environ.items() if name not in astray}


def run(command: list[str], variables: dict[str, str], folder: Path | None = None) -> int:
    """Run a program to its end, with this process's terminal and signals; gives its exit status."""
    # Ctrl+C reaches the program as well, which then ends as it likes.
    signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen(command, env=variables, cwd=folder)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    status = process.wait()
    return status if status >= 0 else 128 - status


def launch(main: Callable[[list[str]], int]) -> NoReturn:
    """Run a launcher's main and end the process, with one clear line where the set-up fails."""
    try:
        sys.exit(main(sys.argv[1:]))
    except (SetupError, OSError) as error:
        sys.exit(f"Vectarium: {error}")
    except KeyboardInterrupt:
        sys.exit("Vectarium: interrupted. Start again to go on.")


def _is_ready(extras: Sequence[str]) -> bool:
    fingerprint, installed = _stamp()
    if fingerprint != _fingerprint() or not installed.issuperset(extras):
        return False
    return not _UNFINISHED.exists() and _runs(_PROBE, *(_SIGNS[extra] for extra in extras))


def _stamp() -> tuple[str, set[str]]:
    """The fingerprint of what was installed, and its extras."""
    try:
        stamp = json.loads(_STAMP.read_text(encoding="utf-8"))
        return str(stamp["fingerprint"]), _SIGNS.keys() & set(stamp["extras"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", set()


def _fingerprint() -> str:
    """A hash of everything the installation depends on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    # The settings of linters and the like change nothing here.
    relevant = [project.get("build-system"), project.get("project"), project.get("tool", {}).get("hatch")]
    constraints = (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8")
    return hashlib.sha256(json.dumps([relevant, constraints, str(ROOT)], sort_keys=True).encode()).hexdigest()


def _runs(program: str, *arguments: str) -> bool:
    """Whether the environment's Python is there and runs this program without an error."""
    command = [str(PYTHON), "-I", "-c", program, *arguments]
    try:
        return (
            subprocess.run(command, capture_output=True, env=child_environment(), check=False).returncode == 0
        )
    except OSError:
        return False


def _set_up(extras: Sequence[str], lock: int) -> None:
    LOG.write_text("", encoding="utf-8")
    wanted = _stamp()[1] | set(extras)
    print(f"Setting up Vectarium in {VENV}. This happens once, and takes some minutes.", flush=True)
    if _UNFINISHED.exists() or not _runs(""):
        _make_venv(lock)
    _STAMP.unlink(missing_ok=True)
    _UNFINISHED.touch()
    # The environment is also read by the pip that makes the environment for the build. Relative paths,
    # since a list in the environment is split at spaces.
    constraints = dict.fromkeys(("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"), "packaging/constraints.txt")
    quiet = {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    variables = {**child_environment(), **constraints, **quiet}
    install = [*_pip(lock), "install"]
    what = ".[test]" if "test" in wanted else "."
    _run_logged("Installing Vectarium's libraries", [*install, "--editable", what], variables, lock)
    if "benchmark" in wanted:
        _install_peers(install, variables, lock)
    written = _STAMP.with_suffix(".new")
    stamp = {"fingerprint": _fingerprint(), "extras": sorted(wanted)}
    written.write_text(json.dumps(stamp), encoding="utf-8")
    written.replace(_STAMP)
    _UNFINISHED.unlink()


def _install_peers(install: list[str], variables: dict[str, str], lock: int) -> None:
    """What the benchmarks need, one by one: some of it must be compiled, which not every computer can do."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for peer in project["optional-dependencies"]["benchmark"]:
        try:
            _run_logged(f"Installing {peer}", [*install, peer], variables, lock)
        except SetupError as error:
            if peer == _SIGNS["benchmark"]:
                raise
            print(f"  {peer} is left out. {error}", flush=True)


def _make_venv(lock: int) -> None:
    """An empty environment, in place of what an interrupted set-up or a removed Python left."""
    if Path(sys.prefix).resolve() == VENV:
        raise SetupError(f"The environment in {VENV} needs repair: start this with a Python outside of it.")
    for leftover in VENV.iterdir():
        if leftover in (LOG, _LOCK):
            continue
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()
    _UNFINISHED.touch()
    command = [sys.executable, "-m", "venv", "--without-pip", str(VENV)]
    _run_logged("Making the virtual environment", command, child_environment(), lock)


def _pip(lock: int) -> list[str]:
    """The command of a pip that installs into the environment."""
    own = [str(PYTHON), "-m", "pip"]
    if _runs("import pip"):
        return own
    # Debian keeps ensurepip in a package of its own; where there is a pip, that will do.
    if not _has_ensurepip() and not _has_usable_pip():
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        system_packages.install(f"{sys.executable} lacks ensurepip", {"apt-get": [package]}, LOG)
    if not _has_ensurepip():
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    _run_logged("Installing pip", [str(PYTHON), "-m", "ensurepip"], child_environment(), lock)
    return own


def _has_ensurepip() -> bool:
    importlib.invalidate_caches()
    return importlib.util.find_spec("ensurepip") is not None


def _has_usable_pip() -> bool:
    """Whether this Python's own pip can install into another environment."""
    try:
        major, minor = importlib.metadata.version("pip").split(".")[:2]
    except importlib.metadata.PackageNotFoundError:
        return False
    return (int(major), int(minor)) >= (22, 3)


def _run_logged(doing: str, command: list[str], variables: dict[str, str], lock: int) -> None:
    """Run a command with its output in the log and its downloads on the screen."""
    error = ""
    with (
        LOG.open("a", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            # The child holds the lock too: it may go on where this process is killed.
            pass_fds=() if sys.platform == "win32" else (lock,),
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            if line.lower().startswith("error"):
                error = line.strip()
            _show(line)
    _show("")
    if process.returncode:
        reason = re.sub(r"^error:?\s*", "", error, flags=re.IGNORECASE) or f"exit status {process.returncode}"
        raise SetupError(
            f"{doing} failed: {reason.rstrip('.')}. Start again to retry; the whole log is {LOG}."
        )


def _show(line: str) -> None:
    """Say what pip is fetching or installing: on one line of a terminal, line by line elsewhere."""
    terminal = sys.stdout.isatty()
    fetched = re.match(r"\s*(Downloading|Using cached) (?:.*/)?([^-/]+)-(\d[^-]*)-\S+\.whl( \(.*\))?", line)
    if fetched:
        text = f"{fetched[1]} {fetched[2]} {fetched[3]}{fetched[4] or ''}"
    elif line.startswith("Installing collected packages"):
        text = f"Installing {line.count(',') + 1} packages"
    else:
        text = ""
    if terminal and (text or not line):
        print(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}", end="", flush=True)
    elif text:
        print(f"  {text}", flush=True)


@contextlib.contextmanager
def _lock() -> Iterator[int]:
    """One set-up of this folder at a time; gives the lock's file descriptor."""
    descriptor = os.open(_LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _try_lock(descriptor):
            print("Waiting for another set-up of this folder to end.", flush=True)
            while not _try_lock(descriptor):
                time.sleep(0.5)
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
