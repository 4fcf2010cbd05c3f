"""When a pane draws: at most 30 times a second, and while text streams in a turn of its own."""

import time

from PySide6.QtCore import QObject, QTimer, Slot

FRAME_MS = 33


class Frame(QTimer):
    """Its `timeout` says that it is time to draw what `soon` announced."""

    def __init__(self, parent: QObject, phase_ms: int) -> None:
        """Panes with another phase draw in another turn of the event loop, which none of them makes late."""
        super().__init__(parent)
        self._phase_ms = phase_ms
        self._last = -1.0
        self.setSingleShot(True)
        self.timeout.connect(self._drawn)

    def soon(self, at_once: bool) -> None:
        """Something changed: draw it with the next frame, or `at_once` if none was drawn lately."""
        if self.isActive():
            return
        left = FRAME_MS - 1000 * (time.monotonic() - self._last)
        if at_once and left <= 0:
            self.timeout.emit()
        else:
            self.start(max(round(left), 0 if at_once else self._phase_ms))

    @Slot()
    def _drawn(self) -> None:
        self._last = time.monotonic()
