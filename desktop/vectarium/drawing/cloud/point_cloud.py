"""A cloud of named points in three dimensions: orbit, zoom to the cursor, pan, hover, click."""

import numpy as np
from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QPointF,
    QSize,
    Qt,
    QTimer,
    QVariantAnimation,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from vectarium.drawing.cloud import point_cloud_raster as raster
from vectarium.drawing.cloud.point_cloud_camera import Camera, Floats, Projected, pick
from vectarium.drawing.cloud.point_cloud_labels import Box
from vectarium.drawing.cloud.point_cloud_painting import CloudPainting, View
from vectarium.drawing.cloud.point_cloud_scene import Cloud, Scene
from vectarium.drawing.frame import Frame
from vectarium.drawing.palette import Look, mix

# Between two pictures while the mouse drags, alone or among panes that draw too.
FRAME_MS, CROWDED_MS = 16, 31
TURN_MS, TURN_STEP = 33, 0.35  # slow rotation: pixels of dragging per step
NAMES_EACH = 4  # frames of dragging
CLICK_REACH = 9  # logical pixels at 100 %
FEW = 2000  # points that a view should show all of
TILT = Qt.KeyboardModifier.ShiftModifier


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
        self._few = self._points  # those that the view is to show all of, if they are few
        self.painting = CloudPainting()
        self._projected: Projected | None = None
        self._image: QImage | None = None
        self._hover: int | None = None
        self._frame = Frame(self, FRAME_MS, CROWDED_MS)
        self._frame.due.connect(self.update)
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._dragged = False
        self._drag_frames = 0
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
        self._hover = None
        self.painting.new_names(() if cloud is None else cloud.names)
        self.scene = Scene()
        few = self._scaled(extent) if len(extent) <= FEW else np.zeros((3, 0), np.float32)
        self._few = few[:, np.linalg.norm(few, axis=0) <= 1]
        if not keep_view:
            self.camera = self._first_view()
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

    def _first_view(self) -> Camera:
        return Camera().framing(self._few, self.width(), self.height()) if self._few.size else Camera()

    @Slot()
    def reset_view(self) -> None:
        self.set_camera(self._first_view())

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
        points = np.concatenate([self._scaled(np.stack(places)), self._few], axis=1)
        self._fly_to(self.camera.framing(points, self.width(), self.height()))

    def centre_on(self, row: int) -> None:
        """Move to where a point is in the middle of the view, in a short flight."""
        self._fly_to(self.camera.centred(self._points[:, row]))

    def _fly_to(self, goal: Camera) -> None:
        self._start, self._goal = self.camera, goal
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
            self.camera = self.camera.orbited(step.x() / self.look.zoom, step.y() / self.look.zoom)
        else:
            self.camera = self.camera.panned(step.x(), step.y(), self.height())
        self._projected = self._image = None
        self._frame.soon(at_once=not self._frame.crowded)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None and not self._dragged and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.row_at(event.position().x(), event.position().y()))
        self._pressed = None
        self.painting.named = []
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._flight.stop()
        at = event.position()
        steps = event.angleDelta().y() / 120
        self.painting.named = []
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
            self.painting.paint(painter, self.look, self._view(self.cloud))
        if self.hasFocus():
            painter.setPen(QColor(self.look.theme.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _view(self, cloud: Cloud) -> View:
        return View(
            cloud,
            self.scene,
            self.camera,
            (float(self.width()), float(self.height())),
            self._project(),
            self._scaled,
            self._hover,
            self.names_shown,
            self._looks_for_names(),
            self._blocked(),
        )

    def _looks_for_names(self) -> bool:
        """While the cloud is dragged, in some of its frames: looking takes a third of one, and letting go
        looks once more."""
        self._drag_frames = self._drag_frames + 1 if self._dragged and self._pressed is not None else 0
        return self._drag_frames % NAMES_EACH == 0

    def _points_image(self) -> QImage:
        ratio = self.devicePixelRatioF()
        if self._image is None or self._image.devicePixelRatioF() != ratio:
            width, height = round(self.width() * ratio), round(self.height() * ratio)
            image = QImage(max(width, 1), max(height, 1), QImage.Format.Format_RGB32)
            pixels = np.frombuffer(image.bits(), np.uint32).reshape(image.height(), image.width())
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
            self._image = image
            self._image.setDevicePixelRatio(ratio)
        return self._image

    def _point_size(self, ratio: float) -> int:
        few = max(1.0, (3000 / max(1, self._points.shape[1])) ** 0.25)
        return int(max(1, min(7, round(1.7 * ratio * self.look.zoom * few))))

    def _blocked(self) -> list[Box]:
        """Where widgets stand on the cloud, so that no label hides behind them."""
        children = self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        areas = [child.geometry() for child in children if child.isVisible()]
        return [Box(area.x(), area.y(), area.width(), area.height()) for area in areas]

    def _project(self) -> Projected:
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
