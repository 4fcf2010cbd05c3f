"""A marker that visits rows at random and comes to rest on a given one: only its end means something."""

import random
from itertools import accumulate

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QStyle, QWidget

VISITS = 9


def motion_is_wanted(widget: QWidget) -> bool:
    """Whether the system lets things move: Qt's style has no animations where the user turned them off."""
    return widget.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, widget) > 0


class MarkerWalk(QObject):
    """`at` tells each visited row, the last one included; then it has `landed`."""

    at = Signal(int)
    landed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: list[int] = []
        self._times: list[float] = []  # milliseconds after the start at which a visit is over
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._step)

    def start(self, rows: int, end: int, milliseconds: int) -> None:
        """Visit some of `rows` rows, ever more slowly, and end on row `end` after `milliseconds`."""
        self._rows = []
        for _ in range(VISITS if rows > 1 else 0):
            others = [row for row in range(rows) if row != (self._rows[-1] if self._rows else -1)]
            self._rows.append(random.choice(others))
        if self._rows and self._rows[-1] == end:
            self._rows.pop()
        self._rows.append(end)
        weights = [1 + 2 * (visit / len(self._rows)) ** 2 for visit in range(len(self._rows))]
        self._times = [milliseconds * share / sum(weights) for share in accumulate(weights)]
        self._clock.start()
        self._step()

    def stop(self) -> None:
        """Go no further; nothing is told."""
        self._rows.clear()
        self._timer.stop()

    @Slot()
    def _step(self) -> None:
        if not self._rows:
            self.landed.emit()
            return
        elapsed = self._clock.elapsed()
        while len(self._rows) > 1 and self._times[-len(self._rows)] < elapsed:
            self._rows.pop(0)  # a busy window misses visits, and is no later for it
        self._timer.start(max(0, round(self._times[-len(self._rows)] - elapsed)))
        self.at.emit(self._rows.pop(0))
