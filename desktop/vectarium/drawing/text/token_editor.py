"""A token strip that one types into."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QToolTip, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.text.text_cursor import TextCursor
from vectarium.drawing.text.token_strip import TokenStrip


class TokenEditor(TokenStrip):
    """Edits the text of the boxes; a click also tells which box it hit."""

    clicked = Signal(int)  # box
    hovered = Signal(object)  # box | None
    released = Signal()  # Esc: no token is selected any more

    def __init__(self, look: Look, tip: Callable[[int], str], parent: QWidget | None = None) -> None:
        """`tip` says what a box's tooltip says, as rich text."""
        super().__init__(look, parent)
        self._tip = tip
        self.accept_edits()
        self.setAccessibleName("Text")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._set_cursor(self._cursor.moved(self._cursor.caret))
            self.released.emit()
        elif not self.take_editing_key(event):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        position = event.position().toPoint()
        selecting = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._set_cursor(self._cursor.moved(self.character_at(position), selecting=selecting))
        if (box := self.box_at(position)) is not None and not selecting:
            self.clicked.emit(box)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._set_cursor(self._cursor.moved(self.character_at(position), selecting=True))
        self.hovered.emit(self.box_at(position))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if (box := self.box_at(event.position().toPoint())) is not None:
            start, end = (int(edge) for edge in self._boxes.spans[box])
            self._set_cursor(TextCursor(self.text, end, start))

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.hovered.emit(None)
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            box = self.box_at(event.pos())
            if box is not None and self._boxes.ids[box] >= 0:
                QToolTip.showText(event.globalPos(), self._tip(box), self.viewport(), self.box_rect(box))
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)
