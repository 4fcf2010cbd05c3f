"""What a widget drew anew, against what looks other than before."""

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QImage, QRegion
from PySide6.QtWidgets import QApplication, QWidget


class Painted(QObject):
    """Sees which part of a widget is drawn while it is `looking`."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.region, self._widget = QRegion(), widget
        self.looking = False
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.looking and event.type() == QEvent.Type.Paint:
            self.region += event.region()
        return False

    def lines(self) -> np.ndarray:
        """[y] whether pixels in that line were drawn from the left to the right edge."""
        bounds = self.region.boundingRect()
        drawn = np.zeros(self._widget.height(), bool)
        drawn[bounds.top() : bounds.bottom() + 1] = True
        return drawn

    def picture(self) -> np.ndarray:
        """[y, x] the whole widget, drawn apart."""
        looking, self.looking = self.looking, False
        image = self._widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        self.looking = looking
        return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width()).copy()


def drawn_and_changed(widget: QWidget, qtbot, change) -> tuple[np.ndarray, np.ndarray]:
    """[y] the lines that a change has drawn anew, and those that look other than before."""
    painted = Painted(widget)
    painted.looking = True
    widget.update()
    qtbot.waitUntil(lambda: not painted.region.isEmpty())
    QApplication.processEvents()
    painted.looking, painted.region = False, QRegion()
    before = painted.picture()
    painted.looking = True
    change()
    qtbot.waitUntil(lambda: not painted.region.isEmpty())
    QApplication.processEvents()
    painted.looking = False
    other = (before != painted.picture()).any(axis=1)
    drawn = painted.lines()
    painted.deleteLater()
    return drawn, other
