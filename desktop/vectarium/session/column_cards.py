"""The card that the mouse brings on a token of one of several texts."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Slot

from vectarium.drawing.futures.text_column import TextColumn
from vectarium.drawing.writing.step_card import Card, HoverWait, StepCard


class ColumnCards(QObject):
    """Opens `card` beside tokens; what is on it and what a choice does is for others to say."""

    def __init__(
        self,
        parent: QObject,
        card: StepCard,
        columns: Callable[[], Sequence[TextColumn]],
        card_of: Callable[[int, int], Card | None],
        choose: Callable[[int, int, int], None],
    ) -> None:
        """`card_of` takes a column and a token, `choose` the rank that was chosen as well."""
        super().__init__(parent)
        self.card = card
        self._columns, self._card_of, self._choose = columns, card_of, choose
        self._place: tuple[int, int] | None = None  # column and token that the card is about
        self._hover = HoverWait(self)
        self._hover.due.connect(self._due)
        self._hover.left.connect(card.leave)
        card.chosen.connect(self._chosen)

    @Slot(int, object)
    def hover(self, column: int, token: int | None) -> None:
        """The mouse is on a token of a column now, or on none."""
        self._hover.on(None if token is None else (column, token))

    @Slot(object)
    def _due(self, place: tuple[int, int]) -> None:
        self._show(*place, focus=False)

    @Slot(int, int)
    def open(self, column: int, token: int) -> None:
        """Show the card of a token, and let the keys choose another."""
        self._show(column, token, focus=True)

    def _show(self, column: int, token: int, focus: bool) -> None:
        self._place = None
        if column >= len(self._columns()):
            return
        text = self._columns()[column].text
        rects, card = text.token_rects(token), self._card_of(column, token)
        if rects and card is not None:
            self._place = (column, token)
            self.card.open(card, rects[0].toAlignedRect(), text.viewport(), focus)

    @Slot(int)
    def _chosen(self, rank: int) -> None:
        if self._place is not None:
            self._choose(*self._place, rank)
