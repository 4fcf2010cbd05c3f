"""The whole application in a process of its own, driven and watched from inside.

The programs beside this one use it; each prints what it found as JSON. `__main__` starts them.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from vectarium.drawing.cloud.point_cloud import PointCloud

STORY = (
    " there was a little girl named Lily. She loved to play outside with her red ball. One day, she saw a big"
    " dog in the park. The dog was sad because it had lost its bone. Lily wanted to help, so she looked under"
    " the tree and behind the bench. At last she found the bone in the grass, and the dog was happy again."
)


def text_of(first: str, count: int, folder: Path) -> str:
    """A text of about `count` tokens, as the tokenizer in `folder` splits it, that begins with `first`."""
    from vectarium.model.tokens import open_tokenizer

    tokenizer, vocabulary = open_tokenizer(folder)
    text = first + STORY * (count // 60 + 1)
    return vocabulary.text(tokenizer.encode(text)[:count].tolist())


def say(**found: Any) -> None:
    """Print what a program found, for the benchmark that started it."""
    print(json.dumps(found), flush=True)


class WatchedApp:
    """The application with the panes of a workspace open, at 1920 × 1080."""

    def __init__(self, model: str, folder: Path, prompt: str, workspace: str = "All") -> None:
        from vectarium import garbage
        from vectarium.app import App, Options, Places

        self.qt = QApplication(sys.argv[:1])
        self.qt.setStyle("Fusion")
        self.qt.setQuitOnLastWindowClosed(False)
        self.qt.setCursorFlashTime(0)  # a blinking caret would be taken for an answer
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "settings.json"
        settings.write_text(json.dumps({"workspace": workspace}), encoding="utf-8")
        places = Places(settings, folder / "sessions", folder / "vectarium.log", folder / "cache")
        self.app = App(Options(model, "cpu", prompt), places)
        self.session, self.window = self.app.session, self.app.window
        garbage.collect_only_at(self.session.model_changed)
        self.window.resize(1920, 1080)

    def wait(self, seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def until(self, condition: Callable[[], bool], seconds: float = 120.0) -> None:
        """Run the event loop until `condition`. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(condition)
            self.qt.processEvents()
            time.sleep(0.0005)

    @property
    def cloud(self) -> PointCloud:
        return self.window.findChild(PointCloud)

    @property
    def settled(self) -> bool:
        """Whether what every pane asked for the text on screen is there."""
        session = self.session
        known = session.tokens.pending is None and session.can_sample
        return known and all(pane.settled for pane in self.window.panes.values() if pane.isVisible())

    def settle(self) -> None:
        """Let everything that is under way come to its end, in the worker too."""
        self.until(lambda: self.settled and self.app.precision.chosen is not None)
        self.wait(0.3)
        self.until(lambda: self.settled)

    def close(self) -> None:
        """Raises RuntimeError if anything went wrong: what was measured then means nothing."""
        self.session.stop_generating()
        self.window.close()
        self.app.close(20_000)
        log = self.app.places.log.read_text(encoding="utf-8")
        if " ERROR " in log:
            raise RuntimeError(log)


class Painted(QObject):
    """Sees when a widget, or one within it, was painted: how often, and when last."""

    def __init__(self, widgets: list[QWidget]) -> None:
        super().__init__()
        self._widgets = widgets
        self.count, self.last = 0, 0.0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.Paint
            and isinstance(watched, QWidget)
            and any(watched is widget or widget.isAncestorOf(watched) for widget in self._widgets)
        ):
            self.count += 1
            self.last = time.perf_counter()
        return False


class Turns:
    """How late turns of the event loop are: a timer of 5 ms, and by how much each of its turns missed it.

    What the window itself computed since the turn before is counted too: a busy machine does not change it.
    """

    INTERVAL = 0.005

    def __init__(self) -> None:
        self.late: list[float] = []  # seconds
        self.computed: list[float] = []  # seconds of the processor
        self._last = self._processor = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * self.INTERVAL))
        self._timer.timeout.connect(self._turn)

    def start(self) -> None:
        self._last, self._processor = time.perf_counter(), time.thread_time()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _turn(self) -> None:
        now, processor = time.perf_counter(), time.thread_time()
        self.late.append(max(0.0, now - self._last - self.INTERVAL))
        self.computed.append(processor - self._processor)
        self._last, self._processor = now, processor
