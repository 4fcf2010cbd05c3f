"""A line to type a vector expression in: completion of the word at the caret, and errors in their place."""

import html
import re

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.drawing.palette import Look

_STOPS = re.compile(r"[+−–—*×·/÷()]|(?<!\S)-|-(?=\s)")
_COMPLETE_AFTER_MS = 40


class ExpressionBox(QWidget):
    """`entered` gives the text when Return is pressed or an example chosen; `typed` the word at the caret."""

    entered = Signal(str)
    chosen = Signal(str, str)  # an example: expression, expected word
    typed = Signal(str)

    def __init__(self, look: Look, placeholder: str, name: str) -> None:
        super().__init__()
        self.look = look
        self.line = QLineEdit()
        self.line.setPlaceholderText(placeholder)
        self.line.setAccessibleName(name)
        self.line.setToolTip(f"{name}: Return works it out, such as king - man + woman")
        self.examples = QToolButton()
        self.examples.setText("Examples ▾")
        self.examples.setAccessibleName("Examples")
        self.examples.setToolTip("Expressions from the visual lectures, to start from")
        self.examples.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.examples)
        self._menu.triggered.connect(self._example_chosen)
        self.examples.setMenu(self._menu)
        self.problem = QLabel()
        self.problem.setObjectName("notice")
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.RichText)
        self.problem.linkActivated.connect(self._replace)
        self.problem.hide()
        self._place = (0, 0)
        self._words = QStringListModel(self)
        self._completer = QCompleter(self._words, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setWidget(self.line)
        self._completer.activated.connect(self._completed)
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.setInterval(_COMPLETE_AFTER_MS)
        self._asking.timeout.connect(self._ask)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.examples)
        self._row = row
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        self.line.returnPressed.connect(self._enter)
        self.line.textEdited.connect(self._edited)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.look = look
        self._row.setSpacing(look.px(6))
        self.line.setMinimumWidth(look.px(90))
        self.line.setFont(look.mono(13))
        if (popup := self._completer.popup()) is not None:
            popup.setFont(look.mono(13))
        self.problem.setContentsMargins(look.px(10), look.px(6), look.px(10), look.px(6))

    def set_examples(self, examples: tuple[tuple[str, str], ...]) -> None:
        """(expression, expected word) each."""
        self._menu.clear()
        for expression, expected in examples:
            action = self._menu.addAction(f"{expression}   →   {expected}" if expected else expression)
            action.setData((expression, expected))
        self.examples.setVisible(bool(examples))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.examples.setText("Examples ▾" if self.width() > self.look.px(300) else "▾")

    @property
    def text(self) -> str:
        return self.line.text()

    def set_text(self, text: str) -> None:
        """Show another expression, without asking for it."""
        if text != self.line.text():
            self.line.setText(text)
            self.line.setCursorPosition(0)
        self.clear_problem()

    # What is wrong

    def show_problem(self, message: str, start: int, end: int, near: tuple[str, ...]) -> None:
        """Say what is wrong at the characters `start` to `end`, and offer words to put there."""
        theme = self.look.theme
        text = self.line.text()
        self._place = (start, end)
        # The near words stand below as links.
        parts = [html.escape(message.split(" Did you mean")[0] if near else message)]
        if text and end > start:
            wrong = html.escape(text[start:end]) or "&nbsp;"
            parts.append(
                f"<span style=\"font-family:'JetBrains Mono'\">{html.escape(text[:start])}"
                f'<span style="color:{theme.value}; text-decoration:underline">{wrong}</span>'
                f"{html.escape(text[end:])}</span>"
            )
        if near:
            links = ", ".join(
                f'<a style="color:{theme.accent}" href="{word}">{word}</a>' for word in map(html.escape, near)
            )
            parts.append(f"Did you mean {links}?")
        self.problem.setText("<br>".join(parts))
        self.problem.show()
        self.adjustSize()

    def clear_problem(self) -> None:
        if not self.problem.isHidden():
            self.problem.hide()
            self.adjustSize()

    @Slot(str)
    def _replace(self, word: str) -> None:
        start, end = self._place
        text = self.line.text()
        written = f'"{word}"' if " " in word else word
        self.line.setText(text[:start] + written + text[end:])
        self._enter()

    # Typing

    @Slot()
    def _enter(self) -> None:
        self._asking.stop()
        self._hide_completions()
        self.clear_problem()
        self.entered.emit(self.line.text())

    @Slot(str)
    def _edited(self, text: str) -> None:
        self.clear_problem()
        self._asking.start()

    def _word(self) -> tuple[int, int]:
        """Where the word at the caret begins and ends."""
        caret, text = self.line.cursorPosition(), self.line.text()
        start = max((match.end() for match in _STOPS.finditer(text[:caret])), default=0)
        while start < caret and text[start] == " ":
            start += 1
        return start, caret

    @Slot()
    def _ask(self) -> None:
        start, end = self._word()
        word = self.line.text()[start:end].lstrip('"“')
        if word and not word.endswith(('"', "”")):
            self.typed.emit(word)
        else:
            self._hide_completions()

    def show_completions(self, typed: str, words: tuple[str, ...]) -> None:
        """Offer `words` as long as `typed` is what stands at the caret."""
        start, end = self._word()
        if typed != self.line.text()[start:end].lstrip('"“') or not self.line.hasFocus():
            return
        if not words or words == (typed,):
            self._hide_completions()
            return
        self._words.setStringList(list(words))
        self._completer.complete()

    def _hide_completions(self) -> None:
        if (popup := self._completer.popup()) is not None:
            popup.hide()

    @Slot(str)
    def _completed(self, word: str) -> None:
        start, end = self._word()
        text = self.line.text()
        self.line.setText(text[:start] + word + text[end:])
        self.line.setCursorPosition(start + len(word))

    @Slot(object)
    def _example_chosen(self, action: object) -> None:
        expression, expected = action.data()  # type: ignore[attr-defined]
        self.set_text(expression)
        self.chosen.emit(expression, expected)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear_problem()
        super().keyPressEvent(event)
