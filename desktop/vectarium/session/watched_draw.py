"""A draw at a slow pace: a marker visits the bars of its distribution and stops at the drawn token."""

from dataclasses import replace

from PySide6.QtCore import QObject, QRect, Signal, Slot

from vectarium.drawing.distribution_rows import Rows
from vectarium.drawing.distribution_table import DistributionTable
from vectarium.drawing.marker_walk import MarkerWalk
from vectarium.sampling import Step
from vectarium.session.distribution_views import rows_of_step
from vectarium.session.step_views import Labels

VISITED = 12  # the most likely tokens, and the drawn one
WALK = 0.65  # of the time that a draw is watched, the rest is for its flight


class WatchedDraw(QObject):
    """While it is `active`, the table is its own; when it has `ended`, that of its pane again."""

    landed = Signal(str, QRect, int)  # the token drawn, where on the screen, milliseconds until it is text
    ended = Signal()

    def __init__(self, table: DistributionTable) -> None:
        super().__init__(table)
        self._table = table
        self._rows: Rows | None = None
        self._rest = 0
        self._walk = MarkerWalk(self)
        self._walk.at.connect(table.set_marker)
        self._walk.landed.connect(self._landed)

    @property
    def active(self) -> bool:
        return self._rows is not None

    def begin(self, step: Step, labels: Labels, most: int, milliseconds: int) -> None:
        """Show what `step` was drawn from, at most `most` rows; say which it was only in the end."""
        rows = rows_of_step(step, labels, max(1, min(most, self._table.rows_in_sight() - 1)))
        assert rows.drawn_row is not None
        self._rows = rows
        self._rest = round((1 - WALK) * milliseconds)
        self._table.show_rows(replace(rows, drawn_row=None))
        self._table.scrollToTop()
        self._walk.start(min(VISITED, rows.count), rows.drawn_row, round(WALK * milliseconds))

    @Slot()
    def _landed(self) -> None:
        rows = self._rows
        if rows is not None and rows.drawn_row is not None:
            self._table.show_rows(rows)
            place = self._table.token_rect(rows.drawn_row)
            place.moveTopLeft(self._table.viewport().mapToGlobal(place.topLeft()))
            self.landed.emit(rows.labels[int(rows.ids[rows.drawn_row])], place, self._rest)

    @Slot()
    def end(self) -> None:
        """The token is text, or the user wants something else."""
        if self._rows is not None:
            self._rows = None
            self._walk.stop()
            self._table.set_marker(None)
            self.ended.emit()
