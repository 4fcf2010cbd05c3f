"""A next-token distribution as a table with bars, for a whole vocabulary at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from vectarium.drawing.palette import Look, mix

Index = QModelIndex | QPersistentModelIndex
RANK, TOKEN, LOGIT, SCALED, BAR, DRAWN = range(6)
WIDTHS = {RANK: 68, TOKEN: 150, LOGIT: 72, SCALED: 78, DRAWN: 96}  # pixels at 100 %
BAR_LEAST = 190
HEADERS = ("", "token", "logit", "÷ T", "probability", "drawn with")
TIPS = (
    "Rank: 1 is the most likely token",
    "The token, its spaces drawn as ␣",
    "The score that the model gave the token, before the softmax",
    "The logit divided by the temperature",
    "The softmax of the scores divided by the temperature, over the whole vocabulary",
    "The probability of being drawn: after the cuts, with the rest shared out again",
)


@dataclass(frozen=True, eq=False)
class Rows:
    """A distribution in rank order; every array is [rank]."""

    labels: tuple[str, ...]  # [token id]
    ids: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]
    scaled: npt.NDArray[np.float64]
    probability: npt.NDArray[np.float64]
    drawn: npt.NDArray[np.float64]
    kept: int  # the first ranks, which the cuts leave
    count: int  # rows shown
    greedy: bool  # temperature 0, where a division by it means nothing


def percent(share: float) -> str:
    """A probability for a reader, never rounded to certain or impossible: 52.0 %, 0.31 %, 0.0040 %."""
    value = 100 * share
    if value == 0:
        return "0 %"
    if 99.95 <= value < 100:
        return "> 99.9 %"
    if value >= 0.995:
        return f"{value:.1f} %"
    if value >= 0.01:
        return f"{value:.2f} %"
    if value >= 0.0001:
        return f"{value:.4f} %"
    return "< 0.0001 %"


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

    def _tip(self, rank: int) -> str:
        rows = self.rows
        assert rows is not None
        cut = "" if rank < rows.kept else "Cut: it cannot be drawn. "
        return (
            f"{cut}Token {rows.ids[rank]}, rank {rank + 1:,}: probability {rows.probability[rank]:.6g}, "
            f"drawn with {rows.drawn[rank]:.6g}. Double-click to put it after the text."
        )


def cell(rows: Rows, rank: int, column: int) -> str:
    """What stands in a cell."""
    match column:
        case 0:
            return f"{rank + 1:,}"
        case 1:
            return rows.labels[int(rows.ids[rank])]
        case 2:
            return f"{rows.logits[rank]:.2f}"
        case 3:
            return "–" if rows.greedy else f"{rows.scaled[rank]:.2f}"
        case 4:
            return percent(float(rows.probability[rank]))
        case _:
            return percent(float(rows.drawn[rank])) if rank < rows.kept else "cut"


class _Painter(QStyledItemDelegate):
    """Paints the cells, of which the bar is one."""

    def __init__(self, model: _Model, look: Look) -> None:
        super().__init__()
        self._model = model
        self.look = look

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rows = self._model.rows
        if rows is None:
            return
        theme, rank, column = self.look.theme, index.row(), index.column()
        rect: Any = option.rect
        state: Any = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(theme.raised_more))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(theme.raised))
        kept = rank < rows.kept
        colors = {
            RANK: theme.tertiary,
            TOKEN: theme.text,
            LOGIT: theme.key,
            SCALED: theme.temperature,
            BAR: theme.secondary,
            DRAWN: theme.query,
        }
        color = QColor(colors[column]) if kept else mix(theme.tertiary, theme.pane, 0.15)
        pad = self.look.px(6)
        area = QRectF(rect).adjusted(pad, 0, -pad, 0)
        if column == BAR:
            number = self.look.px(78)
            self._paint_bar(
                painter, area.adjusted(0, 0, -number - pad, 0), float(rows.probability[rank]), kept
            )
            area.setLeft(area.right() - number)
        painter.setFont(self.look.mono(13))
        painter.setPen(color)
        side = Qt.AlignmentFlag.AlignLeft if column == TOKEN else Qt.AlignmentFlag.AlignRight
        text = painter.fontMetrics().elidedText(
            cell(rows, rank, column), Qt.TextElideMode.ElideRight, int(area.width())
        )
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextForceLeftToRight, text)

    def _paint_bar(self, painter: QPainter, area: QRectF, share: float, kept: bool) -> None:
        theme = self.look.theme
        height = self.look.px(12)
        track = QRectF(area.left(), area.center().y() - height / 2, area.width(), height)
        radius = self.look.px(3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(track, radius, radius)
        bar = QRectF(track.left(), track.top(), max(1.0, track.width() * share), height)
        if kept:
            gradient = QLinearGradient(track.topLeft(), track.topRight())
            gradient.setColorAt(0, QColor(theme.key))
            gradient.setColorAt(0.6, QColor(theme.query))
            painter.setBrush(gradient)
        else:
            painter.setBrush(QColor(theme.faint))
        painter.drawRoundedRect(bar, min(radius, bar.width() / 2), min(radius, bar.width() / 2))


class DistributionTable(QTableView):
    """Shows `Rows`. Double-click or Enter on a row chooses its token."""

    chosen = Signal(int)  # token id

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._model = _Model()
        self._painter = _Painter(self._model, look)
        self.setModel(self._model)
        self.setItemDelegate(self._painter)
        self.setShowGrid(False)
        self.setMouseTracking(True)
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
        self._painter.look = look
        self.verticalHeader().setDefaultSectionSize(look.px(26))
        self.verticalHeader().setMinimumSectionSize(1)
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, look.px(width))
        self._fit_columns()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Where there is little room, the columns that matter least make way for the bars."""
        look, room = self._painter.look, self.viewport().width()
        needed = sum(WIDTHS.values()) + BAR_LEAST
        for column in (SCALED, LOGIT, RANK, DRAWN):
            hidden = look.px(needed) > room
            self.setColumnHidden(column, hidden)
            if hidden:
                needed -= WIDTHS[column]
        self.setColumnWidth(TOKEN, min(look.px(WIDTHS[TOKEN]), max(look.px(80), room // 3)))

    def show_rows(self, rows: Rows | None) -> None:
        """Show a distribution, or an empty table."""
        self._model.show(rows)

    @Slot(object)
    def _choose(self, index: Index) -> None:
        if self._model.rows is not None:
            self.chosen.emit(int(self._model.rows.ids[index.row()]))
