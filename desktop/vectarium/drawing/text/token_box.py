"""How one token's box looks: its ground, its label and what stands below, kept as pictures."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap

from vectarium.drawing.palette import Look, mix
from vectarium.drawing.text.token_layout import note

WIDTHS_KEPT = 5000  # of labels, some 150 bytes each
PICTURES_KEPT = 400  # more than are in sight; some 30 kB each at 100 %


class Face(NamedTuple):
    """What a box shows."""

    label: str
    token: int  # -1 where there is none yet
    size: int  # tokens in it
    written: bool  # by the model
    lit: bool
    linked: int  # 0 for a query and 1 for a key that are pointed at, -1 for others
    selected: bool
    seen: bool  # by the model


class BoxPainter:
    """Measures boxes, and paints them with the fonts and colours of one look."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self.font, self._below_font = look.mono(15), look.mono(11)
        self.metrics, self._below_metrics = QFontMetrics(self.font), QFontMetrics(self._below_font)
        self._pad = look.px(8)
        self.height = self.metrics.height() + self._below_metrics.height() + look.px(9)
        self._widths: dict[str, int] = {}
        self._pictures: dict[tuple[object, ...], QPixmap] = {}

    def width_of(self, label: str, token: int, size: int) -> int:
        """Pixels that a box takes, in however little room."""
        key = f"{token}\0{label}"
        width = self._widths.get(key)
        if width is None:
            if len(self._widths) >= WIDTHS_KEPT:
                self._widths.clear()
            below = self._below_metrics.horizontalAdvance(note(token, size))
            wide = max(self.metrics.horizontalAdvance(label), below, self._look.px(10))
            width = self._widths[key] = wide + 2 * self._pad
        return width

    def picture(self, face: Face, size: QSize, ratio: float) -> QPixmap:
        """A box of so many logical pixels: most boxes look as they did in the last frame."""
        key = (face, size.width(), ratio)
        picture = self._pictures.get(key)
        if picture is None:
            if len(self._pictures) >= PICTURES_KEPT:
                del self._pictures[next(iter(self._pictures))]  # the oldest
            picture = QPixmap(size * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            place = QRectF(QPointF(0, 0), size)
            self.paint_ground(painter, face, place)
            self.paint_words(painter, face, place)
            painter.end()
            self._pictures[key] = picture
        return picture

    def paint_ground(self, painter: QPainter, face: Face, place: QRectF) -> None:
        """What the words stand on."""
        theme = self._look.theme
        fill, line = QColor(theme.raised), QColor(theme.line)
        if face.written:
            fill, line = mix(theme.raised, theme.key, 0.14), mix(theme.line, theme.key, 0.35)
        if face.lit:
            fill = QColor(theme.raised_more)
        linked = face.linked >= 0
        if linked:
            fill, line = QColor(theme.raised_more), QColor(theme.key if face.linked else theme.query)
        if face.selected:
            fill, line = mix(theme.pane, theme.query, 0.16), QColor(theme.query)
        if not face.seen:
            fill = QColor(theme.window)
        pen = QPen(line, 1.6 if linked or face.selected else 1.0)
        if face.token < 0 or not face.seen:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(fill)
        radius = self._look.px(6)
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)

    def paint_words(self, painter: QPainter, face: Face, place: QRectF) -> None:
        """The label, and the token's number or how many tokens there are."""
        theme, rect = self._look.theme, place.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setFont(self.font)
        painter.setPen(QColor(theme.text if face.seen else theme.tertiary))
        label = face.label
        area = rect.adjusted(self._pad, self._look.px(3), -self._pad, 0)
        area.setHeight(self.metrics.height())
        if self.metrics.horizontalAdvance(label) > area.width() + 1:
            label = self.metrics.elidedText(label, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextForceLeftToRight, label)
        if face.token >= 0:
            painter.setFont(self._below_font)
            painter.setPen(QColor(theme.tertiary))
            below = QRectF(rect.left(), area.bottom(), rect.width(), self._below_metrics.height())
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, note(face.token, face.size))
