"""What holds for every test: its own home, no network, and nothing left behind.

A test fails on a log record of WARNING or above that it did not announce with the marker `logs`, on a
try at the network, and on threads, timers and windows that outlive it. Qt's own warnings fail it through
pytest-qt (`qt_log_level_fail`), Python's through `filterwarnings`.
"""

import atexit
import faulthandler
import gc
import ipaddress
import logging
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# A busy machine is no failure.
hypothesis.settings.register_profile(
    "vectarium", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("vectarium")

ORIGINAL_ENVIRONMENT = dict(os.environ)

# Some libraries read these once, when they are imported: they get a home before any test has one.
_SESSION_HOME = Path(tempfile.mkdtemp(prefix="vectarium-tests-"))
atexit.register(shutil.rmtree, _SESSION_HOME, ignore_errors=True)


def _home_variables(home: Path) -> dict[str, str]:
    """The environment in which `home` is the user's home on every platform; makes the folders."""
    variables = {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "roaming",
        "LOCALAPPDATA": home / "local",
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_RUNTIME_DIR": home / "run",
    }
    for folder in variables.values():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {name: str(folder) for name, folder in variables.items()}


os.environ.update(_home_variables(_SESSION_HOME))
os.environ["HF_HOME"] = str(_SESSION_HOME / "huggingface")
os.environ["NUMBA_CACHE_DIR"] = str(_SESSION_HOME / "machine code")  # takes seconds to make: once for all
os.environ["MKL_CBWR"] = "AUTO"  # as in the application
os.environ["MESA_SHADER_CACHE_DIR"] = str(_SESSION_HOME / "mesa")
for _name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
    os.environ.pop(_name, None)
    os.environ.pop(_name.upper(), None)
# The tests' screen is Xvfb, not the desktop they were started from.
os.environ.pop("WAYLAND_DISPLAY", None)
os.environ.pop("XDG_SESSION_TYPE", None)


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest) -> None:
    """What is marked slow is no test that hangs: the run need not end for it."""
    if request.node.get_closest_marker("slow") is not None:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own for each test: no test sees the user's settings or another test's."""
    # Not under pytest's tmp_path: a local socket's path may have no more than 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="home-", dir=_SESSION_HOME))
    for name, value in _home_variables(folder).items():
        monkeypatch.setenv(name, value)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def original_environment() -> dict[str, str]:
    """The environment the tests were started in, for programs that must find the user's caches."""
    return dict(ORIGINAL_ENVIRONMENT)


# --- the network ---------------------------------------------------------------------------------


class NetworkBlockedError(OSError):
    """Raised in place of a connection to anything but this machine."""


class _NetworkWall:
    """Refuses connections and name look-ups that leave this machine, and remembers them.

    An audit hook sees them wherever they come from, also from worker threads and from libraries that
    took `socket` apart before the tests began. It cannot be removed, so it is told when to stand.
    """

    def __init__(self) -> None:
        self.stands = False
        self.attempts: list[str] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.stands:
            return
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            host = address[0] if isinstance(address, tuple) else None  # else a Unix socket's path
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = arguments[0]
        else:
            return
        if isinstance(host, bytes):
            host = host.decode(errors="replace")
        if isinstance(host, str) and not _is_this_machine(host):
            self.attempts.append(f"{event} to {host}")
            raise NetworkBlockedError(f"the tests have no network: {event} to {host} was refused")


def _is_this_machine(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


_wall = _NetworkWall()
sys.addaudithook(_wall)


@pytest.fixture(autouse=True)
def network_wall(request: pytest.FixtureRequest) -> Iterator[_NetworkWall]:
    """No network. A test that tries on purpose has the marker `offline`, and may read `attempts`."""
    _wall.attempts.clear()
    _wall.stands = True
    yield _wall
    _wall.stands = False
    if _wall.attempts and request.node.get_closest_marker("offline") is None:
        pytest.fail("the test tried to reach the network: " + "; ".join(_wall.attempts), pytrace=False)


# --- the log -------------------------------------------------------------------------------------


class _Warnings(logging.Handler):
    """Keeps the records of WARNING and above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test on records of WARNING and above it did not announce, or announced in vain."""
    handler = _Warnings()
    # Loggers that keep their records to themselves need the handler too.
    loggers = [logging.getLogger(name) for name in (None, "transformers", "huggingface_hub")]
    for logger in loggers:
        logger.addHandler(handler)
    yield
    for logger in loggers:
        logger.removeHandler(handler)

    expected = [str(marker.args[0]) for marker in request.node.iter_markers("logs")]
    lines = list(dict.fromkeys(f"{r.levelname} {r.name}: {r.getMessage()}" for r in handler.records))
    unexpected = [line for line in lines if not any(re.search(pattern, line) for pattern in expected)]
    missing = [pattern for pattern in expected if not any(re.search(pattern, line) for line in lines)]
    if unexpected:
        pytest.fail("unexpected in the log:\n" + "\n".join(unexpected), pytrace=False)
    if missing:
        pytest.fail("expected in the log, but never came: " + ", ".join(missing), pytrace=False)


# --- threads, timers and windows -----------------------------------------------------------------

# Threads that a library starts once and keeps for the life of the process.
_LIBRARY_THREADS = ("tqdm_monitor", "TMonitor", "pyvirtualdisplay")
# They end with their crew, which a model has that a fixture may still hold; and when the code is made.
_HELPERS = ("helper", "machine code")


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    leaked = []
    for thread in set(threading.enumerate()) - before:
        # Qt's own threads appear as dummies here, and are looked at as QThreads below.
        if thread.name.startswith(_LIBRARY_THREADS + _HELPERS) or type(thread).__name__ in _LIBRARY_THREADS:
            continue
        if isinstance(thread, threading._DummyThread):
            continue
        thread.join(timeout=5)
        if thread.is_alive():
            leaked.append(thread.name)
    if leaked:
        pytest.fail("threads still run after the test: " + ", ".join(leaked), pytrace=False)


@pytest.fixture(autouse=True)
def no_leaked_qt_objects(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that used Qt and left a running QThread, an active QTimer or a top-level widget."""
    if "qapp" not in request.fixturenames:
        yield
        return
    from PySide6.QtCore import QCoreApplication, QEvent

    before = _living_qt_objects()
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    if _living_qt_objects().keys() - before.keys():
        # What only waits for the garbage collector is not a leak.
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        leaked = {address: thing for address, thing in _living_qt_objects().items() if address not in before}
        # A running QThread that is collected later would abort the process in the middle of another test.
        _leaked.extend(leaked.values())
        if leaked:
            described = sorted(_described(thing) for thing in leaked.values())
            pytest.fail("left behind by the test: " + "; ".join(described), pytrace=False)


@pytest.fixture(scope="module", autouse=True)
def no_old_objects() -> None:
    """What is there before a module's tests, mostly objects of libraries, is no longer looked through for
    what is left behind: each look took some 0.05 s."""
    gc.collect()
    gc.freeze()


_leaked: list[object] = []


def _living_qt_objects() -> dict[int, object]:
    """Running threads, active timers and windows by their address in memory."""
    import shiboken6
    from PySide6.QtCore import QThread, QTimer
    from PySide6.QtWidgets import QApplication, QWidget

    found: dict[int, object] = {}
    current = QThread.currentThread()
    kinds = {QThread, QTimer} | _subclasses(QThread) | _subclasses(QTimer)
    # type(), not isinstance(): some objects answer __class__ by importing half a library.
    for candidate in [thing for thing in gc.get_objects() if type(thing) in kinds]:
        if candidate is current or not shiboken6.isValid(candidate):
            continue
        running = candidate.isRunning() if isinstance(candidate, QThread) else candidate.isActive()
        if running:
            found[shiboken6.getCppPointer(candidate)[0]] = candidate
    for widget in QApplication.topLevelWidgets():
        # A menu goes with the window it belongs to. Qt keeps the label that shows tooltips.
        tooltip = widget.metaObject().className() == "QTipLabel"
        if isinstance(widget, QWidget) and widget.parent() is None and not tooltip:
            found[shiboken6.getCppPointer(widget)[0]] = widget
    return found


def _subclasses(kind: type) -> set[type]:
    return {found for direct in kind.__subclasses__() for found in {direct} | _subclasses(direct)}


def _described(thing: Any) -> str:
    name = thing.objectName() or "unnamed"
    parent = thing.parent()
    return f"{type(thing).__name__} ({name}" + (f", in {type(parent).__name__})" if parent else ")")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A sentence instead of Qt's abort where there is no screen, real or virtual."""
    has_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    headless_platform = os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal")
    if "qapp" in item.fixturenames and sys.platform == "linux" and not has_screen and not headless_platform:
        pytest.fail("this test opens windows and needs a screen: install Xvfb (apt-get install xvfb)")


# --- a running application -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random GPT-2 with its tokenizer on disk: 360 tokens, 3 layers, 4 heads, context 48."""
    from tiny_models import save_model

    return save_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def start_app(qtbot: Any, tmp_path: Path, model_folder: Path) -> Iterator[Any]:
    """Starts the whole application in its own folders: ``start_app(prompt=..., wait=True)``.

    With `wait` it returns when the model is there and, with a prompt, its next token is on screen. The
    workers are threads of this process, where torch is imported already, unless a test asks for a process.
    """
    from vectarium import resources
    from vectarium.app import App, Options
    from vectarium.messages import Newest
    from vectarium.places import Places
    from vectarium.workers.process import WorkerProcess
    from vectarium.workers.threads import WorkerThreads

    started: list[App] = []

    def start(
        model: str | None = None,
        prompt: str | None = None,
        wait: bool = True,
        workers: type[WorkerProcess] | type[WorkerThreads] = WorkerThreads,
    ) -> App:
        places = Places(tmp_path / "settings.json", tmp_path / "sessions", tmp_path / "vectarium.log")
        hired = workers(Newest(), resources.word_vectors(), places.cache)
        app = App(Options(model or str(model_folder), "cpu", prompt), places, hired)
        started.append(app)
        if workers is WorkerThreads:
            hired.start()
        app.window.activateWindow()
        if wait:
            qtbot.waitUntil(lambda: app.session.model is not None, timeout=60_000)
            if prompt:
                qtbot.waitUntil(lambda: app.session.can_sample, timeout=30_000)
            qtbot.waitUntil(app.window.isActiveWindow)
        return app

    yield start
    for app in started:
        stop_app(app)


def stop_app(app: Any) -> None:
    """Close the window and wait for the threads; safe to call twice."""
    from PySide6.QtCore import QCoreApplication, QEvent

    app.window.close()
    assert app.close(patience_ms=60_000)
    app.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture(scope="session")
def tokenizer(model_folder: Path) -> Any:
    """The tokenizer and the vocabulary of `model_folder`."""
    from vectarium.model.tokens import open_tokenizer

    return open_tokenizer(model_folder)
