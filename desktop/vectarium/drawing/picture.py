"""Widgets as a picture, on screen or in a file."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from vectarium.drawing.palette import Look


def picture_of(look: Look, *widgets: QWidget) -> QImage:
    """`widgets` one below the other, as they are on screen."""
    ratio = widgets[0].devicePixelRatioF()
    image = QImage(_size(widgets) * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    _paint(QPainter(image), look, widgets)
    return image


def save_picture(path: Path, look: Look, *widgets: QWidget) -> None:
    """PNG, or SVG where the name ends so. Raises OSError if the file cannot be written."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if path.suffix.lower() == ".svg":
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(_size(widgets))
        generator.setViewBox(QRect(QPoint(), _size(widgets)))
        generator.setTitle("Vectarium")
        _paint(QPainter(generator), look, widgets)
    else:
        picture_of(look, *widgets).save(buffer, "PNG")  # type: ignore[call-overload]
    path.write_bytes(bytes(buffer.data().data()))


def _size(widgets: tuple[QWidget, ...]) -> QSize:
    return QSize(max(widget.width() for widget in widgets), sum(widget.height() for widget in widgets))


def _paint(painter: QPainter, look: Look, widgets: tuple[QWidget, ...]) -> None:
    painter.fillRect(QRect(QPoint(), _size(widgets)), QColor(look.theme.pane))
    top = 0
    for widget in widgets:
        widget.render(painter, QPoint(0, top))
        top += widget.height()
    painter.end()
