"""How a token of the text came about: the card that the mouse brings, and the dice."""

from PySide6.QtCore import QObject, Slot

from vectarium.drawing.writing.prose_editor import ProseEditor
from vectarium.drawing.writing.step_card import HoverWait, StepCard
from vectarium.drawing.writing.writing_side import WritingSide
from vectarium.sampling import Step
from vectarium.session import step_views
from vectarium.session.session import Session
from vectarium.session.token_numbers import TokenNumbers


class TokenDetails(QObject):
    """Fills the card and the dice from the session's steps, and branches off where a candidate is chosen."""

    def __init__(self, session: Session, text: ProseEditor, side: WritingSide, card: StepCard) -> None:
        super().__init__(text)
        self._session, self._text, self._side, self.card = session, text, side, card
        self.numbers = TokenNumbers()  # of the text shown
        self._token = -1
        self._hover = HoverWait(self)
        text.hovered.connect(self._hover.on)
        text.hurried.connect(self._hover.at_once)
        text.verticalScrollBar().valueChanged.connect(card.close_card)
        self._hover.due.connect(self.show_card)
        self._hover.left.connect(card.leave)
        card.chosen.connect(self._candidate_chosen)
        side.dice.chosen.connect(self._dice_chosen)

    @Slot(object)
    def show_card(self, token: int) -> None:
        """Show how `token` came about, while the mouse is on it."""
        self._show(token, focus=False)

    @Slot(int)
    def open_card(self, token: int) -> None:
        """Show how `token` came about, and let the keys choose another."""
        self._show(token, focus=True)

    def _show(self, token: int, focus: bool) -> None:
        tokens, vocabulary = self._session.tokens, self._session.vocabulary
        rects = self._text.token_rects(token)
        if vocabulary is None or tokens.pending is not None or token >= len(tokens) or not rects:
            return
        step = tokens.steps[token]
        if step is None:
            card = step_views.typed_card(int(tokens.ids[token]), token, self.numbers, vocabulary.labels)
        else:
            card = step_views.step_card(step, vocabulary.labels)
        self._token = token
        self.card.open(card, rects[0].toAlignedRect(), self._text.viewport(), focus)

    @Slot(int)
    def _candidate_chosen(self, rank: int) -> None:
        if 0 <= self._token < len(self._session.tokens):
            self._session.writing.choose(self._token, rank)

    # The dice

    def show_dice(self) -> None:
        """Show how the selected token was drawn, or the last one that the model wrote."""
        _, step = self._dice_token()
        vocabulary = self._session.vocabulary
        if step is None or vocabulary is None:
            empty = "Let the model write, and see here how chance chose a token."
            self._side.show_dice(None, None, "", empty)
            return
        title, said = step_views.dice_words(step, vocabulary.labels)
        self._side.show_dice(step, step_views.chances(step, vocabulary.labels), title, said)

    def _dice_token(self) -> tuple[int, Step | None]:
        steps = self._session.tokens.steps
        chosen = self._session.selection.token
        if chosen is not None and chosen < len(steps) and steps[chosen] is not None:
            return chosen, steps[chosen]
        for index in range(len(steps) - 1, -1, -1):
            if steps[index] is not None:
                return index, steps[index]
        return -1, None

    @Slot(int)
    def _dice_chosen(self, entry: int) -> None:
        token, step = self._dice_token()
        if step is not None and entry < len(step.top_ids):
            self._session.writing.choose(token, entry)
