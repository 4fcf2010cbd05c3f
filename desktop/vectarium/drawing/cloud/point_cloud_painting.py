"""Paints what lies over the points of a cloud: axes, what stands out, names that never overlap."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from vectarium.drawing.cloud import point_cloud_labels as labels
from vectarium.drawing.cloud import point_cloud_scene as scene_of
from vectarium.drawing.cloud.point_cloud_camera import Camera, Floats, Projected
from vectarium.drawing.cloud.point_cloud_label_pictures import LabelPictures, ratio_of
from vectarium.drawing.cloud.point_cloud_labels import Box
from vectarium.drawing.cloud.point_cloud_scene import Cloud, Scene
from vectarium.drawing.palette import Look

NAMES_SHOWN = 70

Line = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class View:
    """What is to be painted, from where."""

    cloud: Cloud
    scene: Scene
    camera: Camera
    size: tuple[float, float]  # of the widget, in logical pixels
    projected: Projected  # the points of the cloud
    scaled: Callable[[Floats], Floats]  # [point, 3] of the cloud's numbers to [3, point] of the camera's
    hover: int | None
    names_shown: bool
    new_names: bool  # whether those that were not there are looked for
    blocked: list[Box]  # where no label may stand

    def project(self, places: Floats) -> Projected:
        """Where `places` [point, 3] fall on the screen."""
        return self.camera.project(self.scaled(places), *self.size)


class CloudPainting:
    """Remembers which points have names, so that they keep them while the view turns."""

    def __init__(self) -> None:
        self.named: list[int] = []
        self.label_boxes: dict[str, Box] = {}  # where labels stand, by their text
        self._worthy = self._plain = np.zeros(0, np.intp)
        self._pictures = LabelPictures()

    def new_names(self, names: Sequence[str]) -> None:
        """The points of another cloud: those with a word for a name come before the others."""
        self.named = []
        worthy = np.fromiter(
            (len(name) > 3 and name.lstrip("␣").isalpha() for name in names), bool, len(names)
        )
        self._worthy, self._plain = np.flatnonzero(worthy), np.flatnonzero(~worthy)

    def paint(self, painter: QPainter, look: Look, view: View) -> None:
        """The axes, what stands out, the point that the mouse means, and names of other points."""
        scene, size, hover = view.scene, view.size, view.hover
        theme = look.theme
        ring = QColor(theme.window)
        ratio = ratio_of(painter)
        legend = self._paint_axes(painter, look, view, ratio)
        taken: list[Box] = [*view.blocked, *legend]
        named: list[tuple[str, float, float, bool]] = []
        colors: list[QColor] = []
        weak: list[tuple[str, float, float, bool]] = []  # shown only where there is room
        for path in scene.paths:
            projected = view.project(path.places)
            scene_of.paint_path(painter, look, path, projected.x, projected.y)
            color = QColor(getattr(theme, scene_of.ROLES[path.role]))
            if np.isfinite(projected.x[-1]) and path.text:
                label = (path.text, float(projected.x[-1]), float(projected.y[-1]), path.strong)
                if path.strong:
                    named.append(label)
                    colors.append(color)
                else:
                    weak.append(label)
            for name, x, y in zip(path.names, projected.x, projected.y, strict=False):
                if np.isfinite(x) and name:
                    named.append((name, float(x), float(y), False))
                    colors.append(color)
        lines = _on_screen(view)
        for arrow, (start, end) in zip(scene.arrows, lines, strict=True):
            scene_of.paint_arrow(painter, look, arrow.role, start, end)
        if scene.marks:
            places = view.project(np.stack([mark.place for mark in scene.marks]))
            for mark, x, y in zip(scene.marks, places.x.tolist(), places.y.tolist(), strict=True):
                if np.isnan(x):
                    continue
                color = QColor(getattr(theme, scene_of.ROLES[mark.role]))
                radius = look.px(5 if mark.strong else 3.5)
                scene_of.paint_dot(painter, x, y, radius, color, ring)
                taken.append(Box(x - radius, y - radius, 2 * radius, 2 * radius))
                if mark.text:
                    named.append((mark.text, x, y, mark.strong))
                    colors.append(color if mark.role != "near" else QColor(theme.text))
        if hover is not None:
            x, y = float(view.projected.x[hover]), float(view.projected.y[hover])
            scene_of.paint_dot(painter, x, y, look.px(5), QColor(theme.query), ring)
            box = scene_of.fit_labels(look, [(view.cloud.names[hover], x, y, True)], size, taken)
            if box:
                name = view.cloud.names[hover]
                self._pictures.paint(painter, look, box[0], name, QColor(theme.query), True, ratio)
        # What is marked in context is the end of a path too, which has the same name.
        places_named: set[tuple[str, int, int]] = set()
        kept = _distinct(named, places_named)
        named, colors = [named[index] for index in kept], [colors[index] for index in kept]
        weak = [weak[index] for index in _distinct(weak, places_named)]
        boxes = scene_of.fit_labels(look, named, size, taken)
        for index, box_of in boxes.items():
            text, x, y, strong = named[index]
            scene_of.paint_leader(painter, box_of, x, y, colors[index], ring)
            self._pictures.paint(painter, look, box_of, text, colors[index], strong, ratio)
        self.label_boxes = {named[index][0]: box for index, box in boxes.items()}
        for index, box_of in scene_of.fit_labels(look, weak, size, taken, rows=1).items():
            self._pictures.paint(painter, look, box_of, weak[index][0], QColor(theme.secondary), False, ratio)
        if view.names_shown and not scene.isolated and not scene.paths:
            self._paint_names(painter, look, view, [*taken, *_along(lines, look)], ratio)

    def _paint_names(
        self, painter: QPainter, look: Look, view: View, taken: list[Box], ratio: float | None
    ) -> None:
        """The names of other points, as many as find room; those that were there before come first."""
        names, projected, size = view.cloud.names, view.projected, view.size
        cell = (look.px(120), look.px(46))
        # Words before punctuation and numerals, which get what room is left.
        fresh = (
            row
            for rows in ((self._worthy, self._plain) if view.new_names else ())
            for row in labels.candidates(projected, *size, cell, rows)
        )
        before = dict.fromkeys(self.named)
        covered = [box.edges for box in taken]
        hidden = {mark.row for mark in view.scene.marks} | {view.hover}
        rows = chain(before, (row for row in fresh if row not in before))
        shown = ((row, float(projected.x[row]), float(projected.y[row])) for row in rows if row not in hidden)
        boxes = labels.place(
            (each for each in shown if not _covered(covered, *each[1:])),
            lambda row: scene_of.label_width(look, names[row], False),
            look.px(18),
            look.px(5),
            size,
            taken,
            limit=NAMES_SHOWN // 3 if view.scene.dimmed else NAMES_SHOWN,
        )
        self.named = list(boxes)
        self.label_boxes |= {names[row]: box for row, box in boxes.items()}
        color = QColor(look.theme.secondary)
        dot = look.px(2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        for row in boxes:
            painter.drawEllipse(QPointF(float(projected.x[row]), float(projected.y[row])), dot, dot)
        for row, box in boxes.items():
            self._pictures.paint(painter, look, box, names[row], color, False, ratio)

    def _paint_axes(self, painter: QPainter, look: Look, view: View, ratio: float | None) -> list[Box]:
        """The three axes as a small cross in the corner, with their names and shares; what room it takes.

        Where there is little room it is smaller, and has no shares: they stand in the header too.
        """
        width, height = view.size
        small = min(width / 1.4, height) < look.px(330)
        color = QColor(look.theme.secondary)
        reach = look.px(20 if small else 34)
        origin = QPointF(look.px(54 if small else 96), height - look.px(32 if small else 50))
        rotation = view.camera.rotation()
        right, high, room = 0.0, look.px(18), look.px(70 if small else 110)
        pen = QPen(color, max(1.0, look.zoom))
        for index in rotation[2].argsort().tolist():
            end = QPointF(rotation[0, index] * reach, -rotation[1, index] * reach)
            painter.setPen(pen)
            painter.drawLine(origin, origin + end)
            axis = view.cloud.axes[index]
            # An axis of one's own may have a long name, which stands in full in the header.
            name = axis.name if look.words_width(axis.name, 12) <= room else _elided(look, axis.name, room)
            text = name if small else f"{name}  {100 * axis.share:.1f} %"
            wide = scene_of.label_width(look, text, False)
            at = origin + end * 1.15
            left = max(at.x() if end.x() >= 0 else at.x() - wide, float(look.px(4)))
            right = max(right, left + wide)
            box = Box(left, at.y() - high / 2, wide, high)
            self._pictures.paint(painter, look, box, text, color, False, ratio)
        reserved = look.px(64 if small else 100)
        cross = Box(0, height - reserved, right + look.px(4), reserved)
        if height > look.px(420) and width > look.px(700):
            return [cross, _paint_ends(painter, look, view, right + look.px(16))]
        return [cross]


def _distinct(named: list[tuple[str, float, float, bool]], known: set[tuple[str, int, int]]) -> list[int]:
    """Which labels do not say again in the same place what is `known`, which gains them."""
    kept = []
    for index, (text, x, y, _) in enumerate(named):
        key = (text, round(x), round(y))
        if key not in known:
            known.add(key)
            kept.append(index)
    return kept


def _covered(taken: list[tuple[float, float, float, float]], x: float, y: float) -> bool:
    return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in taken)


def _on_screen(view: View) -> list[Line]:
    """Where every arrow of the scene begins and ends; NaN for what is behind the viewer."""
    arrows = view.scene.arrows
    if not arrows:
        return []
    ends = view.project(np.stack([end for arrow in arrows for end in (arrow.start, arrow.end)]))
    places = list(zip(ends.x.tolist(), ends.y.tolist(), strict=True))
    return list(zip(places[::2], places[1::2], strict=True))


def _along(lines: list[Line], look: Look) -> list[Box]:
    """Small boxes along every line: no name of another point is to stand in its way."""
    boxes = []
    half, step = look.px(6), look.px(24)
    for (left, top), (right, bottom) in lines:
        length = math.hypot(right - left, bottom - top)
        if math.isfinite(length):
            parts = min(59, int(length / step) + 1)
            for part in range(parts + 1):
                share = part / parts
                x, y = left + share * (right - left), top + share * (bottom - top)
                boxes.append(Box(x - half, y - half, 2 * half, 2 * half))
    return boxes


def _elided(look: Look, name: str, room: int) -> str:
    return QFontMetricsF(look.words(12)).elidedText(name, Qt.TextElideMode.ElideMiddle, room)


def _paint_ends(painter: QPainter, look: Look, view: View, left: float) -> Box:
    """The words farthest out on each axis, beside the cross."""
    width, height = view.size
    painter.setFont(look.words(11))
    metrics = QFontMetricsF(painter.font())
    high = metrics.height() * 1.25
    top = height - look.px(18) - 3 * high
    for index, axis in enumerate(view.cloud.axes):
        if axis.low:
            text = metrics.elidedText(
                f"{axis.name}:  {axis.low}  ↔  {axis.high}",
                Qt.TextElideMode.ElideRight,
                width - left - look.px(12),
            )
            area = QRectF(left, top + index * high, metrics.horizontalAdvance(text), high)
            scene_of.paint_ground(painter, look, area)
            painter.setPen(QColor(look.theme.secondary))
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, text)
    return Box(left, top, width * 0.8 - left, height - top)
