"""How the rows of a table of a next-token distribution are drawn."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPen

from vectarium.drawing.distribution_rows import BAR, DRAWN, LOGIT, PENALISED, RANK, SCALED, TOKEN, Rows, cell
from vectarium.drawing.palette import Look, mix

_IN_PLACE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextForceLeftToRight


class RowsPainter:
    """Paints `rows`, of which one column is a bar, and a marker on one of the bars.

    Column after column: while the model writes, a hundred cells are painted several times a second.
    """

    def __init__(self, look: Look) -> None:
        self.rows: Rows | None = None
        self.marker: int | None = None  # row
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.look, theme = look, look.theme
        self._font = look.mono(13)
        self._metrics = QFontMetricsF(self._font)
        self._below_center = (self._metrics.ascent() - self._metrics.descent()) / 2
        self._pad, self._number = look.px(6), look.px(78)
        self._bar_height, self._radius = look.px(12), look.px(3)
        self._ground, self._track, self._faint = map(QColor, (theme.pane, theme.raised, theme.faint))
        self._selected, self._cut = QColor(theme.raised_more), mix(theme.tertiary, theme.pane, 0.15)
        self._query, self._value = QColor(theme.query), QColor(theme.value)
        self._colors = {
            RANK: QColor(theme.tertiary),
            TOKEN: QColor(theme.text),
            LOGIT: QColor(theme.key),
            PENALISED: QColor(theme.tertiary),
            SCALED: QColor(theme.temperature),
            BAR: QColor(theme.secondary),
            DRAWN: self._query,
        }

    def paint(
        self,
        painter: QPainter,
        area: QRect,
        lines: Sequence[tuple[int, int, int]],
        columns: Iterable[tuple[int, int, int]],
        selected: int,
        pointed_at: int,
    ) -> None:
        """Fill `area`. Of each row its number, top and height, of each column its number, left and width."""
        painter.fillRect(area, self._ground)
        rows = self.rows
        if rows is None:
            return
        for row, top, height in lines:
            if row in (selected, pointed_at):
                color = self._selected if row == selected else self._track
                painter.fillRect(area.x(), top, area.width(), height, color)
        painter.setFont(self._font)
        for column, left, width in columns:
            begin, end = left + self._pad, left + width - self._pad
            for row, top, height in lines:
                if column == TOKEN:
                    self._paint_token(painter, rows, row, QRectF(begin, top, end - begin, height))
                    continue
                middle, room = top + height / 2, end - begin
                if column == BAR:
                    room = self._number
                    self._paint_share(painter, rows, row, begin, end - room - self._pad, middle)
                painter.setPen(self._color(rows, row, column))
                self._paint_number(painter, cell(rows, row, column), end, room, middle)

    def _color(self, rows: Rows, row: int, column: int) -> QColor:
        if not rows.is_kept(row):
            return self._cut
        if column == PENALISED and rows.penalised[row] != rows.logits[row]:
            return self._value
        return self._query if column == TOKEN and row == rows.drawn_row else self._colors[column]

    def _paint_number(self, painter: QPainter, text: str, right: int, room: int, middle: float) -> None:
        width = self._metrics.horizontalAdvance(text)
        if width > room:
            text = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            width = self._metrics.horizontalAdvance(text)
        painter.drawText(QPointF(right - width, middle + self._below_center), text)

    def _paint_token(self, painter: QPainter, rows: Rows, row: int, area: QRectF) -> None:
        if row == rows.drawn_row:
            self._paint_triangle(painter, QPointF(area.left(), area.center().y()), self._query)
            area.setLeft(area.left() + self._pad * 1.5)
        painter.setPen(self._color(rows, row, TOKEN))
        text, elided = cell(rows, row, TOKEN), Qt.TextElideMode.ElideRight
        painter.drawText(area, _IN_PLACE, painter.fontMetrics().elidedText(text, elided, int(area.width())))

    def _paint_share(
        self, painter: QPainter, rows: Rows, row: int, left: int, right: int, middle: float
    ) -> None:
        track = QRectF(left, middle - self._bar_height / 2, right - left, self._bar_height)
        self._paint_bar(painter, track, float(rows.probability[row]), rows.is_kept(row))
        if row == self.marker:
            self._paint_marker(painter, track)

    def _paint_triangle(self, painter: QPainter, tip: QPointF, color: QColor) -> None:
        px = self.look.px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        corners = (QPointF(-px(4), -px(5)), QPointF(px(4), 0), QPointF(-px(4), px(5)))
        painter.drawPolygon([tip + corner for corner in corners])

    def _paint_marker(self, painter: QPainter, track: QRectF) -> None:
        """Where the marker stands on its way to the token that was drawn."""
        half = self.look.px(9)
        box = QRectF(track.left() - half / 3, track.center().y() - half, track.width() + half / 1.5, 2 * half)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self.look.theme.text), self.look.px(2)))
        painter.drawRoundedRect(box, half / 2, half / 2)

    def _paint_bar(self, painter: QPainter, track: QRectF, share: float, kept: bool) -> None:
        radius = self._radius
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._track)
        painter.drawRoundedRect(track, radius, radius)
        bar = QRectF(track.left(), track.top(), max(1.0, track.width() * share), track.height())
        if kept:
            gradient = QLinearGradient(track.topLeft(), track.topRight())
            gradient.setColorAt(0, self._colors[LOGIT])
            gradient.setColorAt(0.6, self._query)
            painter.setBrush(gradient)
        else:
            painter.setBrush(self._faint)
        rounded = min(radius, bar.width() / 2)
        painter.drawRoundedRect(bar, rounded, rounded)
