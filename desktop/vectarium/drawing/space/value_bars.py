"""A ranked list of names with a value and a bar each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from vectarium.drawing.palette import Look

Index = QModelIndex | QPersistentModelIndex
RANK, NAME, BAR, VALUE = range(4)
BAR_WIDTH = 62  # pixels at 100 %
NAME_LEAST = 50


@dataclass(frozen=True)
class Bar:
    """One line of the list."""

    name: str
    value: float  # what is written
    length: float  # of the bar, 0 to 1
    role: str = ""  # "found", "own" or nothing special
    tip: str = ""


def listed(name: str) -> str:
    """`name` as it is written in a list of words."""
    return f'"{name}"' if any(mark in name for mark in ",;/ “”") else name


class _Model(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self.bars: tuple[Bar, ...] = ()
        self.decimals = 3

    def show(self, bars: tuple[Bar, ...], decimals: int) -> None:
        self.beginResetModel()
        self.bars, self.decimals = bars, decimals
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.bars)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 4

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The name of the line that is dragged, to be dropped into a list of words."""
        data = QMimeData()
        names = dict.fromkeys(self.bars[index.row()].name for index in indexes)
        data.setText("".join(f", {listed(name)}" for name in names))
        return data

    def data(self, index: Index, role: int = 0) -> Any:
        bar = self.bars[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return bar.tip
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{index.row() + 1}: {bar.name}, {bar.value:.{self.decimals}f}"
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (f"{index.row() + 1}", bar.name, "", f"{bar.value:.{self.decimals}f}")[index.column()]


class _Painter(QStyledItemDelegate):
    def __init__(self, model: _Model, look: Look) -> None:
        super().__init__()
        self._model, self.look = model, look

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look, theme = self.look, self.look.theme
        rect: Any = option.rect
        state: Any = option.state
        bar = self._model.bars[index.row()]
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(theme.raised_more))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(theme.raised))
        area = QRectF(rect).adjusted(look.px(4), 0, -look.px(4), 0)
        color = QColor({"found": theme.found, "own": theme.query}.get(bar.role, theme.accent))
        if index.column() == BAR:
            height = look.px(8)
            track = QRectF(area.left(), area.center().y() - height / 2, area.width(), height)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(track, height / 2, height / 2)
            track.setWidth(max(height, track.width() * min(1.0, max(0.0, bar.length))))
            painter.setBrush(color)
            painter.drawRoundedRect(track, height / 2, height / 2)
            return
        painter.setFont(look.mono(13))
        name_color = theme.found if bar.role == "found" else theme.query if bar.role == "own" else theme.text
        painter.setPen(
            QColor({RANK: theme.tertiary, NAME: name_color, VALUE: theme.secondary}[index.column()])
        )
        side = Qt.AlignmentFlag.AlignLeft if index.column() == NAME else Qt.AlignmentFlag.AlignRight
        text = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideRight, int(area.width())
        )
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextForceLeftToRight, text)


class ValueBars(QTableView):
    """Shows `Bar`s. A click, or Enter, means that one; Ctrl+C copies the list."""

    meant = Signal(int)  # index in the list
    pointed = Signal(object)  # int | None

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._model = _Model()
        self._painter = _Painter(self._model, look)
        self.setModel(self._model)
        self.setItemDelegate(self._painter)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setDragEnabled(True)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().hide()
        self.horizontalHeader().setMinimumSectionSize(1)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.setAccessibleName("Ranked list")
        self.clicked.connect(self._mean)
        self.activated.connect(self._mean)
        self.entered.connect(self._point)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._painter.look = look
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(look.px(24))
        self._fit()
        self.viewport().update()

    def _fit(self) -> None:
        """Numbers get what they need; where there is no room for names and bars, the bars give way."""
        look, shown = self._painter.look, self.bars
        digit = QFontMetricsF(look.mono(13)).horizontalAdvance("0")
        places = max((len(f"{bar.value:.{self._model.decimals}f}") for bar in shown), default=0)
        widths = {
            RANK: round(digit * len(str(len(shown)))) + look.px(10),
            BAR: look.px(BAR_WIDTH),
            VALUE: round(digit * places) + look.px(14),
        }
        for column, width in widths.items():
            self.setColumnWidth(column, width)
        room = self.viewport().width() - sum(widths.values())
        self.setColumnHidden(BAR, room < look.px(NAME_LEAST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(1, 2 * self.verticalHeader().defaultSectionSize())

    def show_bars(self, bars: tuple[Bar, ...], decimals: int = 3) -> None:
        self._model.show(bars, decimals)
        self._fit()

    @property
    def decimals(self) -> int:
        return self._model.decimals

    def full_height(self) -> int:
        """What all lines together need."""
        return max(1, len(self.bars)) * self.verticalHeader().defaultSectionSize()

    @property
    def bars(self) -> tuple[Bar, ...]:
        return self._model.bars

    def as_text(self) -> str:
        """The list, a line each, as it is copied."""
        return "\n".join(
            f"{rank}\t{bar.name}\t{bar.value:.{self._model.decimals}f}"
            for rank, bar in enumerate(self._model.bars, start=1)
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.as_text())
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: Any) -> None:
        self.pointed.emit(None)
        super().leaveEvent(event)

    @Slot(object)
    def _mean(self, index: Index) -> None:
        self.meant.emit(index.row())

    @Slot(object)
    def _point(self, index: Index) -> None:
        self.pointed.emit(index.row())
