"""A text that is edited in place: keys, clipboard, drag and drop, input methods, a blinking caret."""

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QFont,
    QGuiApplication,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QAbstractScrollArea, QMenu, QWidget

from vectarium.drawing.text.text_cursor import TextCursor

Key = QKeySequence.StandardKey


class TextArea(QAbstractScrollArea):
    """Keeps the caret and the selection; what the text becomes is told with `edited`.

    Who draws the text knows where its characters are, and gives the methods that raise NotImplementedError.
    """

    edited = Signal(object)  # str; as a QString it would lose stray bytes
    undo_asked = Signal()
    redo_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cursor = TextCursor()
        self._preedit = ""
        self._caret_on = True
        self._goal_x: int | None = None
        self._blink = QTimer(self)
        self._blink.timeout.connect(self._toggle_caret)

    def accept_edits(self) -> None:
        """Take input methods and dropped texts too."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)

    @property
    def text(self) -> str:
        return self._cursor.text

    # What the one who draws knows

    def caret_rect(self) -> QRect:
        """Where the caret is drawn, in the viewport."""
        raise NotImplementedError

    def character_at(self, position: QPoint) -> int:
        """The character before which a click at `position` of the viewport puts the caret."""
        raise NotImplementedError

    def show_caret(self) -> None:
        """Scroll to the caret and draw it."""
        raise NotImplementedError

    def line_edge(self, side: int) -> int:
        """The character at the beginning (0) or after the end (1) of the caret's line."""
        raise NotImplementedError

    def line_step(self) -> int:
        """Pixels from a line to the next."""
        raise NotImplementedError

    def input_font(self) -> QFont:
        """The font that what is typed is drawn in."""
        raise NotImplementedError

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

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key edits text here, and is not for the window's shortcut of the same name."""
        return event.matches(Key.Undo) or event.matches(Key.Redo) or self.is_typing(event)

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self.claims(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def scroll_by_key(self, event: QKeyEvent) -> bool:
        """Scroll with the arrows, page keys, Home and End; whether it was one of these."""
        bar = self.verticalScrollBar()
        moves = {
            Qt.Key.Key_Up: -bar.singleStep(),
            Qt.Key.Key_Down: bar.singleStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_Home: -bar.maximum(),
            Qt.Key.Key_End: bar.maximum(),
        }
        step = moves.get(Qt.Key(event.key()))
        if step is not None:
            bar.setValue(bar.value() + step)
        return step is not None

    @staticmethod
    def is_typing(event: QKeyEvent) -> bool:
        """Whether a key moves the caret or changes the text by itself."""
        command = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier)
        moving = event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
        moving = moving or event.key() in (
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
            Qt.Key.Key_Backspace,
            Qt.Key.Key_Delete,
        )
        return not command and (moving or bool(event.text() and event.text().isprintable()))

    def take_editing_key(self, event: QKeyEvent) -> bool:
        """Do what a key does to the text, the caret or the selection; False if it does nothing to them."""
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
                return True
        if self._erase(event) or self._move(event):
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self._is_command(event):
            self.insert("\n")
        elif event.text() and event.text().isprintable() and self.is_typing(event):
            self.insert(event.text())
        else:
            return False
        return True

    @staticmethod
    def _is_command(event: QKeyEvent) -> bool:
        return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)

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
            (Key.MoveToStartOfLine, Key.SelectStartOfLine, lambda: self.line_edge(0)),
            (Key.MoveToEndOfLine, Key.SelectEndOfLine, lambda: self.line_edge(1)),
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
            step = self.line_step() if event.key() == Qt.Key.Key_Down else -self.line_step()
            goal = caret.center()
            goal.setX(self._goal_x)
            goal.setY(goal.y() + step)
            self._set_cursor(cursor.moved(self.character_at(goal), selecting=selecting), keep_goal=True)
            return True
        return False

    # Mouse

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
        begin = max(0, cursor.caret - 1000)
        answers: dict[Qt.InputMethodQuery, object] = {
            Qt.InputMethodQuery.ImEnabled: True,
            Qt.InputMethodQuery.ImCursorRectangle: self.caret_rect(),
            Qt.InputMethodQuery.ImFont: self.input_font(),
            Qt.InputMethodQuery.ImCursorPosition: cursor.caret - begin,
            Qt.InputMethodQuery.ImSurroundingText: self.text[begin : cursor.caret + 1000],
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
