"""The tokens along one head's matrix, and which way queries and keys run."""

from math import pi, sin

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter

from vectarium.drawing.heads.head_view_layout import Frame
from vectarium.drawing.palette import Look

SLANT = 50  # degrees of the labels on top
SMALLEST, LARGEST = 12.0, 17.0  # pixels at 100 %: rather fewer tokens than smaller ones


def label_font(look: Look, cell: float) -> QFont:
    """As large as the cells allow, and always large enough to be read in a hall."""
    return look.mono(_label_size(look, cell))


def _label_size(look: Look, cell: float) -> float:
    return min(LARGEST, max(SMALLEST, 0.5 * cell / look.zoom))


def label_room(look: Look, labels: tuple[str, ...], cell: float) -> tuple[float, float]:
    """How wide the labels at the side and how high the slanted ones on top would like to be."""
    size, bold = _label_size(look, cell), QFont.Weight.Bold
    widest = max((look.mono_width(label, size, bold) for label in labels), default=0.0) + look.px(10)
    return widest, widest * sin(SLANT * pi / 180) + QFontMetrics(look.mono(size, bold)).height()


def paint_labels(
    painter: QPainter,
    look: Look,
    frame: Frame,
    labels: tuple[str, ...],
    queries_down: bool,
    lit: tuple[frozenset[int], frozenset[int]],
) -> None:
    """Tokens at the side and on top, thinned where they would touch; `lit` (down, across) always."""
    theme = look.theme
    size = _label_size(look, frame.cell)
    font, bold = look.mono(size), look.mono(size, QFont.Weight.Bold)
    metrics = QFontMetrics(font)
    step = max(1, -(-round(metrics.height() * 0.92) // max(1, round(frame.cell))))
    if frame.cell < 1:
        step = max(1, round(metrics.height() / frame.cell))
    colors = (theme.query, theme.key) if queries_down else (theme.key, theme.query)
    visible = frame.visible()
    pad, reach = look.px(5), metrics.height() / 2
    for side in (0, 1):
        room = frame.area.left() - look.px(4) if side == 0 else (frame.area.top()) / sin(SLANT * pi / 180)
        painter.save()
        if side == 0:
            painter.setClipRect(frame.area.adjusted(-frame.area.left(), -reach, -frame.area.width(), reach))
        chosen = sorted(index for index in lit[side] if index in visible[side])
        shown = [index for index in visible[side] if index % step == 0]
        apart = metrics.height() * 0.92
        shown = [index for index in shown if all(abs(index - one) * frame.cell >= apart for one in chosen)]
        for index in (*shown, *chosen):
            strong = index in lit[side]
            painter.setFont(bold if strong else font)
            painter.setPen(QColor(theme.text if strong else colors[side]))
            text, weight = labels[index], QFont.Weight.Bold if strong else QFont.Weight.Normal
            if look.mono_width(text, size, weight) > int(room - pad):
                text = QFontMetrics(painter.font()).elidedText(
                    text, Qt.TextElideMode.ElideRight, int(room - pad)
                )
            if side == 0:
                rect = frame.rect(index, 0)
                where = QRectF(
                    0, rect.center().y() - metrics.height(), frame.area.left() - pad, 2 * metrics.height()
                )
                painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            else:
                center = frame.rect(0, index).center().x()
                painter.save()
                painter.translate(center, frame.area.top() - look.px(4))
                painter.rotate(-SLANT)
                painter.drawText(
                    QRectF(0, -metrics.height(), room + pad, 1.5 * metrics.height()),
                    Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                    text,
                )
                painter.restore()
        painter.restore()


def paint_axes(painter: QPainter, look: Look, frame: Frame, queries_down: bool) -> None:
    """What runs down and what runs across, in the corner."""
    theme, font = look.theme, look.words(12)
    painter.setFont(font)
    height = QFontMetrics(font).height()
    across, down = ("keys →", "queries ↓") if queries_down else ("queries →", "keys ↓")
    colors = (theme.key, theme.query) if queries_down else (theme.query, theme.key)
    right = frame.area.left() - look.px(6)
    reach = (QFontMetrics(label_font(look, frame.cell)).height() - frame.cell) / 2  # of the first token
    bottom = frame.area.top() - max(look.px(4), reach)
    for line, (text, color) in enumerate(((down, colors[1]), (across, colors[0]))):
        painter.setPen(QColor(color))
        rect = QRectF(0, bottom - (line + 1) * height, right, height)
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
