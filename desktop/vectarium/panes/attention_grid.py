"""The left side of the Attention pane: the grid of all heads in their order, and what was done to it."""

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from vectarium.attention.head_measures import MEASURES, Limit, in_words
from vectarium.drawing.heads.head_grid import Head, HeadGrid, Thumbnails
from vectarium.drawing.heads.head_switches import HeadSwitches
from vectarium.drawing.palette import Look
from vectarium.session.attention_reading import Heads


class AttentionGrid(QWidget):
    """Shows `Heads` as the switches want them."""

    def __init__(self, switches: HeadSwitches, look: Look) -> None:
        super().__init__()
        self._switches = switches
        self.grid = HeadGrid(look)
        self.note = QLabel()
        self.note.setProperty("role", "small")
        self.note.setWordWrap(True)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.grid, 1)
        self._layout.addWidget(self.note)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.setMinimumSize(look.px(100), look.px(130))
        self._layout.setContentsMargins(look.px(10), look.px(8), look.px(4), look.px(8))

    def wanted_width(self, height: int) -> int | None:
        """The width that the grid fills at this height; None where any will do."""
        margins, below = self._layout.contentsMargins(), self.note.sizeHint().height()
        inside = height - margins.top() - margins.bottom() - (below if self.note.text() else 0)
        wanted = self.grid.wanted_width(inside)
        return None if wanted is None else wanted + margins.left() + margins.right()

    def show_heads(self, heads: Heads) -> None:
        """Show what is known of them, in the order of the switches."""
        order = self._order(heads)
        measures, hidden, sort = heads.measures, heads.treatment.hide_sink, self._switches.sort

        def about(head: Head) -> str:
            does = in_words(measures[:, *head], hidden)
            if sort < 0:
                return does
            measure = MEASURES[sort]
            return f"{does}\n{measure.name} {measure.text(measures[sort][head])}: {measure.how}"

        def number(head: Head) -> str:
            return MEASURES[sort].text(measures[sort][head]) if sort >= 0 else ""

        averages = self._switches.averages.isChecked()
        limit = self._switches.limit
        nothing = f"No head has {limit.text}: {MEASURES[sort].name}." if limit is not None else ""
        shown = Thumbnails(heads.cells, heads.ready, about, number, order, averages, nothing)
        self.grid.show_heads(shown)
        self.note.setText(self._about(heads, order))
        self.note.setVisible(bool(self.note.text()))

    def _order(self, heads: Heads) -> tuple[Head, ...] | None:
        """The heads that are there, by their measure; None for the model's own order."""
        sort, limit = self._switches.sort, self._switches.limit
        if sort < 0:
            return None
        values = heads.measures[sort]
        there = list(np.ndindex(values.shape))[: heads.ready * values.shape[1]]
        smallest_first = limit is not None and not limit.at_least
        if limit is not None:
            there = [head for head in there if limit.allows(float(values[head]))]
        sign = 1 if smallest_first else -1
        return tuple(sorted(there, key=lambda head: np.nan_to_num(sign * values[head], nan=np.inf)))

    def _about(self, heads: Heads, order: tuple[Head, ...] | None) -> str:
        notes = []
        hidden, words = heads.treatment.hide_sink, heads.treatment.words
        if order is not None:
            sort, limit = self._switches.sort, self._switches.limit
            how = MEASURES[sort].how
            cut = f" {_limited(len(order), heads.measures[0].size, limit)}" if limit is not None else ""
            notes.append(f"layer·head, {how[0].lower()}{how[1:]}{cut}")
        if hidden:
            notes.append(
                "First token hidden, its weight shared out again, in the pictures and the measures; only "
                "“first token” still says how much that was."
            )
        if words:
            notes.append("The pictures are of words, the measures of tokens.")
        if heads.tokens_a_cell > 1:
            a_cell, what = heads.tokens_a_cell, "words" if words else "tokens"
            notes.append(f"Each dot is the largest weight among {a_cell} × {a_cell} {what}.")
        return " ".join(notes)


def _limited(found: int, of: int, limit: Limit) -> str:
    return f"{found:,} of {of:,} heads have {limit.text}."
