"""Paints the cells of one head's matrix."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from vectarium.drawing.heads.head_colors import (
    ground_color,
    image,
    score_colors,
    strongest,
    weight_colors,
    weight_share,
)
from vectarium.drawing.heads.head_view_layout import Frame
from vectarium.drawing.palette import Look, Theme, contrast

NUMBERS_FROM = 42  # pixels at 100 % that a cell needs for its number
DOTS_FROM = 5
DOT_RADIUS = 0.47  # of a cell, of the weight 1


@dataclass(frozen=True, eq=False)
class Matrix:
    """Numbers for each query and key. `weights` are from 0 to 1, scores have a sign."""

    values: npt.NDArray[np.float32]  # [query, key]
    labels: tuple[str, ...]  # [token]
    weights: bool = True
    masked: bool = True  # a key after the query is closed
    infinity: bool = False  # and drawn as −∞

    @property
    def limit(self) -> float:
        """The largest number without its sign, where the scale of the colours ends."""
        if self.weights:
            return 1.0
        shown = self.values[np.tri(len(self.values), dtype=bool)] if self.masked else self.values
        return float(np.abs(shown).max(initial=0)) or 1.0


def number(value: float, weights: bool) -> str:
    """A cell's number, short."""
    if value == -np.inf:
        return "−∞"
    if weights:
        return f"{value:.2f}".removeprefix("0") if value < 0.995 else "1.0"
    return f"{value:.1f}".replace("-", "−") if abs(value) < 100 else f"{value:.0f}".replace("-", "−")


def paint_cells(
    painter: QPainter, look: Look, frame: Frame, matrix: Matrix, queries_down: bool, dots: bool
) -> None:
    """The cells inside the frame's area."""
    rows, columns = frame.visible()
    if not rows or not columns:
        return
    oriented = matrix.values if queries_down else matrix.values.T
    cells = oriented[rows.start : rows.stop, columns.start : columns.stop]
    down, across = np.arange(rows.start, rows.stop)[:, None], np.arange(columns.start, columns.stop)
    later = across > down if queries_down else down > across  # the key comes after the query
    closed = later if matrix.masked else np.zeros_like(later)
    painter.save()
    painter.setClipRect(frame.area)
    block = frame.rect(rows.start, columns.start, len(rows), len(columns))
    ratio = painter.device().devicePixelRatio()
    share = weight_share(cells) if matrix.weights else np.nan_to_num(cells / matrix.limit, neginf=0)
    if dots and frame.cell >= look.px(DOTS_FROM):
        _paint_dots(painter, look, frame, share, closed, matrix.weights, rows, columns)
    else:
        colors = (weight_colors if matrix.weights else score_colors)(look.theme)
        shares = share if matrix.weights else (share + 1) / 2
        step = max(1, int(1 / (frame.cell * ratio)))
        if step > 1:
            shares, hidden = _reduced(shares, step, 0.0 if matrix.weights else 0.5), closed[::step, ::step]
            block.setSize(
                QRectF(0, 0, shares.shape[1] * step * frame.cell, shares.shape[0] * step * frame.cell).size()
            )
        else:
            hidden = closed
        painter.drawImage(block, image(shares, colors, hidden))
        _paint_lines(painter, look, frame, rows, columns)
    if matrix.infinity:
        _paint_closed(painter, look, frame, closed, rows, columns)
    if frame.cell >= look.px(NUMBERS_FROM):
        _paint_numbers(painter, look, frame, matrix, cells, closed, dots, rows, columns)
    painter.restore()


def _reduced(shares: npt.NDArray[np.floating], step: int, middle: float) -> npt.NDArray[np.floating]:
    """The share farthest from the middle of the scale in each block."""
    high, low = (strongest(shares, step, (0, 1), of) for of in (np.maximum, np.minimum))
    return np.where(high - middle >= middle - low, high, low)


def _paint_lines(painter: QPainter, look: Look, frame: Frame, rows: range, columns: range) -> None:
    if frame.cell < look.px(7):
        return
    painter.setPen(QPen(QColor(look.theme.pane), 1))
    block = frame.rect(rows.start, columns.start, len(rows), len(columns))
    for row in range(rows.start, rows.stop + 1):
        y = round(frame.rect(row, 0).top())
        painter.drawLine(QPointF(block.left(), y), QPointF(block.right(), y))
    for column in range(columns.start, columns.stop + 1):
        x = round(frame.rect(0, column).left())
        painter.drawLine(QPointF(x, block.top()), QPointF(x, block.bottom()))


def _paint_dots(
    painter: QPainter,
    look: Look,
    frame: Frame,
    share: npt.NDArray[np.floating],
    closed: npt.NDArray[np.bool_],
    weights: bool,
    rows: range,
    columns: range,
) -> None:
    """A dot's area is its weight."""
    theme = look.theme
    block = frame.rect(rows.start, columns.start, len(rows), len(columns))
    ground = image(
        np.zeros(share.shape) if weights else np.full(share.shape, 0.5),
        (weight_colors if weights else score_colors)(theme),
        closed,
    )
    painter.drawImage(block, ground)
    _paint_lines(painter, look, frame, rows, columns)
    radius = (share if weights else np.sign(share) * np.sqrt(np.abs(share))) * DOT_RADIUS * frame.cell
    radius = np.where(closed, 0, radius)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    positive = QColor(theme.query if weights else theme.positive)
    for color, wanted in ((positive, radius > 0.3), (QColor(theme.negative), radius < -0.3)):
        painter.setBrush(color)
        for row, column in np.argwhere(wanted).tolist():
            center = frame.rect(rows.start + row, columns.start + column).center()
            size = abs(float(radius[row, column]))
            painter.drawEllipse(center, size, size)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _paint_closed(
    painter: QPainter, look: Look, frame: Frame, closed: npt.NDArray[np.bool_], rows: range, columns: range
) -> None:
    """Hatched, with −∞ where there is room for it."""
    theme = look.theme
    written = frame.cell >= look.px(18)
    font = look.mono(min(13, max(9, 0.42 * frame.cell / look.zoom)))
    painter.setFont(font)
    brush = QBrush(QColor(theme.line), Qt.BrushStyle.BDiagPattern)
    for row in range(len(rows)):
        hidden = np.flatnonzero(closed[row])
        if len(hidden):
            first, last = int(hidden[0]), int(hidden[-1])
            strip = frame.rect(rows.start + row, columns.start + first, 1, last - first + 1)
            painter.fillRect(strip, brush)
            if written:
                painter.setPen(QColor(theme.secondary))
                for column in hidden.tolist():
                    rect = frame.rect(rows.start + row, columns.start + column)
                    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "−∞")


def _paint_numbers(
    painter: QPainter,
    look: Look,
    frame: Frame,
    matrix: Matrix,
    cells: npt.NDArray[np.float32],
    closed: npt.NDArray[np.bool_],
    dots: bool,
    rows: range,
    columns: range,
) -> None:
    theme = look.theme
    painter.setFont(look.mono(min(16.0, 0.28 * frame.cell / look.zoom)))
    colors = (weight_colors if matrix.weights else score_colors)(theme)
    for row, column in np.argwhere(~closed).tolist():
        value = float(cells[row, column])
        share = sqrt(max(0.0, value)) if matrix.weights else (value / matrix.limit + 1) / 2
        behind = QColor.fromRgba(int(colors[round(255 * min(1.0, max(0.0, share)))]))
        rect = frame.rect(rows.start + row, columns.start + column)
        text = number(value, matrix.weights)
        if not dots:
            painter.setPen(_ink(theme, behind))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
            continue
        middle = share if matrix.weights else sqrt(abs(2 * share - 1))
        size = min(1.0, middle) * DOT_RADIUS * frame.cell
        color = QColor(theme.query if matrix.weights else theme.positive if value > 0 else theme.negative)
        dot, whole = QPainterPath(), QPainterPath()
        dot.addEllipse(rect.center(), size, size)
        whole.addRect(rect)
        # A number is often wider than its dot: each part of it is drawn to be read on what is behind it.
        for part, ground in ((whole - dot, ground_color(theme)), (dot, color)):
            painter.save()
            painter.setClipPath(part, Qt.ClipOperation.IntersectClip)
            painter.setPen(_ink(theme, ground))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
            painter.restore()


def _ink(theme: Theme, ground: QColor) -> QColor:
    """The colour of numbers that is read best on `ground`."""
    return max((QColor(theme.window), QColor(theme.text)), key=lambda pen: contrast(pen, ground))
