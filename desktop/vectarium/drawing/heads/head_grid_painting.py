"""Paints the small pictures of a head grid, and the enlarged one under the mouse."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter

from vectarium.drawing.heads.head_colors import LEVELS, strongest, weight_colors, weight_share
from vectarium.drawing.heads.head_grid_layout import Label
from vectarium.drawing.palette import Look, Theme

Pixels = npt.NDArray[np.uint32]


def stamps(cells: npt.NDArray[np.float32], side: int, queries_down: bool, theme: Theme) -> Pixels:
    """Pictures of `side` pixels of the weights [head, query, key], as 0xAARRGGBB [head, row, column].

    Reduced by maximum where there are more cells than pixels: a strong link stays visible.
    """
    step = max(1, -(-cells.shape[-1] // side))
    if step > 1:
        cells = strongest(cells, step, (-2, -1))
    count = cells.shape[-1]
    level = (weight_share(cells) * (LEVELS - 1) + 0.5).astype(np.uint8)
    pixels = np.where(np.tri(count, dtype=bool), weight_colors(theme)[level], np.uint32(0))
    if not queries_down:
        pixels = pixels.swapaxes(-2, -1)
    at = np.arange(side) * count // side
    return pixels[:, at[:, None], at]


def mosaic(size: QSize, ratio: float, placed: Iterable[tuple[QRectF, Pixels]]) -> QImage:
    """Pictures at their places in one, transparent where there is none; `size` and places in points."""
    width, height = round(size.width() * ratio), round(size.height() * ratio)
    canvas = np.zeros((height, width), np.uint32)
    for rect, stamp in placed:
        left, top = round(rect.left() * ratio), round(rect.top() * ratio)
        above, below = max(0, -top), min(len(stamp), height - top)
        before, after = max(0, -left), min(len(stamp), width - left)
        if above < below and before < after:
            canvas[top + above : top + below, left + before : left + after] = stamp[above:below, before:after]
    return _image(canvas, ratio)


def _image(pixels: Pixels, ratio: float = 1.0) -> QImage:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    made = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()
    made.setDevicePixelRatio(ratio)
    return made


def paint_labels(painter: QPainter, look: Look, labels: Iterable[Label]) -> None:
    """The numbers of layers and heads beside the pictures."""
    painter.setFont(look.mono(12))
    painter.setPen(QColor(look.theme.secondary))
    for label in labels:
        painter.save()
        painter.translate(label.rect.center())
        painter.rotate(label.turned)
        rect = QRectF(0, 0, label.rect.width(), label.rect.height())
        if label.turned:
            rect = QRectF(0, 0, label.rect.height(), label.rect.width())
        rect.moveCenter(QPointF(0, 0))
        painter.drawText(rect, label.align | Qt.AlignmentFlag.AlignVCenter, label.text)
        painter.restore()


def paint_enlarged(
    painter: QPainter,
    look: Look,
    view: QRectF,
    small: QRectF,
    text: str,
    cells: npt.NDArray[np.float32] | None,  # [query, key]
    queries_down: bool,
) -> None:
    """A plate within `view` beside the small picture, with it enlarged, if there is one, and its name."""
    metrics = QFontMetrics(look.words(12))
    pad = look.px(8)
    line = max(metrics.horizontalAdvance(part) for part in text.split("\n"))
    width = min(view.width(), max(min(line, look.px(300)) + 2 * pad, small.width() * 2 + 2 * pad))
    wrapped = metrics.boundingRect(QRect(0, 0, round(width) - 2 * pad, 1000), Qt.TextFlag.TextWordWrap, text)
    room = min(view.height() / 2, view.height() - wrapped.height() - 2.5 * pad, width - 2 * pad)
    side = min(max(small.width() * 2, look.px(110)), room)
    side = side if cells is not None and side > small.width() else 0.0
    plate = QRectF(0, 0, width, side + wrapped.height() + 2.5 * pad)
    plate.moveCenter(QPointF(small.center().x(), 0))
    below = small.bottom() + pad + plate.height() <= view.height()
    plate.moveTop(small.bottom() + pad if below else max(0, small.top() - pad - plate.height()))
    plate.moveLeft(max(0, min(plate.left(), view.width() - width)))
    painter.setPen(QColor(look.theme.line))
    painter.setBrush(QColor(look.theme.raised_more))
    painter.drawRoundedRect(plate, look.px(8), look.px(8))
    if side and cells is not None:
        picture = QRectF(plate.center().x() - side / 2, plate.top() + pad, side, side)
        painter.fillRect(picture, QColor(look.theme.pane))
        ratio = painter.device().devicePixelRatio()
        stamp = stamps(cells[None], max(1, round(side * ratio)), queries_down, look.theme)[0]
        painter.drawImage(picture, _image(stamp))
    words = plate.adjusted(pad, side + 1.5 * pad, -pad, -pad)
    painter.setFont(look.words(12))
    painter.setPen(QColor(look.theme.text))
    painter.drawText(words, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter, text)
