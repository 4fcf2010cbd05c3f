"""How exactly tokens are written: in float32, or in a form of the weights that is faster here."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from vectarium.messages import ModelLoaded, Reply
from vectarium.messages_writing import ChooseForm, FormChosen
from vectarium.session.session import NextToken, Session


class Precision(QObject):
    """Asks for the form once a model has answered for the first time, which it must not delay."""

    changed = Signal()  # exact, chosen

    def __init__(self, session: Session, exact: bool) -> None:
        super().__init__(session)
        self._session = session
        self.exact = exact
        self.chosen: FormChosen | None = None  # None until a model is there and has its form
        self._due = self._asked = False
        session.model_changed.connect(self._model_changed)
        session.next_token_changed.connect(self._next_token_changed)
        session.answered.connect(self._answered)
        session.cancelled.connect(self._cancelled)

    def set_exact(self, exact: bool) -> None:
        """With `exact` no weight is rounded; without, what is fastest."""
        if exact == self.exact:
            return
        self.exact = exact
        self._session.stop_generating()
        if self._session.model is not None:
            self._ask()
        self.changed.emit()

    def _ask(self) -> None:
        self._due, self._asked = False, True
        self._session.ask(ChooseForm, exact=self.exact)

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self._due, self.chosen = True, None
        self.changed.emit()

    @Slot(object)
    def _next_token_changed(self, known: NextToken | None) -> None:
        if self._due and known is not None:
            self._ask()

    @Slot(object)
    def _answered(self, reply: Reply) -> None:
        if isinstance(reply, FormChosen):
            self._asked = False
            if reply.forgotten:
                self._session.read_anew()
                self._due = False
            self.chosen = replace(reply, forgotten=False)
            self.changed.emit()

    @Slot()
    def _cancelled(self) -> None:
        """Writing takes the form that was asked for all the same: what it is has to be told."""
        if self._asked:
            self._ask()
