"""The model's own numbers of every token of the text, as colours, as a chart and as perplexity."""

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from vectarium.drawing.palette import Theme
from vectarium.drawing.writing.prose_painting import Marks
from vectarium.drawing.writing.token_colors import classes, legend
from vectarium.drawing.writing.writing_view import WritingView
from vectarium.messages import Failed, Ids, Reply, read_only
from vectarium.messages_writing import Score, Scored
from vectarium.session.session import Selection, Session
from vectarium.session.token_numbers import TokenNumbers, TypedScores

Headings = tuple[tuple[int, int], ...]


class TokenColoring(QObject):
    """Knows the numbers of drawn tokens from their steps, and asks the model for those of typed ones."""

    changed = Signal()  # what is shown is not the newest any more

    def __init__(self, session: Session, view: WritingView) -> None:
        super().__init__(view.text)
        self._session = session
        self._text, self._legend, self._chart = view.text, view.legend, view.chart
        self._button, self._chart_action = view.color_button, view.chart_action
        self._mode = "probability"
        self._scores = TypedScores()
        self._asked: tuple[Ids, frozenset[int]] | None = None  # a text's positions, not all answered yet
        self.numbers = TokenNumbers()
        session.answered.connect(self._answered)
        session.failed.connect(self._failed)
        session.cancelled.connect(self._expect_nothing)
        session.model_changed.connect(self._model_changed)
        session.selection_changed.connect(self._selection_changed)
        session.hover_changed.connect(self._hover_changed)
        self._chart.clicked.connect(session.select)
        self._chart.hovered.connect(session.set_hover)
        self._button.menu().triggered.connect(self._chosen)
        self._name_mode()

    def look_up(self) -> None:
        """Take the numbers of the text as it is now, and ask for those that are not known."""
        session, tokens = self._session, self._session.tokens
        settled = tokens.pending is None
        self.numbers = self._scores.numbers(tokens.ids, tokens.steps if settled else (None,) * len(tokens))
        if session.model is None or not settled or session.generating:
            return
        missing = self._scores.missing(tokens.ids, tokens.steps)
        if missing and not self._is_asked(tokens.ids, missing):
            self._asked = tokens.ids, frozenset(missing)
            session.ask(Score, ids=tokens.ids, positions=read_only(np.array(missing, np.int32)))

    def _is_asked(self, ids: Ids, positions: list[int]) -> bool:
        """Whether the answer is on its way."""
        asked = self._asked
        return asked is not None and asked[1].issuperset(positions) and np.array_equal(asked[0], ids)

    def show(self, theme: Theme, headings: Headings) -> None:
        """Colour the text and draw the chart; `headings` are characters that name who speaks."""
        session, numbers = self._session, self.numbers
        shown = legend(self._mode, theme)
        kinds = classes(self._mode, numbers.probability, numbers.rank, numbers.entropy_bits)
        known = session.next_token
        seen_from = known.seen_from if known is not None else 0
        marks = Marks(kinds, shown.colors, ~numbers.drawn, numbers.by_hand, seen_from, headings)
        self._text.set_marks(marks)
        typed = bool((kinds[~numbers.drawn] >= 0).any())
        self._legend.show_legend(shown, chosen=bool(numbers.by_hand), typed=typed)
        if self._chart.isVisible() and session.vocabulary is not None:
            most = float(np.log2(len(session.vocabulary)))
            self._chart.set_values(numbers.probability, numbers.entropy_bits, most)

    def perplexity_in_words(self, stretch: tuple[int, int]) -> str:
        """What the model makes of the tokens from the first to before the last."""
        found = self.numbers.perplexity(*stretch)
        if found is None:
            return "No perplexity: the first token has no probability."
        return f"perplexity {found[0]:,.2f} over {found[1]:,} tokens"

    @Slot(object)
    def _answered(self, reply: Reply) -> None:
        # What was asked before rounded weights were given up, or of another model, is expected no more.
        if isinstance(reply, Scored) and self._asked is not None:
            self._scores.use(reply)
            self.changed.emit()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        if isinstance(failure.request, Score):
            self._expect_nothing()

    @Slot()
    def _expect_nothing(self) -> None:
        self._asked = None

    @Slot()
    def _model_changed(self) -> None:
        self._expect_nothing()
        self._scores.clear()
        self.changed.emit()

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        self._chart.set_marked(selection.token, self._session.hover)

    @Slot(object)
    def _hover_changed(self, token: int | None) -> None:
        self._chart.set_marked(self._session.selection.token, token)

    @Slot(object)
    def _chosen(self, action: object) -> None:
        if action is self._chart_action:
            self._chart.setVisible(self._chart_action.isChecked())
        else:
            self._mode = action.data()  # type: ignore[attr-defined]
            self._name_mode()
        self.changed.emit()

    def _name_mode(self) -> None:
        self._button.setText(f"colour: {self._mode} ▾")
        self._button.setAccessibleName(f"Colour by {self._mode}")
