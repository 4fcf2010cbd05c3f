"""How the cells of a table of a next-token distribution are drawn."""

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from vectarium.drawing.distribution_rows import BAR, DRAWN, LOGIT, PENALISED, RANK, SCALED, TOKEN, Rows, cell
from vectarium.drawing.palette import Look, mix

Index = QModelIndex | QPersistentModelIndex


class CellPainter(QStyledItemDelegate):
    """Paints `rows`, of which one cell is a bar, and a marker on one of the bars."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.rows: Rows | None = None
        self.look = look
        self.marker: int | None = None  # row

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rows = self.rows
        if rows is None:
            return
        theme, row, column = self.look.theme, index.row(), index.column()
        rect: Any = option.rect
        state: Any = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(theme.raised_more))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(theme.raised))
        kept = rows.is_kept(row)
        changed = rows.penalised[row] != rows.logits[row]
        colors = {
            RANK: theme.tertiary,
            TOKEN: theme.query if row == rows.drawn_row else theme.text,
            LOGIT: theme.key,
            PENALISED: theme.value if changed else theme.tertiary,
            SCALED: theme.temperature,
            BAR: theme.secondary,
            DRAWN: theme.query,
        }
        color = QColor(colors[column]) if kept else mix(theme.tertiary, theme.pane, 0.15)
        pad = self.look.px(6)
        area = QRectF(rect).adjusted(pad, 0, -pad, 0)
        if column == BAR:
            number = self.look.px(78)
            track = area.adjusted(0, 0, -number - pad, 0)
            self._paint_bar(painter, track, float(rows.probability[row]), kept)
            if row == self.marker:
                self._paint_marker(painter, track)
            area.setLeft(area.right() - number)
        if column == TOKEN and row == rows.drawn_row:
            self._paint_triangle(painter, QPointF(area.left(), area.center().y()), theme.query)
            area.setLeft(area.left() + pad * 1.5)
        painter.setFont(self.look.mono(13))
        painter.setPen(color)
        side = Qt.AlignmentFlag.AlignLeft if column == TOKEN else Qt.AlignmentFlag.AlignRight
        text = painter.fontMetrics().elidedText(
            cell(rows, row, column), Qt.TextElideMode.ElideRight, int(area.width())
        )
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextForceLeftToRight, text)

    def _paint_triangle(self, painter: QPainter, tip: QPointF, color: str) -> None:
        px = self.look.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        corners = (QPointF(-px(4), -px(5)), QPointF(px(4), 0), QPointF(-px(4), px(5)))
        painter.drawPolygon([tip + corner for corner in corners])

    def _paint_marker(self, painter: QPainter, track: QRectF) -> None:
        """Where the marker stands on its way to the token that was drawn."""
        half = self.look.px(9)
        box = QRectF(track.left() - half / 3, track.center().y() - half, track.width() + half / 1.5, 2 * half)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self.look.theme.text), self.look.px(2)))
        painter.drawRoundedRect(box, half / 2, half / 2)

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
