"""Where the pictures of a head grid lie: in rows of layers, or in the order of a measure."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics

from vectarium.drawing.palette import Look

Head = tuple[int, int]
SMALLEST, LARGEST, SORTED = 14, 132, 64  # pixels at 100 %


@dataclass(frozen=True)
class Label:
    """A word or number beside the pictures, turned by some degrees."""

    rect: QRectF
    text: str
    align: Qt.AlignmentFlag
    turned: int = 0


@dataclass(frozen=True)
class Places:
    """`rows` of heads as the arrow keys walk them; rectangles in the coordinates of the scrolled content."""

    rows: tuple[tuple[Head, ...], ...]
    heads: dict[Head, QRectF]
    labels: tuple[Label, ...]
    width: float
    height: float
    caption: float  # the height of a line under a picture
    averages: tuple[tuple[str, int, QRectF], ...] = ()  # "layer" or "head", which, where

    def beside(self, head: Head, down: int, right: int) -> Head:
        """The head so many places away; the same one at the edge. The first one for a head not shown."""
        for row, heads in enumerate(self.rows):
            if head in heads:
                column = heads.index(head) + right
                row += down
                if not (0 <= row < len(self.rows) and 0 <= column < len(self.rows[row])):
                    return head
                return self.rows[row][column]
        return self.rows[0][0]


def wanted_width(
    layers: int, heads: int, averages: bool, height: int, look: Look, metrics: QFontMetrics
) -> int:
    """How wide rows of layers become where only the height limits them."""
    pitch = _pitch(layers + averages, height, look, metrics)
    return round(_left(layers, look, metrics) + (heads + averages) * pitch + look.px(10))


def _left(layers: int, look: Look, metrics: QFontMetrics) -> int:
    """The room for the numbers of the layers."""
    word, number = metrics.horizontalAdvance("head "), metrics.horizontalAdvance(str(layers - 1) + " ")
    return max(word, metrics.height() + number) + look.px(4)


def _pitch(rows: int, height: int, look: Look, metrics: QFontMetrics) -> float:
    """From one picture to the next, as the height allows; never so small that nothing is seen."""
    by_height = (height - metrics.height() - look.px(12)) / rows
    return min(max(by_height, look.px(SMALLEST) * 1.15), look.px(LARGEST))


def by_layer(
    layers: int, heads: int, averages: bool, size: QSize, look: Look, metrics: QFontMetrics
) -> Places:
    """A row for each layer. As large as there is room; where the smallest do not fit, it scrolls."""
    line = metrics.height()
    left, top = _left(layers, look, metrics), line + look.px(6)
    columns = heads + averages
    by_width = (size.width() - left - look.px(6)) / columns
    pitch = min(_pitch(layers + averages, size.height(), look, metrics), by_width)
    gap = max(2.0, min(look.px(8), 0.14 * pitch))
    side = max(1.0, pitch - gap)
    far = look.px(4) if averages else 0

    def place(row: int, column: int) -> QRectF:
        x = left + column * pitch + (far if column == heads else 0)
        y = top + row * pitch + (far if row == layers else 0)
        return QRectF(round(x), round(y), round(side), round(side))

    center, end = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight
    labels = [Label(QRectF(0, top, line, min(pitch * layers, look.px(60))), "layer", center, -90)]
    every = _thinned(heads, pitch, metrics.horizontalAdvance("00 "))
    for head in every:
        wide = metrics.horizontalAdvance("000")
        middle = left + head * pitch + side / 2
        labels.append(Label(QRectF(middle - wide / 2, 0, wide, line), str(head), center))
    labels.append(Label(QRectF(0, 0, left, line), "head ", end))
    for layer in _thinned(layers, pitch, line):
        middle = top + layer * pitch + side / 2
        labels.append(Label(QRectF(line, middle - line / 2, left - line - look.px(6), line), str(layer), end))
    extra: list[tuple[str, int, QRectF]] = []
    if averages:
        extra += [("layer", layer, place(layer, heads)) for layer in range(layers)]
        extra += [("head", head, place(layers, head)) for head in range(heads)]
        if pitch > metrics.horizontalAdvance("mean"):
            labels.append(Label(QRectF(place(0, heads).left(), 0, side, line), "mean", center))
        labels.append(Label(QRectF(0, place(layers, 0).top(), left - look.px(6), side), "mean", end))
    return Places(
        tuple(tuple((layer, head) for head in range(heads)) for layer in range(layers)),
        {(layer, head): place(layer, head) for layer in range(layers) for head in range(heads)},
        tuple(labels),
        left + columns * pitch + far,
        top + (layers + averages) * pitch + far + look.px(4),
        line,
        tuple(extra),
    )


def sorted_heads(order: tuple[Head, ...], size: QSize, look: Look, metrics: QFontMetrics) -> Places:
    """Row after row in the given order, with room for two lines under each picture.

    As large as lets all be seen at once; where the smallest do not fit, it scrolls.
    """
    gap, margin, line = look.px(8), look.px(8), metrics.height()
    smallest = max(look.px(SORTED), metrics.horizontalAdvance("100 %") + look.px(6))

    def in_a_row(side: int) -> int:
        return max(1, int((size.width() - margin) // (side + gap)))

    def fits(side: int) -> bool:
        rows = -(-len(order) // in_a_row(side))
        return margin + rows * (side + 2 * line + gap) <= size.height()

    side = next((side for side in range(look.px(LARGEST), smallest, -4) if fits(side)), smallest)
    columns = in_a_row(side)
    rows = tuple(order[start : start + columns] for start in range(0, len(order), columns))
    pitch = side + 2 * line + gap
    places = {
        head: QRectF(margin + column * (side + gap), margin + row * pitch, side, side)
        for row, heads in enumerate(rows)
        for column, head in enumerate(heads)
    }
    return Places(rows, places, (), size.width(), margin + len(rows) * pitch, line)


def _thinned(count: int, pitch: float, needed: float) -> range:
    """Every so many of `count` labels, so that they do not run into one another."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if step * pitch >= needed or step == 100)
    return range(0, count, step)
