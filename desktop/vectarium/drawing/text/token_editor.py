"""A token strip that one types into: keys, mouse, clipboard, drag and drop, input methods."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.text.text_cursor import TextCursor
from vectarium.drawing.text.token_strip import TokenStrip

Key = QKeySequence.StandardKey


class TokenEditor(TokenStrip):
    """Edits the text of the boxes. It keeps the caret; what the text becomes is told with `edited`."""

    edited = Signal(str)
    clicked = Signal(int)  # box
    hovered = Signal(object)  # box | None
    released = Signal()  # Esc: no token is selected any more
    undo_asked = Signal()
    redo_asked = Signal()

    def __init__(self, look: Look, tip: Callable[[int], str], parent: QWidget | None = None) -> None:
        """`tip` says what a box's tooltip says, as rich text."""
        super().__init__(look, parent)
        self._tip = tip
        self._goal_x: int | None = None
        self._blink = QTimer(self)
        self._blink.timeout.connect(self._toggle_caret)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setAccessibleName("Text")

    # Editing

    def _set_cursor(self, cursor: TextCursor, *, keep_goal: bool = False) -> None:
        changed = cursor.text != self._cursor.text
        self._cursor = cursor
        if not keep_goal:
            self._goal_x = None
        if changed:
            self.edited.emit(cursor.text)
        self.show_caret()

    def insert(self, text: str) -> None:
        """Put `text` in the place of the selection or at the caret."""
        if text or self._cursor.selected:
            self._set_cursor(self._cursor.replaced(text))

    def select_all(self) -> None:
        self._set_cursor(TextCursor(self.text, len(self.text), 0))

    def copy(self) -> None:
        """Copy the selected text; stray bytes become U+FFFD there, since the clipboard holds only text."""
        if self._cursor.selected:
            plain = self._cursor.selected.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            QGuiApplication.clipboard().setText(plain)

    def cut(self) -> None:
        self.copy()
        self.insert("")

    def paste(self) -> None:
        self._take(QGuiApplication.clipboard().mimeData())

    def _take(self, data: QMimeData | None) -> None:
        if data is not None and data.hasText():
            self.insert(data.text().replace("\r\n", "\n"))

    # Keys

    def event(self, event: QEvent) -> bool:
        # What edits text belongs to the text, not to the window's shortcuts of the same name.
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (event.matches(Key.Undo) or event.matches(Key.Redo) or self._is_typing(event))
        ):
            event.accept()
            return True
        return super().event(event)

    @staticmethod
    def _is_typing(event: QKeyEvent) -> bool:
        command = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier)
        moving = event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
        moving = moving or event.key() in (
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
            Qt.Key.Key_Backspace,
            Qt.Key.Key_Delete,
        )
        return not command and (moving or bool(event.text() and event.text().isprintable()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        for keys, act in (
            (Key.Undo, self.undo_asked.emit),
            (Key.Redo, self.redo_asked.emit),
            (Key.SelectAll, self.select_all),
            (Key.Copy, self.copy),
            (Key.Cut, self.cut),
            (Key.Paste, self.paste),
        ):
            if event.matches(keys):
                act()
                return
        if self._erase(event) or self._move(event):
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.insert("\n")
        elif event.key() == Qt.Key.Key_Escape:
            self._set_cursor(self._cursor.moved(self._cursor.caret))
            self.released.emit()
        elif event.text() and event.text().isprintable() and self._is_typing(event):
            self.insert(event.text())
        else:
            super().keyPressEvent(event)

    def _erase(self, event: QKeyEvent) -> bool:
        cursor = self._cursor
        if event.matches(Key.DeleteStartOfWord):
            to = cursor.word_left()
        elif event.matches(Key.DeleteEndOfWord):
            to = cursor.word_right()
        elif event.key() == Qt.Key.Key_Backspace:
            to = cursor.left()
        elif event.key() == Qt.Key.Key_Delete:
            to = cursor.right()
        else:
            return False
        self._set_cursor(cursor.erased(to))
        return True

    def _move(self, event: QKeyEvent) -> bool:
        cursor, end = self._cursor, len(self.text)
        for keys, selecting_keys, target in (
            (Key.MoveToPreviousChar, Key.SelectPreviousChar, cursor.left),
            (Key.MoveToNextChar, Key.SelectNextChar, cursor.right),
            (Key.MoveToPreviousWord, Key.SelectPreviousWord, cursor.word_left),
            (Key.MoveToNextWord, Key.SelectNextWord, cursor.word_right),
            (Key.MoveToStartOfLine, Key.SelectStartOfLine, lambda: self._line_edge(0)),
            (Key.MoveToEndOfLine, Key.SelectEndOfLine, lambda: self._line_edge(1)),
            (Key.MoveToStartOfDocument, Key.SelectStartOfDocument, lambda: 0),
            (Key.MoveToEndOfDocument, Key.SelectEndOfDocument, lambda: end),
        ):
            if event.matches(keys) or event.matches(selecting_keys):
                self._set_cursor(cursor.moved(target(), selecting=bool(event.matches(selecting_keys))))
                return True
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            selecting = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            caret = self.caret_rect()
            self._goal_x = self._goal_x if self._goal_x is not None else caret.left()
            step = self._line_height if event.key() == Qt.Key.Key_Down else -self._line_height
            goal = caret.center()
            goal.setX(self._goal_x)
            goal.setY(goal.y() + step)
            self._set_cursor(cursor.moved(self.character_at(goal), selecting=selecting), keep_goal=True)
            return True
        return False

    def _line_edge(self, side: int) -> int:
        if not len(self._boxes):
            return 0
        line = self._flow.line_of(self._box_of_character(self._cursor.caret))
        box = int(self._flow.line_starts[line + side]) - side
        return int(self._boxes.spans[box, side])

    # Mouse

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

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        selected = bool(self._cursor.selected)
        for name, act, enabled in (
            ("Cut", self.cut, selected),
            ("Copy", self.copy, selected),
            ("Paste", self.paste, True),
            ("Select all", self.select_all, bool(self.text)),
        ):
            menu.addAction(name, act).setEnabled(enabled)
        menu.exec(event.globalPos())
        menu.deleteLater()

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

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_cursor(self._cursor.moved(self.character_at(event.position().toPoint())))
        self._take(event.mimeData())
        event.acceptProposedAction()

    # Input methods and the caret

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._preedit = event.preeditString()
        self.insert(event.commitString())
        self.viewport().update()

    def inputMethodQuery(self, query: Qt.InputMethodQuery) -> object:
        cursor = self._cursor
        answers: dict[Qt.InputMethodQuery, object] = {
            Qt.InputMethodQuery.ImEnabled: True,
            Qt.InputMethodQuery.ImCursorRectangle: self.caret_rect(),
            Qt.InputMethodQuery.ImFont: self._label_font,
            Qt.InputMethodQuery.ImCursorPosition: cursor.caret - max(0, cursor.caret - 1000),
            Qt.InputMethodQuery.ImSurroundingText: self.text[
                max(0, cursor.caret - 1000) : cursor.caret + 1000
            ],
            Qt.InputMethodQuery.ImCurrentSelection: cursor.selected[:1000],
        }
        return answers.get(query, super().inputMethodQuery(query))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        flash = QGuiApplication.styleHints().cursorFlashTime()
        if flash > 0:
            self._blink.start(flash // 2)
        self.show_caret()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._blink.stop()
        self.viewport().update()

    def _toggle_caret(self) -> None:
        self._caret_on = not self._caret_on
        self.viewport().update(self.caret_rect().adjusted(-2, -2, 2, 2))
