"""What stands out in a cloud: named points, arrows and paths, painted over the points with a QPainter."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from vectarium.drawing.cloud import point_cloud_labels as labels
from vectarium.drawing.cloud.point_cloud_camera import Floats
from vectarium.drawing.cloud.point_cloud_labels import Box
from vectarium.drawing.palette import Look, mix

ROLES = {  # what a mark or an arrow is: its colour in the theme
    "word": "text",
    "near": "accent",
    "result": "query",
    "found": "found",
    "term": "query",
    "chain": "tertiary",
    "difference": "query",
    "miss": "found",
    "first": "query",
    "second": "key",
    "third": "value",
    "fourth": "positive",
    "path": "secondary",
}
DASHES = {"difference": Qt.PenStyle.DashLine, "miss": Qt.PenStyle.DotLine}


@dataclass(frozen=True)
class AxisName:
    """What an axis of the cloud is called, and what lies at its ends."""

    name: str
    share: float  # of the variance
    low: str = ""
    high: str = ""


@dataclass(frozen=True, eq=False)
class Cloud:
    """Points on three axes, in the order in which they deserve a label."""

    points: Floats  # [point, 3]
    names: Sequence[str]  # [point], as they are drawn
    axes: tuple[AxisName, AxisName, AxisName]
    extent: Floats | None = None  # [point, 3] what the scale is made for, if not for the points themselves


@dataclass(frozen=True, eq=False)
class Mark:
    """A point with a dot and a label that always shows; `row` if it is one of the cloud's own points."""

    place: Floats  # [3]
    text: str
    role: str
    row: int | None = None
    strong: bool = False


@dataclass(frozen=True, eq=False)
class Arrow:
    """From `start` to `end`, [3] each."""

    start: Floats
    end: Floats
    role: str


@dataclass(frozen=True, eq=False)
class Path:
    """A line through `places` [node, 3], a dot at each, `text` at its end and a name at each node."""

    places: Floats
    text: str
    role: str
    names: tuple[str, ...] = ()  # [node]; empty where the nodes stay unnamed
    strong: bool = False
    node: int | None = None  # the one that is stressed


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that stands out, and how much the other points step back."""

    marks: tuple[Mark, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    paths: tuple[Path, ...] = ()
    dimmed: bool = False
    isolated: bool = False  # nothing but what stands out is drawn


def fit_labels(
    look: Look,
    named: Sequence[tuple[str, float, float, bool]],
    size: tuple[float, float],
    taken: list[Box],
    rows: int = 9,
) -> dict[int, Box]:
    """Boxes for labels (text, x, y, strong), which step aside by up to `rows`; `taken` gains them."""
    boxes = labels.place(
        ((index, x, y) for index, (_, x, y, _) in enumerate(named)),
        lambda index: label_width(look, named[index][0], named[index][3]),
        look.px(18),
        look.px(7),
        size,
        taken,
        rows=rows,
        limit=400,
    )
    taken.extend(boxes.values())
    return boxes


def label_width(look: Look, text: str, strong: bool) -> float:
    return look.words_width(text, *_font(strong)) + look.px(6)


def _font(strong: bool) -> tuple[int, QFont.Weight]:
    return (13, QFont.Weight.DemiBold) if strong else (12, QFont.Weight.Normal)


def paint_label(painter: QPainter, look: Look, box: Box, text: str, color: QColor, strong: bool) -> None:
    """A label on a ground that keeps it readable over points."""
    rect = QRectF(box.left, box.top, box.width, box.height)
    paint_ground(painter, look, rect)
    painter.setFont(look.words(*_font(strong)))
    painter.setPen(color)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextForceLeftToRight, text)


def paint_ground(painter: QPainter, look: Look, area: QRectF) -> None:
    """What text stands on so that points do not disturb it."""
    ground = QColor(look.theme.window)
    ground.setAlpha(190)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), look.px(4), look.px(4))


def paint_leader(painter: QPainter, box: Box, x: float, y: float, color: QColor, ground: QColor) -> None:
    """A thin line from a point to a label that had to step aside."""
    if box.top <= y <= box.top + box.height:
        return
    near = box.left if box.left > x else box.left + box.width
    # Mixed beforehand: Qt takes forty times as long for a line that lets its ground through.
    painter.setPen(QPen(mix(ground, color, 0.6), 1))
    painter.drawLine(QPointF(x, y), QPointF(near, box.top + box.height / 2))


def paint_dot(painter: QPainter, x: float, y: float, radius: float, color: QColor, ring: QColor) -> None:
    painter.setPen(QPen(ring, max(1.0, radius / 3)))
    painter.setBrush(color)
    painter.drawEllipse(QPointF(x, y), radius, radius)


def paint_arrow(
    painter: QPainter, look: Look, role: str, start: tuple[float, float], end: tuple[float, float]
) -> None:
    """An arrow with its head at `end`, dashed or dotted where its role says so."""
    if not all(map(math.isfinite, (*start, *end))):
        return
    color = QColor(getattr(look.theme, ROLES[role]))
    thin = role == "chain"
    pen = QPen(color, 1 if thin else look.px(2))
    pen.setStyle(DASHES.get(role, Qt.PenStyle.SolidLine))
    painter.setPen(pen)
    line = QLineF(QPointF(*start), QPointF(*end))
    if line.length() < 2:
        return
    size = min(look.px(7 if thin else 11), line.length() / 2)
    along = QPointF(line.dx() / line.length(), line.dy() / line.length())
    neck = QPointF(*end) - along * size * 0.8
    painter.drawLine(QPointF(*start), neck)
    side = QPointF(-along.y(), along.x()) * size * 0.42
    back = QPointF(*end) - along * size
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawPolygon(QPolygonF([QPointF(*end), back + side, back - side]))


def paint_path(painter: QPainter, look: Look, path: Path, x: Floats, y: Floats) -> None:
    """The line and the dots of a path whose nodes fall on `x`, `y` [node]."""
    color = QColor(getattr(look.theme, ROLES[path.role]))
    if not path.strong:
        color.setAlpha(110)
    usable = np.isfinite(x) & np.isfinite(y)
    points = [QPointF(float(a), float(b)) for a, b in zip(x[usable], y[usable], strict=True)]
    painter.setPen(QPen(color, look.px(2) if path.strong else 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(points)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    radius = look.px(3) if path.strong else look.px(2)
    for node, point in enumerate(points):
        stressed = path.node == node
        painter.drawEllipse(point, radius * (1.9 if stressed else 1), radius * (1.9 if stressed else 1))
