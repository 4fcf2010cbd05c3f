"""A next-token distribution as a table with bars, for a whole vocabulary at once."""

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QCursor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from vectarium.drawing.distribution_painter import RowsPainter
from vectarium.drawing.distribution_rows import (
    BAR,
    DRAWN,
    LOGIT,
    PENALISED,
    RANK,
    SCALED,
    TOKEN,
    Rows,
    cell,
    percent,
)
from vectarium.drawing.palette import Look

Index = QModelIndex | QPersistentModelIndex
WIDTHS = {RANK: 60, TOKEN: 126, LOGIT: 66, PENALISED: 80, SCALED: 66, DRAWN: 92}  # pixels at 100 %
BAR_LEAST = 174
HEADERS = ("", "token", "logit", "penalised", "÷ T", "probability", "drawn with")
TIPS = (
    "Rank: 1 is the most likely token",
    "The token, its spaces drawn as ␣",
    "The score that the model gave the token, before the softmax",
    "The logit after the repetition penalty, which is for tokens that the model sees in the text",
    "The score so far divided by the temperature",
    "The softmax of the scores divided by the temperature, over the whole vocabulary",
    "The probability of being drawn: after the cuts, with the rest shared out again",
)


class _Model(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: Rows | None = None

    def show(self, rows: Rows | None) -> None:
        """The same number of rows is repainted in place, so that the scroll position stays."""
        if self.rows is not None and rows is not None and self.rows.count == rows.count:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(rows.count - 1, DRAWN))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if self.rows is None or parent.isValid() else self.rows.count

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return TIPS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            left = section in (TOKEN, BAR)
            side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        if self.rows is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(index.row())
        return cell(self.rows, index.row(), index.column())

    def _tip(self, row: int) -> str:
        rows = self.rows
        assert rows is not None
        share = float(rows.probability[row])
        cut = "" if rows.is_kept(row) else "Cut: it cannot be drawn. "
        act = "put it after the text" if rows.drawn_row is None else "branch off with it"
        was = "This is the token that was drawn." if row == rows.drawn_row else f"Double-click to {act}."
        return (
            f"{cut}Token {rows.ids[row]}, rank {rows.rank_of(row) + 1:,}: probability "
            f"{percent(share)} ({share:.6g}), drawn with {rows.drawn[row]:.6g}. {was}"
        )


class DistributionTable(QTableView):
    """Shows `Rows`. Double-click or Enter on a row chooses its token."""

    chosen = Signal(int)  # row

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._model = _Model()
        self._painter = RowsPainter(look)
        self.setModel(self._model)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(BAR, QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setAccessibleName("Next-token distribution")
        self.activated.connect(self._choose)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._painter.set_look(look)
        self.verticalHeader().setDefaultSectionSize(look.px(26))
        self.verticalHeader().setMinimumSectionSize(1)
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, look.px(width))
        self._fit_columns()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def paintEvent(self, event: QPaintEvent) -> None:
        area, viewport = event.rect(), self.viewport()
        first, last = self.rowAt(area.top()), self.rowAt(area.bottom())
        if first < 0:
            lines = []
        else:
            rows = range(first, (last if last >= 0 else self._model.rowCount() - 1) + 1)
            lines = [(row, self.rowViewportPosition(row), self.rowHeight(row)) for row in rows]
        columns = [
            (column, self.columnViewportPosition(column), self.columnWidth(column))
            for column in range(len(HEADERS))
            if not self.isColumnHidden(column)
        ]
        chosen = self.selectionModel().selectedRows()
        selected = chosen[0].row() if chosen else -1
        mouse = viewport.mapFromGlobal(QCursor.pos())
        pointed_at = self.rowAt(mouse.y()) if viewport.underMouse() else -1
        painter = QPainter(viewport)
        self._painter.paint(painter, area, lines, columns, selected, pointed_at)
        painter.end()

    def _fit_columns(self) -> None:
        """Where there is little room, the columns that matter least make way for the bars."""
        look, room = self._painter.look, self.viewport().width()
        penalty = self._model.rows is not None and self._model.rows.penalty
        self.setColumnHidden(PENALISED, not penalty)
        needed = sum(WIDTHS.values()) + BAR_LEAST - (0 if penalty else WIDTHS[PENALISED])
        for column in (SCALED, LOGIT, *((PENALISED,) if penalty else ()), RANK, DRAWN):
            hidden = look.px(needed) > room
            self.setColumnHidden(column, hidden)
            if hidden:
                needed -= WIDTHS[column]
        self.setColumnWidth(TOKEN, min(look.px(WIDTHS[TOKEN]), max(look.px(80), room // 3)))

    def show_rows(self, rows: Rows | None) -> None:
        """Show a distribution, or an empty table."""
        self._model.show(rows)
        self._painter.rows = rows
        if (rows is not None and rows.penalty) == self.isColumnHidden(PENALISED):
            self._fit_columns()

    def set_marker(self, row: int | None) -> None:
        """Put the marker on the bar of a row, or away."""
        self._painter.marker = row
        self.viewport().update()

    def rows_in_sight(self) -> int:
        """How many whole rows there is room for."""
        return max(1, self.viewport().height() // self.verticalHeader().defaultSectionSize())

    def token_rect(self, row: int) -> QRect:
        """Where the token of a row is written, in the viewport."""
        return self.visualRect(self._model.index(row, TOKEN))

    @Slot(object)
    def _choose(self, index: Index) -> None:
        if self._model.rows is not None:
            self.chosen.emit(index.row())
