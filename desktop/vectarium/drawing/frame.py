"""When a widget draws what streams in: so often a second, and not in the turn in which another one drew."""

import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

FRAME_MS = 33
APART_MS = 2  # between two that draw: events that came meanwhile get their turn
CROWDED_SECONDS = 0.2


class _Drawn(QObject):
    """Which frame of a window drew last, and when."""

    frame: "Frame | None" = None
    at = -1.0  # seconds of `time.monotonic`


class Frame(QTimer):
    """`due` says that it is time to draw what `soon` announced."""

    due = Signal()

    def __init__(self, widget: QWidget, every_ms: int = FRAME_MS, crowded_ms: int | None = None) -> None:
        """For `widget`, every so many milliseconds at most; `crowded_ms` while others draw too."""
        super().__init__(widget)
        self._widget = widget
        self._every_ms, self._crowded_ms = every_ms, crowded_ms or every_ms
        self._last = -1.0
        self.setSingleShot(True)
        self.setTimerType(Qt.TimerType.PreciseTimer)
        self.timeout.connect(self._expired)

    def soon(self, at_once: bool) -> None:
        """Something changed: draw it with the next frame, or `at_once` if none was drawn lately."""
        if self.isActive():
            return
        every = self._crowded_ms if self.crowded else self._every_ms
        left = max(0, round(every - 1000 * (time.monotonic() - self._last)))
        if at_once and not left:
            self._draw()
        else:
            self.start(left)

    @property
    def crowded(self) -> bool:
        """Whether others of the same window draw at present."""
        drawn = self._drawn()
        return drawn.frame is not self and time.monotonic() - drawn.at < CROWDED_SECONDS

    @Slot()
    def _expired(self) -> None:
        if 1000 * (time.monotonic() - self._drawn().at) < APART_MS:
            self.start(APART_MS)
        else:
            self._draw()

    def _draw(self) -> None:
        self.due.emit()
        drawn = self._drawn()
        self._last = drawn.at = time.monotonic()
        drawn.frame = self

    def _drawn(self) -> _Drawn:
        window = self._widget.window()
        only = Qt.FindChildOption.FindDirectChildrenOnly
        found: _Drawn | None = window.findChild(_Drawn, options=only)
        return found if found is not None else _Drawn(window)
