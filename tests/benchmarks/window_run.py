"""All panes open, generating at full speed, the mouse orbiting the cloud: `window_run MODEL FOLDER`.

Turns of three phases: the window hidden, so that only the worker works; everything shown, generating and
orbiting; everything shown and nothing to do, which tells what this machine itself holds up.

Prints `{"alone": [tokens a second], "shown": [tokens a second], "frames": [cloud frames a second],
"late": [seconds of each turn], "computed": [seconds of each turn], "idle_late": [seconds of each turn],
"worst": [seconds, one a phase]}`.
"""

import math
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent

from benchmarks.watched_app import Painted, Turns, WatchedApp, say, text_of

PHASES = 7  # an odd number: the median is one of them. Memory gives half as much again at some moments
ALONE, SHOWN, IDLE = 3.0, 4.0, 1.0  # seconds
MOUSE_MS = 8


class Orbit:
    """A mouse that drags the cloud round in a circle, 125 times a second."""

    def __init__(self, cloud) -> None:
        self._cloud = cloud
        self._step = 0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(MOUSE_MS)
        self._timer.timeout.connect(self._move)

    def start(self) -> None:
        self._send(QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        self._send(QEvent.Type.MouseButtonRelease, Qt.MouseButton.LeftButton)

    def _move(self) -> None:
        self._step += 1
        self._send(QEvent.Type.MouseMove, Qt.MouseButton.NoButton)

    def _send(self, kind: QEvent.Type, button: Qt.MouseButton) -> None:
        angle = self._step * 2 * math.pi / 250
        middle = QPointF(self._cloud.rect().center())
        at = middle + QPointF(120 * math.cos(angle), 60 * math.sin(angle))
        held = Qt.MouseButton.LeftButton
        if kind is QEvent.Type.MouseButtonRelease:
            held = Qt.MouseButton.NoButton
        everywhere = QPointF(self._cloud.mapToGlobal(at.toPoint()))
        event = QMouseEvent(kind, at, everywhere, button, held, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.postEvent(self._cloud, event)


class Writing:
    """Counts tokens, and writes on where the model ended the text."""

    def __init__(self, watched: WatchedApp, prompt: str) -> None:
        self._watched, self._prompt = watched, prompt
        self._again = QTimer()
        self._again.setInterval(20)
        self._again.timeout.connect(self._write_on)

    def begin(self) -> None:
        """Back to the prompt; then write."""
        self._watched.session.edit_text(self._prompt)
        self._watched.settle()
        self._before, self._begun = len(self._watched.session.tokens), time.perf_counter()
        self._watched.session.generate()
        self._again.start()

    def end(self) -> float:
        """Stop; tokens a second."""
        self._again.stop()
        session = self._watched.session
        session.stop_generating()
        return (len(session.tokens) - self._before) / (time.perf_counter() - self._begun)

    def _write_on(self) -> None:
        session = self._watched.session
        if not session.generating and session.can_sample:
            session.generate()


def measure(model: str, folder: Path) -> None:
    prompt = text_of("Once", 16, Path(model))
    watched = WatchedApp(model, folder, prompt)
    cloud = watched.cloud
    painted = Painted([cloud])
    cloud.installEventFilter(painted)
    writing, orbit = Writing(watched, prompt), Orbit(cloud)
    watched.settle()
    alone, shown, frames, worst = [], [], [], []
    busy, idle = Turns(), Turns()
    for _ in range(PHASES):
        watched.window.hide()
        writing.begin()
        watched.wait(ALONE)
        alone.append(writing.end())

        watched.window.show()
        writing.begin()
        orbit.start()
        watched.wait(0.5)
        seen, before, begun = len(busy.late), painted.count, time.perf_counter()
        busy.start()
        watched.wait(SHOWN)
        busy.stop()
        frames.append((painted.count - before) / (time.perf_counter() - begun))
        worst.append(max(busy.late[seen:]))
        orbit.stop()
        shown.append(writing.end())

        watched.settle()
        idle.start()
        watched.wait(IDLE)
        idle.stop()
    watched.close()
    turns = {"late": busy.late, "computed": busy.computed, "idle_late": idle.late}
    say(alone=alone, shown=shown, frames=frames, worst=worst, **turns)


def main(model: str, folder: str) -> None:
    measure(model, Path(folder))
