"""Pictures of the labels of a cloud: while it turns, most of them look as they did in the last frame."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPaintEngine, QPainter, QPixmap

from vectarium.drawing.cloud.point_cloud_labels import Box
from vectarium.drawing.cloud.point_cloud_scene import paint_label
from vectarium.drawing.palette import Look

KEPT = 250  # most often more than are in sight; some 3 kB each at 100 %


def ratio_of(painter: QPainter) -> float | None:
    """Pixels of what is painted on for a logical one; None where it is none of pixels."""
    if painter.paintEngine().type() != QPaintEngine.Type.Raster:
        return None
    return painter.device().devicePixelRatioF()


class LabelPictures:
    """Keeps those that were painted last. What is no picture itself, such as an SVG, gets words instead."""

    def __init__(self) -> None:
        self._look: Look | None = None
        self._kept: dict[tuple[object, ...], QPixmap] = {}

    def paint(
        self,
        painter: QPainter,
        look: Look,
        box: Box,
        text: str,
        color: QColor,
        strong: bool,
        ratio: float | None,
    ) -> None:
        """As `paint_label`, on whole pixels, with the edges of letters smoothed a little less strongly.

        ``ratio`` is `ratio_of` the painter.
        """
        if ratio is None:
            paint_label(painter, look, box, text, color, strong)
            return
        if look != self._look:
            self._look = look
            self._kept.clear()
        key = (text, color.rgba(), strong, ratio)
        picture = self._kept.get(key)
        if picture is None:
            if len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]  # the oldest
            picture = self._kept[key] = _picture(look, box, text, color, strong, ratio)
        # Or letters would be blurred.
        place = QPointF(round(box.left * ratio) / ratio, round(box.top * ratio) / ratio)
        painter.drawPixmap(place, picture)


def _picture(look: Look, box: Box, text: str, color: QColor, strong: bool, ratio: float) -> QPixmap:
    picture = QPixmap(round(box.width * ratio) + 1, round(box.height * ratio) + 1)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    paint_label(painter, look, Box(0, 0, box.width, box.height), text, color, strong)
    painter.end()
    return picture.copy()  # without the engine that painted it, which Qt would keep as long
