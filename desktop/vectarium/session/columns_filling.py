"""Fills the columns of Side by side from what was written in them, and does what the user asks there."""

import secrets

from PySide6.QtCore import QObject, Slot

from vectarium.drawing.futures.columns_view import ColumnsView
from vectarium.drawing.palette import Look
from vectarium.drawing.writing.step_card import Card, StepCard
from vectarium.drawing.writing.token_colors import legend
from vectarium.session import column_views, step_views
from vectarium.session.column_cards import ColumnCards
from vectarium.session.session import Session
from vectarium.session.side_by_side import SideBySide


class ColumnsFilling(QObject):
    """Connects a view with what it shows."""

    def __init__(self, session: Session, columns: SideBySide, view: ColumnsView, card: StepCard) -> None:
        super().__init__(view)
        self._session, self._columns, self._view = session, columns, view
        self.cards = ColumnCards(self, card, lambda: view.columns, self._card_of, self._choose)
        bar = view.bar
        view.settings_changed.connect(columns.set_settings)
        view.seed_changed.connect(columns.set_own_seed)
        view.keep_asked.connect(columns.keep)
        view.hovered.connect(self.cards.hover)
        view.opened.connect(self.cards.open)
        for asking in (view, bar):
            asking.play_asked.connect(self.play_or_pause)
            asking.step_asked.connect(columns.step)
            asking.back_asked.connect(columns.back)
        bar.stop_asked.connect(columns.stop)
        bar.pace_changed.connect(columns.set_pace)
        bar.seed_changed.connect(columns.set_seed)
        bar.common_changed.connect(columns.set_common)
        bar.new_seed_asked.connect(self._new_seed)

    @Slot()
    def play_or_pause(self) -> None:
        """Write on in all columns, or pause."""
        if self._columns.running:
            self._columns.pause()
        else:
            self._columns.play()

    @Slot()
    def _new_seed(self) -> None:
        self._columns.set_seed(secrets.randbits(32))

    def show(self, mode: str, look: Look) -> None:
        """Show everything as it is now, in the colours of `mode`."""
        view, columns, vocabulary = self._view, self._columns, self._session.vocabulary
        assert vocabulary is not None
        first = len(columns.base)
        settings = tuple(column.settings for column in columns.columns)
        view.set_count(len(columns.columns), settings, len(vocabulary))
        for index, column in enumerate(columns.columns):
            head = view.heads[index]
            head.show_settings(column.settings)
            head.show_seed(columns.seed if columns.common else column.seed, not columns.common)
            head.set_keepable(bool(column.steps))
            branch = columns.branch(index)
            numbers = column_views.numbers_of_steps(branch)
            facts = [column_views.beyond_temperature(column.settings), column_views.facts_of(numbers, first)]
            facts[1] += " · ended by the model" if column.over else ""
            view.columns[index].show_text(
                column_views.column_text(
                    branch,
                    vocabulary,
                    numbers,
                    first,
                    mode,
                    look.theme,
                    column.seen_from,
                    "\n".join(filter(None, facts)),
                )
            )
        chosen = any(step.uniform is None for column in columns.columns for step in column.steps)
        view.legend.show_legend(legend(mode, look.theme), chosen=chosen, typed=False)
        self._show_bar(first)

    def _show_bar(self, first: int) -> None:
        view, bar, columns, model = self._view, self._view.bar, self._columns, self._session.model
        view.running = columns.running
        written = bool(columns.length)
        bar.set_state(running=columns.running, can_write=columns.can_write, can_take_back=written)
        bar.stop.setEnabled(written or columns.running)
        bar.show_seed(columns.seed, columns.common)
        if model is not None:
            longest = max(columns.columns, key=lambda column: len(column.steps))
            seen = min(first + len(longest.steps) - longest.seen_from, model.context)
            bar.meter.show_context(seen, model.context, longest.seen_from)

    def _card_of(self, index: int, token: int) -> Card | None:
        vocabulary, base = self._session.vocabulary, self._columns.base
        steps = self._columns.columns[index].steps
        if vocabulary is None or token - len(base) >= len(steps):
            return None
        if token < len(base):
            return Card(vocabulary.labels[base.ids[token]], "part of the text that all columns continue")
        return step_views.step_card(steps[token - len(base)], vocabulary.labels)

    def _choose(self, index: int, token: int, rank: int) -> None:
        step = token - len(self._columns.base)
        if index < len(self._columns.columns) and 0 <= step < len(self._columns.columns[index].steps):
            self._columns.choose(index, step, rank)
