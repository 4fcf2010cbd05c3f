"""Prose in a column: to be read and pointed at, not to be written in."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QMenu

from vectarium.drawing.palette import Look
from vectarium.drawing.writing.flowing_text import FlowingText

SMALLEST, LARGEST = 15, 20  # pixels at 100 %
SHARE_OF_LINE = 15


class ColumnProse(FlowingText):
    """Keys that neither scroll nor copy are left to the widgets around it."""

    token_hovered = Signal(object)  # token or None
    token_opened = Signal(int)  # token, by a click

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self._token: int | None = None

    def set_look(self, look: Look) -> None:
        super().set_look(look)
        self._pad = look.px(12)
        self._set_font_size(self._fitting_size())
        self._reflow()

    def _fitting_size(self) -> int:
        """A narrow column has smaller letters than the text looked at, and as many to a line as it can."""
        return min(max(SMALLEST, int(self._room() / self.look.zoom / SHARE_OF_LINE)), LARGEST)

    def claims(self, event: QKeyEvent) -> bool:
        return False  # nothing is written here, so every shortcut is the window's

    def focusInEvent(self, event: object) -> None:
        self.viewport().update()

    def focusOutEvent(self, event: object) -> None:
        self.viewport().update()

    def show_text(self, text: str, spans: object) -> None:
        """Show `text` with tokens at `spans`, [token, 2] characters."""
        self.set_text(text, spans)  # type: ignore[arg-type]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        token = self.token_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and token is not None:
            self.token_opened.emit(token)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.token_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pass

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pass

    def leaveEvent(self, event: object) -> None:
        self._point_at(None)

    def _point_at(self, token: int | None) -> None:
        if token != self._token:
            self._token = token
            self.token_hovered.emit(token)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy this text", self.copy_text).setEnabled(bool(self.text))
        menu.popup(event.globalPos())

    def copy_text(self) -> None:
        """The whole text; stray bytes become U+FFFD there, since the clipboard holds only text."""
        plain = self.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        QGuiApplication.clipboard().setText(plain)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_text()
        elif not self.scroll_by_key(event):
            event.ignore()
