"""From the start of the process to the window and to the first distribution: `start_run BEGUN FOLDER`.

`BEGUN` is the monotonic clock's time when the process was started. Storyteller reads a prompt. Prints
`{"window": s, "distribution": s}`.
"""

import sys
import time
from pathlib import Path


def measure(begun: float, folder: Path) -> None:
    from vectarium import resources
    from vectarium.messages import Newest
    from vectarium.places import Places
    from vectarium.workers.process import WorkerProcess

    # As `vectarium.__main__` does: the workers are started before the window's modules are read.
    places = Places(folder / "settings.json", folder / "sessions", folder / "vectarium.log", folder / "cache")
    workers = WorkerProcess(Newest(), resources.word_vectors(), places.cache)
    from PySide6.QtCore import QEvent, QObject
    from PySide6.QtWidgets import QApplication

    from vectarium.app import App, Options

    found: dict[str, float] = {}

    class Shown(QObject):
        """Notes when the window has been painted, and when it was painted with the distribution."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.UpdateRequest:
                watched.event(event)
                found.setdefault("window", time.monotonic() - begun)
                if app.session.can_sample and app.next_token.isVisible() and not app.next_token.is_empty:
                    found.setdefault("distribution", time.monotonic() - begun)
                    qt.quit()
                return True
            return False

    qt = QApplication(sys.argv[:1])
    qt.setStyle("Fusion")
    app = App(Options("bundled", "cpu", "Once upon a time"), places, workers)
    shown = Shown()
    app.window.installEventFilter(shown)
    qt.exec()
    app.window.removeEventFilter(shown)
    from benchmarks.watched_app import say

    say(**found)
    app.window.close()
    app.close(20_000)


def main(begun: str, folder: str) -> None:
    measure(float(begun), Path(folder))
