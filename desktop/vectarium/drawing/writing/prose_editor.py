"""Prose that is read, with keys that let the model write, or edited by hand anywhere."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.text.text_cursor import TextCursor
from vectarium.drawing.writing.flowing_text import FlowingText
from vectarium.drawing.writing.prose_painting import paint, paint_composed

Key = QKeySequence.StandardKey


class ProseEditor(FlowingText):
    """While it is read, Space and the arrows are for `take_key`. It is edited after F2, a double click, or
    anything typed or pasted, and until Escape; then all keys are the text's."""

    clicked = Signal(object)  # token, or None beside the text
    hovered = Signal(object)  # token or None
    hurried = Signal(object)  # token under the mouse, when Ctrl is pressed
    editing_changed = Signal(bool)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        self.editing = False
        self.take_key: Callable[[QKeyEvent], bool] = lambda event: False  # whether it knew the key
        self._under_mouse: int | None = None
        self._pressed: QPointF | None = None
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.accept_edits()

    @Slot(bool)
    def set_editing(self, editing: bool) -> None:
        """Let the keys edit the text, or let them be for who listens."""
        if editing != self.editing:
            self.editing = editing
            if not editing:
                self._select(self._cursor.moved(self._cursor.caret))
            self.editing_changed.emit(editing)
            self.viewport().update()

    def _select(self, cursor: TextCursor) -> None:
        """Another caret or selection in the same text."""
        self._cursor = cursor
        self._find_stretch()
        self.viewport().update()

    def _set_cursor(self, cursor: TextCursor, *, keep_goal: bool = False) -> None:
        if cursor.text != self.text:
            self.set_editing(True)
        super()._set_cursor(cursor, keep_goal=keep_goal)
        self._find_stretch()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed = event.position()
        selecting = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        place = self.character_at(event.position().toPoint())
        self._select(self._cursor.moved(place, selecting=selecting))
        self._caret_on = True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not (event.buttons() & Qt.MouseButton.LeftButton and self._pressed is not None):
            self._set_under_mouse(self.token_at(event.position()))
            return
        begun, token = self.token_at(self._pressed), self.token_at(event.position())
        if self.editing:
            place = self.character_at(event.position().toPoint())
            self._select(self._cursor.moved(place, selecting=True))
        elif begun is not None and token is not None and token != begun:
            # Read, not edited: whole tokens, of which a perplexity can be said.
            low, high = min(begun, token), max(begun, token)
            start, end = int(self._spans[low, 0]), int(self._spans[high, 1])
            self._select(replace(self._cursor, anchor=start, caret=end))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            if not self._cursor.selected:
                self.clicked.emit(self.token_at(self._pressed))
            self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit, with the word under the mouse selected."""
        cursor = self._cursor.moved(self.character_at(event.position().toPoint()))
        end = cursor.moved(cursor.word_right())
        self.set_editing(True)
        self._select(replace(end, anchor=_past_spaces(self.text, end.word_left())))

    def leaveEvent(self, event: object) -> None:
        self._set_under_mouse(None)

    def _set_under_mouse(self, token: int | None) -> None:
        if token != self._under_mouse:
            self._under_mouse = token
            self.hovered.emit(token)

    # Keyboard

    def claims(self, event: QKeyEvent) -> bool:
        return self.editing and super().claims(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Control and self._under_mouse is not None:
            self.hurried.emit(self._under_mouse)
        if self.editing:
            if event.key() == Qt.Key.Key_Escape:
                self.set_editing(False)
            elif not (self.take_editing_key(event) or self.scroll_by_key(event)):
                event.ignore()
        elif event.key() == Qt.Key.Key_F2:
            self.set_editing(True)
            self.show_caret()
        elif not (self.scroll_by_key(event) or self.take_key(event) or self._begin(event)):
            event.ignore()

    def _begin(self, event: QKeyEvent) -> bool:
        """Keys that edit the text even while it is read, and those that only look at it."""
        if event.matches(Key.Copy) and not self._cursor.selected:
            whole = TextCursor(self.text, len(self.text), 0)
            cursor, self._cursor = self._cursor, whole
            self.copy()
            self._cursor = cursor
            return True
        looks = event.matches(Key.Copy) or event.matches(Key.SelectAll)
        erases = event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete)
        types = bool(event.text()) and event.text().isprintable() and self.is_typing(event)
        edits = erases or types or event.matches(Key.Paste) or event.matches(Key.Cut)
        return (looks or edits) and self.take_editing_key(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        # A space is a step of the model until something else is typed, however it comes.
        if self.editing or event.preeditString() or event.commitString().strip():
            super().inputMethodEvent(event)

    # Carets

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(self.look.theme.pane))
        paint(painter, self, event.rect())
        theme, focused = self.look.theme, self.hasFocus()
        # Where the model goes on, and where typing goes.
        painter.fillRect(
            self.end_rect(), QColor(theme.accent if focused and not self.editing else theme.tertiary)
        )
        if self._preedit:
            paint_composed(painter, self, self._preedit)
        elif focused and self.editing and self._caret_on:
            painter.fillRect(self.caret_rect(), QColor(theme.text))
        elif focused and not self.editing and self._cursor.caret < len(self.text):
            painter.fillRect(self.caret_rect(), QColor(theme.tertiary))


def _past_spaces(text: str, index: int) -> int:
    while index < len(text) and text[index].isspace():
        index += 1
    return index
