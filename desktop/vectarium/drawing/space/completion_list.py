"""A list of words under a line that is typed in. Its caret is counted as Python counts characters."""

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView

from vectarium.drawing.palette import Look
from vectarium.drawing.stylesheet import stylesheet

_ENCODING = "utf-16-le"  # Qt counts the halves of characters beyond U+FFFF, such as emoji

_TAKE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)


def caret_of(line: QLineEdit) -> int:
    """The character before which the caret of `line` stands."""
    before = line.text().encode(_ENCODING, "surrogatepass")[: 2 * line.cursorPosition()]
    return len(before.decode(_ENCODING, "replace"))


def set_caret(line: QLineEdit, place: int) -> None:
    """Put the caret of `line` before a character."""
    line.setCursorPosition(len(line.text()[:place].encode(_ENCODING, "surrogatepass")) // 2)


def select(line: QLineEdit, start: int, end: int) -> None:
    """Select the characters from `start` to `end` of `line`."""
    set_caret(line, start)
    first = line.cursorPosition()
    set_caret(line, end)
    line.setSelection(first, line.cursorPosition() - first)


class CompletionList(QObject):
    """`taken` carries what the chosen entry means."""

    taken = Signal(object)

    def __init__(self, line: QLineEdit) -> None:
        super().__init__(line)
        self._model = QStandardItemModel(self)
        self._completer = QCompleter(self._model, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(12)
        self._completer.setWidget(line)
        self.popup = QListView()
        self.popup.setProperty("role", "mono")
        self._completer.setPopup(self.popup)
        self.popup.installEventFilter(self)  # before the completer's, which gives Enter to the line first
        self._completer.activated[QModelIndex].connect(self._take)  # type: ignore[index]

    def set_look(self, look: Look) -> None:
        # A window of its own: no style reaches it from the line that it belongs to.
        self.popup.setStyleSheet(stylesheet(look))

    @property
    def is_open(self) -> bool:
        return self.popup.isVisible()

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self._model.item(row).text() for row in range(self._model.rowCount()))

    def offer(self, entries: tuple[tuple[str, object], ...], heading: str = "") -> None:
        """(what is drawn, what it means) each; `heading` cannot be chosen. Nothing closes the list."""
        self._model.clear()
        if heading:
            title = QStandardItem(heading)
            title.setFlags(Qt.ItemFlag.NoItemFlags)
            self._model.appendRow(title)
        for label, meaning in entries:
            item = QStandardItem(label)
            item.setEditable(False)
            item.setData(meaning)
            self._model.appendRow(item)
        if self._model.rowCount():
            self._completer.complete()
            self.popup.setCurrentIndex(QModelIndex())
        else:
            self.close()

    def close(self) -> None:
        self.popup.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter takes the entry that is marked, if one is; Escape closes the list and does no more."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            marked = self.popup.currentIndex()
            if event.key() in _TAKE and marked.isValid():
                self.close()
                self._take(marked)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
        return super().eventFilter(watched, event)

    @Slot(QModelIndex)
    def _take(self, index: QModelIndex) -> None:
        meaning = index.data(Qt.ItemDataRole.UserRole + 1)
        if meaning is not None:
            self.taken.emit(meaning)
