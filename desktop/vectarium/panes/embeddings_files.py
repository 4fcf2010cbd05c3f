"""The numbers of the Embeddings pane, for files and the clipboard."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from vectarium import space_tables
from vectarium.drawing.numbers import Numbers
from vectarium.drawing.space.vector_panels import VectorPanels
from vectarium.files import write_csv
from vectarium.session.vector_reading import VectorReading


class EmbeddingsFiles(QObject):
    """Adds its entries to the pane's menu."""

    message = Signal(str)
    path_asked = Signal(str, str, object)  # title, file name, Callable[[Path], None]

    def __init__(self, reading: VectorReading, panels: VectorPanels, menu: QMenu, parent: QObject) -> None:
        super().__init__(parent)
        self._reading, self._panels = reading, panels
        menu.addSeparator()
        menu.addAction("Copy the nearest words", self._copy_neighbours)
        menu.addAction("Save the nearest words as CSV …", self._ask_neighbours_path)
        menu.addAction("Save the expression as CSV …", self._ask_expression_path)
        menu.addAction("Save what is beside the cloud as SVG …", self._ask_side_path)

    def tables(self, most: int | None = None) -> list[Numbers]:
        """The points with all components, at `most` so many neighbours, and the numbers of the side."""
        reading = self._reading
        found = space_tables.tables(reading.opened, reading.evaluated, reading.axes, most)
        return [*found, *self._panels.tables()]

    def save_neighbours(self, path: Path) -> None:
        """The list of neighbours as it is shown, with all three measures, as CSV. Raises OSError."""
        near, limit = self._panels.nearest.listed, self._panels.nearest.limit
        if near is not None:
            write_csv(path, space_tables.NEIGHBOUR_COLUMNS, space_tables.neighbours(near, limit))

    def save_expression(self, path: Path) -> None:
        """The words of the expression and its result, on all axes, as CSV. Raises OSError."""
        for name, columns, rows in self.tables():
            if name == "expression":
                write_csv(path, columns, rows())

    @Slot()
    def _copy_neighbours(self) -> None:
        QGuiApplication.clipboard().setText(self._panels.nearest.bars.as_text())
        self.message.emit("The nearest words are on the clipboard.")

    @Slot()
    def _ask_neighbours_path(self) -> None:
        self._ask_path("the nearest words", "neighbours.csv", self.save_neighbours)

    @Slot()
    def _ask_expression_path(self) -> None:
        self._ask_path("the expression", "expression.csv", self.save_expression)

    def _ask_path(self, what: str, name: str, save: object) -> None:
        if self._reading.evaluated is None:
            self.message.emit("There is no expression yet: type one, or click a point.")
        else:
            self.path_asked.emit(f"Save {what}", name, save)

    @Slot()
    def _ask_side_path(self) -> None:
        name = self._panels.settings().panel.lower().replace(" ", "-")
        self.path_asked.emit("Save what is beside the cloud", f"{name}.svg", self._panels.save_picture)
