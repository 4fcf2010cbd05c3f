"""Starts the application in a process of its own and records every turn of its event loop that is late.

Run as a program: ``watched_run.py MODEL_FOLDER FOLDER``. With all panes open it loads the model, types, reads
a long text and generates, then prints JSON: ``{"gaps": [[seconds, what], …], "tokens": n}``. What other
programs held up does not count, where the system tells.
"""

import json
import sys
import time
from pathlib import Path

INTERVAL = 0.005
LATE = 0.04


def delayed() -> float:
    """Seconds that this thread was ready to go on while others had the cores. 0 where that is not known."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


def watch(model: str, folder: Path) -> None:
    from vectarium.__main__ import prepare_environment

    prepare_environment()
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from vectarium.app import App, Options
    from vectarium.places import Places

    qt = QApplication([])
    qt.setStyle("Fusion")
    folder.mkdir(exist_ok=True)
    (folder / "s.json").write_text('{"workspace": "All"}')
    app = App(
        Options(model, "cpu", "Once upon a time"), Places(folder / "s.json", folder / "d", folder / "log")
    )
    session = app.session
    qt.processEvents()
    state = {"what": "loading", "last": time.monotonic() - delayed()}
    gaps: list[list[object]] = []

    def tick() -> None:
        now = time.monotonic() - delayed()
        if now - state["last"] > LATE:
            gaps.append([now - state["last"], state["what"]])
        state["last"] = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(round(1000 * INTERVAL))
    timer.timeout.connect(tick)
    timer.start()

    def until(condition, limit: float = 60.0) -> None:
        end = time.monotonic() + limit
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(state["what"])
            qt.processEvents()
            time.sleep(0.001)

    until(lambda: session.can_sample)
    until(lambda: all(pane.settled for pane in app.window.panes.values()))
    state["what"] = "typing"
    for letter in " there was a cat on the mat" * 3:
        session.edit_text(session.text + letter)
        until(lambda: session.tokens.pending is None)
    state["what"] = "reading a long text"
    session.edit_text("the cat sat on the mat " * 400)
    until(lambda: session.can_sample)
    session.edit_text("Once upon a time")
    until(lambda: session.can_sample)
    state["what"] = "generating"
    before = len(session.tokens)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        if not session.generating and session.can_sample:
            session.generate()
        qt.processEvents()
        time.sleep(0.001)
    tokens = len(session.tokens) - before
    session.stop_generating()
    app.window.close()
    app.close(10_000)
    print(json.dumps({"gaps": gaps, "tokens": tokens}))


if __name__ == "__main__":
    watch(sys.argv[1], Path(sys.argv[2]))
