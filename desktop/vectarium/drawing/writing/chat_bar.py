"""Where the user of a chat speaks, and what stands before the chat."""

from PySide6.QtCore import QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from vectarium.drawing.palette import Look

SETTLE_MS = 400


class ChatBar(QWidget):
    """A system prompt, a line to say something, and why the answers are what they are."""

    said = Signal(str)
    prompt_changed = Signal(str)
    plain_changed = Signal(bool)  # whether the chat is shown as the one text that it is

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._why = self._more = self._problem = ""
        self.prompt = QPlainTextEdit()
        self.prompt.setTabChangesFocus(True)
        self.prompt.setToolTip("The system prompt: the beginning of the document, before anybody speaks")
        self.prompt.setAccessibleName("System prompt")
        self.entry = QLineEdit()
        self.entry.setPlaceholderText("Say something as the user")
        self.entry.setAccessibleName("What the user says")
        self.entry.setToolTip("Your message: it is put after “User:”, and the model continues the document")
        self.send = QPushButton("Send")
        self.send.setProperty("role", "primary")
        self.send.setEnabled(False)  # until there is a model to answer
        self.send.setToolTip("Put the message into the text and let the model write the answer (Return)")
        self.plain = QPushButton("As one text")
        self.plain.setCheckable(True)
        self.plain.setProperty("role", "choice")
        self.plain.setToolTip("Show the chat as the single text that the model continues")
        self.why = QLabel()
        self.why.setProperty("role", "small")
        self.why.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        name = QLabel("System prompt")
        name.setProperty("role", "small")
        name.setBuddy(self.prompt)
        head = QHBoxLayout()
        head.addWidget(name)
        head.addStretch(1)
        head.addWidget(self.plain)
        row = QHBoxLayout()
        row.addWidget(self.entry, 1)
        row.addWidget(self.send)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(self.prompt)
        layout.addWidget(self.why)
        layout.addLayout(row)
        self._layout = layout
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(SETTLE_MS)
        self._typing.timeout.connect(self._tell_prompt)
        self.prompt.textChanged.connect(self._typing.start)
        self.entry.returnPressed.connect(self._send)
        self.send.clicked.connect(self._send)
        self.plain.toggled.connect(self.plain_changed)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._layout.setContentsMargins(look.px(14), look.px(8), look.px(14), look.px(4))
        self._layout.setSpacing(look.px(6))
        self.prompt.setFixedHeight(look.px(56))

    def show_why(self, why: str, more: str) -> None:
        """Why the answers are what they are, and more of it in the tooltip."""
        self._why, self._more = why, more
        self.show_problem(self._problem)

    def show_problem(self, problem: str) -> None:
        """Say what is wrong with the system prompt in the place of that; empty if nothing is."""
        self._problem = problem
        self.why.setText(problem or self._why)
        self.why.setToolTip(problem or self._more)
        self.why.setWordWrap(bool(problem))
        self.why.setProperty("role", "problem" if problem else "small")
        self.why.style().polish(self.why)

    def show_prompt(self, prompt: str) -> None:
        """Show the system prompt of the text, unless the user has just typed it or has to mend it."""
        typing = self.prompt.hasFocus() or self._typing.isActive()
        if not self._problem and not typing and prompt != self.prompt.toPlainText():
            with QSignalBlocker(self.prompt):
                self.prompt.setPlainText(prompt)

    @Slot()
    def _tell_prompt(self) -> None:
        self.prompt_changed.emit(self.prompt.toPlainText())

    @Slot()
    def _send(self) -> None:
        """What was said stays in the entry until somebody takes it."""
        if self._typing.isActive():
            self._typing.stop()
            self._tell_prompt()
        message = self.entry.text().strip()
        if message:
            self.said.emit(message)
