"""A widget as a picture file."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QPoint
from PySide6.QtGui import QColor, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from vectarium.drawing.palette import Look


def save_picture(widget: QWidget, path: Path, look: Look) -> None:
    """PNG, or SVG where the name ends so. Raises OSError if the file cannot be written."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if path.suffix.lower() == ".svg":
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(widget.size())
        generator.setViewBox(widget.rect())
        painter = QPainter(generator)
        painter.fillRect(widget.rect(), QColor(look.theme.pane))
        widget.render(painter, QPoint())
        painter.end()
    else:
        picture = widget.grab()
        ground = picture.copy()
        ground.fill(QColor(look.theme.pane))
        painter = QPainter(ground)
        painter.drawPixmap(0, 0, picture)
        painter.end()
        ground.save(buffer, "PNG")
    path.write_bytes(bytes(buffer.data().data()))
