"""A line to type a vector expression in: completion of the word at the caret, and errors in their place."""

import html
import re

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.drawing.palette import Look
from vectarium.drawing.space.completion_list import CompletionList, caret_of, set_caret
from vectarium.messages_vectors import Completions

_STOPS = re.compile(r"[+−–—*×·/÷()]|(?<!\S)-|-(?=\s)")


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
        self.line.setProperty("role", "mono")
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
        self.completions = CompletionList(self.line)
        self.completions.taken.connect(self._completed)
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
        self.line.setMinimumWidth(look.px(64))
        self.completions.set_look(look)
        self.problem.setContentsMargins(look.px(10), look.px(6), look.px(10), look.px(6))

    def set_examples(self, examples: tuple[tuple[str, str], ...]) -> None:
        """(expression, expected word) each."""
        self._menu.clear()
        for expression, expected in examples:
            action = self._menu.addAction(f"{expression}   →   {expected}" if expected else expression)
            action.setData((expression, expected))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is little room it is the line's."""
        self.examples.setText("Examples ▾" if self.width() > self.look.px(300) else "▾")
        self.examples.setVisible(not self._menu.isEmpty() and self.width() > self.look.px(130))

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
        """Say what is wrong at the characters `start` to `end`, and offer expressions to put there."""
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
        self.line.setText(text[:start] + word + text[end:])
        self._enter()

    # Typing

    @Slot()
    def _enter(self) -> None:
        self.completions.close()
        self.clear_problem()
        self.entered.emit(self.line.text())

    @Slot(str)
    def _edited(self, text: str) -> None:
        self.clear_problem()
        self._ask()

    def _word(self) -> tuple[int, int]:
        """Where the word at the caret begins and ends."""
        caret, text = caret_of(self.line), self.line.text()
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
            self.completions.close()

    def show_completions(self, found: Completions) -> None:
        """Offer words of the space that begin as what stands at the caret, if that was asked for."""
        start, end = self._word()
        if found.typed != self.line.text()[start:end].lstrip('"“') or not self.line.hasFocus():
            return
        offered = tuple(
            (label, expression)
            for row, label, expression in zip(found.rows, found.labels, found.expressions, strict=True)
            if row is not None and not found.alike
        )
        if [expression for _, expression in offered] == [found.typed]:
            offered = ()
        self.completions.offer(offered)

    @Slot(object)
    def _completed(self, word: str) -> None:
        start, end = self._word()
        text = self.line.text()
        self.line.setText(text[:start] + word + text[end:])
        set_caret(self.line, start + len(word))

    @Slot(object)
    def _example_chosen(self, action: object) -> None:
        expression, expected = action.data()  # type: ignore[attr-defined]
        self.set_text(expression)
        self.chosen.emit(expression, expected)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.clear_problem()
        super().keyPressEvent(event)
