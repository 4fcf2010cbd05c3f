"""When a widget draws what streams in: so often a second, and not in the turn in which another one drew."""

import time

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

FRAME_MS = 33
CALM_MS = 200  # of numbers and pictures that have to be read, while text streams
AGAIN_MS = 1  # until a frame whose turn another one has taken looks again
CROWDED_SECONDS = 0.2
AFTER_PAINTING = Qt.EventPriority.LowEventPriority.value - 1  # Qt paints with events of low priority


class _Drawn(QObject):
    """Which frame of a window drew last, when, and whether Qt has yet to paint that."""

    frame: "Frame | None" = None
    at = other_at = -1.0  # seconds of `time.monotonic`; `other_at` is when another frame than this one drew
    unpainted = False

    def draws(self, frame: "Frame") -> None:
        if frame is not self.frame:
            self.frame, self.other_at = frame, self.at
        self.at = time.monotonic()
        if not self.unpainted:
            self.unpainted = True
            QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), AFTER_PAINTING)

    def customEvent(self, event: QEvent) -> None:
        self.unpainted = False


class Frame(QTimer):
    """`due` says that it is time to draw what `soon` announced."""

    due = Signal()

    def __init__(self, widget: QWidget, every_ms: int = FRAME_MS, crowded_ms: int | None = None) -> None:
        """For `widget`, every so many milliseconds at most; `crowded_ms` while others draw too."""
        super().__init__(widget)
        self._widget = widget
        self._every_ms, self._crowded_ms = every_ms, crowded_ms or every_ms
        self._last = self._planned = -1.0  # seconds of `time.monotonic`
        self._every = every_ms
        self.setSingleShot(True)
        self.setTimerType(Qt.TimerType.PreciseTimer)
        self.timeout.connect(self._expired)

    def soon(self, at_once: bool) -> None:
        """Something changed: draw it with the next frame, or `at_once` if none was drawn lately."""
        if self.isActive():
            return
        self._every, now = self._crowded_ms if self.crowded else self._every_ms, time.monotonic()
        left = max(0, round(self._every - 1000 * (now - self._last)))
        self._planned = now + left / 1000
        if at_once and not left:
            self._draw()
        else:
            self.start(left)

    @property
    def crowded(self) -> bool:
        """Whether others of the same window draw at present."""
        drawn = self._drawn()
        at = drawn.other_at if drawn.frame is self else drawn.at
        return time.monotonic() - at < CROWDED_SECONDS

    @Slot()
    def _expired(self) -> None:
        if self._drawn().unpainted:
            self.start(AGAIN_MS)
        else:
            self._draw()

    def _draw(self) -> None:
        self.due.emit()
        self._drawn().draws(self)
        # One that comes a little late does not delay all that follow.
        now = time.monotonic()
        self._last = self._planned if 1000 * (now - self._planned) < self._every else now

    def _drawn(self) -> _Drawn:
        window = self._widget.window()
        only = Qt.FindChildOption.FindDirectChildrenOnly
        found: _Drawn | None = window.findChild(_Drawn, options=only)
        return found if found is not None else _Drawn(window)
