"""The chat of the Writing pane: what the user says becomes text that the model continues."""

from PySide6.QtCore import QObject, Signal, Slot

from vectarium.documents import chat
from vectarium.drawing.writing.chat_bar import ChatBar
from vectarium.messages import ModelLoaded
from vectarium.session.session import Session
from vectarium.session.tokens import Tokens

Headings = tuple[tuple[int, int], ...]


class Chatting(QObject):
    """Keeps the bar and the text together. The turns are read from the text, so it alone is kept."""

    answer_due = Signal()  # the message is in the text, and the model is to write on
    changed = Signal()  # how the text is drawn

    def __init__(self, session: Session, bar: ChatBar) -> None:
        super().__init__(bar)
        self._session, self._bar = session, bar
        self.on = False
        self._waiting = False
        bar.show_prompt(chat.SYSTEM_PROMPT)
        bar.said.connect(self._said)
        bar.prompt_changed.connect(self._prompt_changed)
        bar.plain_changed.connect(self.changed)
        session.tokens_changed.connect(self._tokens_changed)
        session.model_changed.connect(self._model_changed)

    def set_on(self, on: bool) -> None:
        """Chat, or write a story."""
        self.on = on
        self._bar.setVisible(on)
        self.changed.emit()
        if on:
            self._bar.entry.setFocus()

    @property
    def stops(self) -> tuple[str, ...]:
        """Where the model stops writing, beyond what the user asked for."""
        return (chat.STOP,) if self.on else ()

    @property
    def headings(self) -> Headings:
        """The characters that name who speaks."""
        if not self.on or self._bar.plain.isChecked():
            return ()
        return tuple(turn.name for turn in chat.turns(self._session.text))

    def show(self) -> None:
        """Show the system prompt of the text."""
        if self.on and chat.turns(self._session.text):
            self._bar.show_prompt(chat.system_prompt(self._session.text))

    @Slot(str)
    def _said(self, message: str) -> None:
        session, prompt = self._session, self._bar.prompt.toPlainText().strip()
        if self._refused(prompt):
            return
        self._bar.entry.clear()
        session.stop_generating()
        session.select(None)
        self._waiting = True
        session.edit_text(chat.with_message(session.text, prompt, message))

    @Slot(str)
    def _prompt_changed(self, prompt: str) -> None:
        if not self._refused(prompt) and chat.turns(self._session.text):
            self._session.edit_text(chat.with_system_prompt(self._session.text, prompt))

    def _refused(self, prompt: str) -> bool:
        problem = chat.problem_of(prompt)
        self._bar.show_problem(problem)
        return bool(problem)

    @Slot(object)
    def _tokens_changed(self, tokens: Tokens) -> None:
        if self._waiting and tokens.pending is None:
            self._waiting = False
            self.answer_due.emit()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self._bar.show_why(
            "A base model: it learned to continue texts, not to help.",
            f"{model.name} goes on with this document as with any other: it was never taught to be an "
            "assistant, and may well write your next line too.",
        )
        self._bar.send.setEnabled(True)
