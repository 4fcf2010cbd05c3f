"""A cloud of named points in three dimensions: orbit, zoom to the cursor, pan, hover, click."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QTimer,
    QVariantAnimation,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from vectarium.drawing import point_cloud_labels as labels
from vectarium.drawing import point_cloud_raster as raster
from vectarium.drawing import point_cloud_scene as scene_of
from vectarium.drawing.palette import Look, mix
from vectarium.drawing.point_cloud_camera import Camera, Floats, Projected, pick
from vectarium.drawing.point_cloud_labels import Box
from vectarium.drawing.point_cloud_scene import Scene

TURN_MS, TURN_STEP = 33, 0.35  # slow rotation: pixels of dragging per step
CLICK_REACH = 9  # logical pixels at 100 %
NAMES_SHOWN = 70
TILT = Qt.KeyboardModifier.ShiftModifier


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


class PointCloud(QWidget):
    """Shows a `Cloud` and the `Scene` in it. Coordinates are scaled by one factor on all three axes."""

    hovered = Signal(object)  # int | None
    clicked = Signal(object)  # int | None where no point is
    turning_changed = Signal(bool)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Point cloud")
        self.setToolTip("")
        self.look = look
        self.camera = Camera()
        self.cloud: Cloud | None = None
        self.scene = Scene()
        self.names_shown = True
        self._scale, self._middle = 1.0, np.zeros(3, np.float32)
        self._points = np.zeros((3, 0), np.float32)  # [axis, point], scaled
        self._worthy = self._plain = np.zeros(0, np.intp)  # rows with a word for a name, and the others
        self.label_boxes: dict[str, Box] = {}  # where labels stand, by their text
        self._projected: Projected | None = None
        self._image: QImage | None = None
        self._hover: int | None = None
        self._named: list[int] = []  # rows with a label, so that labels stay while the view turns
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._dragged = False
        self._turn = QTimer(self)
        self._turn.setInterval(TURN_MS)
        self._turn.timeout.connect(self._turn_on)
        self._start = self._goal = self.camera
        self._flight = QVariantAnimation(self)
        self._flight.setStartValue(0.0)
        self._flight.setEndValue(1.0)
        self._flight.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._flight.valueChanged.connect(self._fly)
        self.set_look(look)

    # What is shown

    def set_look(self, look: Look) -> None:
        self.look = look
        theme = look.theme
        far, near = mix(theme.window, theme.tertiary, 0.22), mix(theme.window, theme.text, 0.72)
        self._shades = raster.shades(_rgb(far), _rgb(near))
        self._dim_shades = raster.shades(
            _rgb(mix(theme.window, theme.tertiary, 0.10)), _rgb(mix(theme.window, theme.text, 0.32))
        )
        self._redraw()

    def set_cloud(self, cloud: Cloud | None, *, keep_view: bool = False) -> None:
        """Show other points; the view starts anew unless it is to be kept."""
        self.cloud = cloud
        points = np.zeros((0, 3), np.float32) if cloud is None else cloud.points
        extent = points if cloud is None or cloud.extent is None else cloud.extent
        if len(extent):
            self._middle = np.median(extent, axis=0).astype(np.float32)
            reach = np.linalg.norm(extent - self._middle, axis=1)
            # A few far out, such as a text's first token in context, must not shrink all the others.
            most = 98 if len(extent) > 2000 else 94
            self._scale = 1 / max(float(np.percentile(reach, most)), 1e-9)
        self._points = self._scaled(points)
        self._named, self._hover = [], None
        names = () if cloud is None else cloud.names
        worthy = np.fromiter(
            (len(name) > 3 and name.lstrip("␣").isalpha() for name in names), bool, len(names)
        )
        self._worthy, self._plain = np.flatnonzero(worthy), np.flatnonzero(~worthy)
        self.scene = Scene()
        if not keep_view:
            self.camera = Camera()
        self._redraw()

    def set_scene(self, scene: Scene) -> None:
        self.scene = scene
        self._redraw()

    def row_at(self, x: float, y: float) -> int | None:
        """The point that the mouse at this logical pixel means."""
        if self.cloud is None:
            return None
        among = None
        if self.scene.isolated:
            among = np.array([mark.row for mark in self.scene.marks if mark.row is not None], np.intp)
        return pick(self._project(), x, y, self.look.px(CLICK_REACH), among)

    def position_of(self, row: int) -> tuple[float, float]:
        """Where the point `row` is on the screen; NaN for what is behind the viewer."""
        projected = self._project()
        return float(projected.x[row]), float(projected.y[row])

    # The view

    def set_camera(self, camera: Camera) -> None:
        self.camera = camera
        self._redraw()

    @Slot()
    def reset_view(self) -> None:
        self.set_camera(Camera())

    @Slot(int)
    def look_along(self, axis: int) -> None:
        self.set_turning(False)
        self.set_camera(self.camera.looking_along(axis))

    @property
    def turning(self) -> bool:
        return self._turn.isActive()

    @Slot(bool)
    def set_turning(self, turning: bool) -> None:
        if turning != self.turning:
            if turning:
                self._turn.start()
            else:
                self._turn.stop()
            self.turning_changed.emit(turning)

    @Slot()
    def _turn_on(self) -> None:
        if self._pressed is None:
            self.set_camera(self.camera.orbited(TURN_STEP, 0))

    def frame_scene(self) -> None:
        """Move to where what stands out fills the view, in a short flight."""
        places = [mark.place for mark in self.scene.marks]
        if not places or self.scene.paths:
            return
        points = self._scaled(np.stack(places))
        self._start, self._goal = self.camera, self.camera.framing(points, self.width(), self.height())
        self._flight.setDuration(self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration))
        self._flight.stop()
        self._flight.start()

    @Slot(object)
    def _fly(self, share: float) -> None:
        self.set_camera(self._start.towards(self._goal, share))

    def hideEvent(self, event: QHideEvent) -> None:
        self.set_turning(False)
        self._flight.stop()
        super().hideEvent(event)

    # Mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._flight.stop()
        self._pressed = self._last = event.position()
        self._dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pressed is None:
            self._set_hover(self.row_at(at.x(), at.y()))
            return
        if not self._dragged and (at - self._pressed).manhattanLength() < self.look.px(4):
            return
        self._dragged = True
        step, self._last = at - self._last, at
        if event.buttons() & Qt.MouseButton.LeftButton and not event.modifiers() & TILT:
            self.set_camera(self.camera.orbited(step.x() / self.look.zoom, step.y() / self.look.zoom))
        else:
            self.set_camera(self.camera.panned(step.x(), step.y(), self.height()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and not self._dragged and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.row_at(event.position().x(), event.position().y()))
        self._pressed = None
        self._named = []
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._flight.stop()
        at = event.position()
        steps = event.angleDelta().y() / 120
        self._named = []
        self.set_camera(self.camera.zoomed(0.85**steps, at.x(), at.y(), self.width(), self.height()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = {
            Qt.Key.Key_Left: (-20, 0),
            Qt.Key.Key_Right: (20, 0),
            Qt.Key.Key_Up: (0, -20),
            Qt.Key.Key_Down: (0, 20),
        }
        key = Qt.Key(event.key())
        middle = (self.width() / 2, self.height() / 2, self.width(), self.height())
        if key in arrows and event.modifiers() & TILT:
            self.set_camera(self.camera.panned(*arrows[key], self.height()))
        elif key in arrows:
            self.set_camera(self.camera.orbited(*arrows[key]))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal) and not event.modifiers() & _control():
            self.set_camera(self.camera.zoomed(0.85, *middle))
        elif key == Qt.Key.Key_Minus and not event.modifiers() & _control():
            self.set_camera(self.camera.zoomed(1 / 0.85, *middle))
        elif key == Qt.Key.Key_Home:
            self.reset_view()
        elif key == Qt.Key.Key_Space:
            self.set_turning(not self.turning)
        elif key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3) and not event.modifiers() & _control():
            self.look_along(int(key) - int(Qt.Key.Key_1))
        else:
            super().keyPressEvent(event)

    def _set_hover(self, row: int | None) -> None:
        if row != self._hover:
            self._hover = row
            self.hovered.emit(row)
            self.update()

    def set_hover(self, row: int | None) -> None:
        """Light a point up that the mouse means elsewhere."""
        if row != self._hover:
            self._hover = row
            self.update()

    # Painting

    def sizeHint(self) -> QSize:
        return QSize(self.look.px(420), self.look.px(300))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.look.px(160), self.look.px(120))

    def changeEvent(self, event: QEvent) -> None:
        self._redraw()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.drawImage(self.rect(), self._points_image())
        if self.cloud is not None:
            self._paint_scene(painter)
        if self.hasFocus():
            painter.setPen(QColor(self.look.theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _points_image(self) -> QImage:
        ratio = self.devicePixelRatioF()
        if self._image is None or self._image.devicePixelRatioF() != ratio:
            width, height = round(self.width() * ratio), round(self.height() * ratio)
            pixels = np.empty((max(height, 1), max(width, 1)), np.uint32)
            background = QColor(self.look.theme.window).rgb() & 0xFFFFFFFF
            if self.scene.isolated or self.cloud is None:
                pixels.fill(background)
            else:
                raster.draw(
                    pixels,
                    self._project(),
                    self._dim_shades if self.scene.dimmed else self._shades,
                    background,
                    ratio=ratio,
                    distance=self.camera.distance,
                    size=self._point_size(ratio),
                )
            image = QImage(
                pixels.data, pixels.shape[1], pixels.shape[0], 4 * pixels.shape[1], QImage.Format.Format_RGB32
            )
            self._pixels = pixels  # the image does not own them
            self._image = image
            self._image.setDevicePixelRatio(ratio)
        return self._image

    def _point_size(self, ratio: float) -> int:
        few = max(1.0, (3000 / max(1, self._points.shape[1])) ** 0.25)
        return int(max(1, min(7, round(1.7 * ratio * self.look.zoom * few))))

    def _paint_scene(self, painter: QPainter) -> None:
        look, scene = self.look, self.scene
        theme = look.theme
        ring = QColor(theme.window)
        self._paint_axes(painter)
        taken: list[Box] = self._children_boxes()
        named: list[tuple[str, float, float, bool]] = []
        colors: list[QColor] = []
        for path in scene.paths:
            projected = self._project(self._scaled(path.places))
            scene_of.paint_path(painter, look, path, projected.x, projected.y)
            color = QColor(getattr(theme, scene_of.ROLES[path.role]))
            if np.isfinite(projected.x[-1]) and path.text:
                named.append((path.text, float(projected.x[-1]), float(projected.y[-1]), path.strong))
                colors.append(color)
            for name, x, y in zip(path.names, projected.x, projected.y, strict=False):
                if np.isfinite(x) and name:
                    named.append((name, float(x), float(y), False))
                    colors.append(color)
        for arrow in scene.arrows:
            ends = self._project(self._scaled(np.stack([arrow.start, arrow.end])))
            start, end = ((float(ends.x[side]), float(ends.y[side])) for side in (0, 1))
            scene_of.paint_arrow(painter, look, arrow.role, start, end)
        if scene.marks:
            places = self._project(self._scaled(np.stack([mark.place for mark in scene.marks])))
            for mark, x, y in zip(scene.marks, places.x.tolist(), places.y.tolist(), strict=True):
                if np.isnan(x):
                    continue
                color = QColor(getattr(theme, scene_of.ROLES[mark.role]))
                radius = look.px(5 if mark.strong else 3.5)
                scene_of.paint_dot(painter, x, y, radius, color, ring)
                taken.append(Box(x - radius, y - radius, 2 * radius, 2 * radius))
                named.append((mark.text, x, y, mark.strong))
                colors.append(color if mark.role != "near" else QColor(theme.text))
        size = (float(self.width()), float(self.height()))
        hover = self._hover
        if hover is not None and self.cloud is not None:
            x, y = self.position_of(hover)
            scene_of.paint_dot(painter, x, y, look.px(5), QColor(theme.query), ring)
            box = scene_of.fit_labels(look, [(self.cloud.names[hover], x, y, True)], size, taken)
            if box:
                scene_of.paint_label(
                    painter, look, box[0], self.cloud.names[hover], QColor(theme.query), True
                )
        boxes = scene_of.fit_labels(look, named, size, taken)
        for index, box_of in boxes.items():
            text, x, y, strong = named[index]
            scene_of.paint_leader(painter, box_of, x, y, colors[index])
            scene_of.paint_label(painter, look, box_of, text, colors[index], strong)
        self.label_boxes = {named[index][0]: box for index, box in boxes.items()}
        if self.names_shown and not scene.isolated and not scene.paths:
            self._paint_names(painter, taken, size)

    def _paint_names(self, painter: QPainter, taken: list[Box], size: tuple[float, float]) -> None:
        """The names of other points, as many as find room; those that were there before come first."""
        assert self.cloud is not None
        look, names = self.look, self.cloud.names
        projected = self._project()
        metrics = QFontMetricsF(scene_of.font_of(look, False))
        cell = (look.px(120), look.px(46))
        # Words before punctuation and numerals, which get what room is left.
        fresh = [
            row
            for rows in (self._worthy, self._plain)
            for row in labels.candidates(projected, *size, cell, rows).tolist()
        ]
        marked = {mark.row for mark in self.scene.marks}
        rows = [
            row for row in dict.fromkeys((*self._named, *fresh)) if row not in marked and row != self._hover
        ]
        boxes = labels.place(
            ((row, float(projected.x[row]), float(projected.y[row])) for row in rows),
            lambda row: metrics.horizontalAdvance(names[row]) + look.px(6),
            look.px(18),
            look.px(5),
            size,
            taken,
            limit=NAMES_SHOWN // 3 if self.scene.dimmed else NAMES_SHOWN,
        )
        self._named = list(boxes)
        self.label_boxes |= {names[row]: box for row, box in boxes.items()}
        color = QColor(look.theme.secondary)
        dot = look.px(2)
        for row, box in boxes.items():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawEllipse(QPointF(float(projected.x[row]), float(projected.y[row])), dot, dot)
            scene_of.paint_label(painter, look, box, names[row], color, False)

    def _paint_axes(self, painter: QPainter) -> None:
        """The three axes as a small cross in the corner, with their names and shares."""
        assert self.cloud is not None
        look, theme = self.look, self.look.theme
        reach = look.px(34)
        origin = QPointF(look.px(70), self.height() - look.px(50))
        painter.setFont(look.words(11))
        metrics = QFontMetricsF(painter.font())
        rotation = self.camera.rotation()
        for index in np.argsort(rotation[2]):
            end = QPointF(rotation[0, index] * reach, -rotation[1, index] * reach)
            painter.setPen(QPen(QColor(theme.secondary), max(1.0, look.zoom)))
            painter.drawLine(origin, origin + end)
            axis = self.cloud.axes[index]
            text = f"{axis.name}  {100 * axis.share:.1f} %"
            wide, high = metrics.horizontalAdvance(text), metrics.height()
            at = origin + end * 1.15
            left = at.x() + look.px(2) if end.x() >= 0 else at.x() - wide - look.px(2)
            # A long name of an axis of one's own must not leave the picture.
            left = max(left, float(look.px(4)))
            painter.drawText(
                QRectF(left, at.y() - high / 2, wide + 2, high), Qt.AlignmentFlag.AlignCenter, text
            )
        if self.height() > look.px(420) and self.width() > look.px(700):
            self._paint_ends(painter, metrics)

    def _paint_ends(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        """The words farthest out on each axis, beside the cross."""
        assert self.cloud is not None
        left, high = self.look.px(190), metrics.height() * 1.25
        top = self.height() - self.look.px(18) - 3 * high
        for index, axis in enumerate(self.cloud.axes):
            if axis.low:
                text = metrics.elidedText(
                    f"{axis.name}:  {axis.low}  ↔  {axis.high}",
                    Qt.TextElideMode.ElideRight,
                    self.width() - left - self.look.px(12),
                )
                painter.drawText(QPointF(left, top + (index + 1) * high), text)

    def _children_boxes(self) -> list[Box]:
        """Where widgets stand on the cloud, so that no label hides behind them."""
        found = []
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if child.isVisible():
                area = child.geometry()
                found.append(Box(area.x(), area.y(), area.width(), area.height()))
        look, wide = self.look, self.height() > self.look.px(420) and self.width() > self.look.px(700)
        found.append(Box(0, self.height() - look.px(100), look.px(150), look.px(100)))
        if wide:
            found.append(Box(0, self.height() - look.px(70), self.width() * 0.8, look.px(70)))
        return found

    def _project(self, points: Floats | None = None) -> Projected:
        if points is not None:
            return self.camera.project(points, self.width(), self.height())
        if self._projected is None:
            self._projected = self.camera.project(self._points, self.width(), self.height())
        return self._projected

    def _scaled(self, points: Floats) -> Floats:
        """`points` [point, 3] as the camera takes them, [3, point]."""
        return np.ascontiguousarray(((points - self._middle) * np.float32(self._scale)).T, np.float32)

    def _redraw(self) -> None:
        self._projected = self._image = None
        self.update()


def _rgb(color: QColor) -> tuple[int, int, int]:
    return color.red(), color.green(), color.blue()


def _control() -> Qt.KeyboardModifier:
    return Qt.KeyboardModifier.ControlModifier
