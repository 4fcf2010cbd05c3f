"""Several texts beside one another, what their colours mean, and the bar that writes them on."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from vectarium.drawing.color_legend import ColorLegend
from vectarium.drawing.futures.column_head import ColumnHead
from vectarium.drawing.futures.columns_bar import ColumnsBar
from vectarium.drawing.futures.text_column import TextColumn
from vectarium.drawing.palette import Look
from vectarium.sampling import SamplingSettings


class ColumnsView(QWidget):
    """Makes columns as they are needed, and passes on what the user does in any of them."""

    settings_changed = Signal(int, object)  # column, SamplingSettings
    seed_changed = Signal(int, int)  # column, seed
    keep_asked = Signal(int)  # column
    hovered = Signal(int, object)  # column, token or None
    opened = Signal(int, int)  # column, token
    play_asked = Signal()
    step_asked = Signal()
    back_asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.columns: list[TextColumn] = []
        self.heads: list[ColumnHead] = []
        self.running = False
        self.legend = ColorLegend(look)
        self.bar = ColumnsBar(look)
        self._row = QHBoxLayout()
        self._row.setSpacing(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.legend)
        layout.addLayout(self._row, 1)
        layout.addWidget(self.bar)

    def set_look(self, look: Look) -> None:
        self._look = look

    def set_count(self, count: int, settings: tuple[SamplingSettings, ...], vocabulary_size: int) -> None:
        """Have this many columns."""
        while len(self.columns) > count:
            gone = self.columns.pop()
            self.heads.pop()
            self._row.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        while len(self.columns) < count:
            index = len(self.columns)
            head = ColumnHead(self._look, index, settings[index])
            column = TextColumn(self._look, index, head)
            head.settings_changed.connect(self.settings_changed)
            head.seed_changed.connect(self.seed_changed)
            head.keep_asked.connect(self.keep_asked)
            column.hovered.connect(self._hovered)
            column.opened.connect(self.opened)
            self.columns.append(column)
            self.heads.append(head)
            self._row.addWidget(column, 1)
        for head in self.heads:
            head.set_vocabulary_size(vocabulary_size)

    @Slot(int, object)
    def _hovered(self, index: int, token: int | None) -> None:
        """Light the token up in all columns: the same place of the same text."""
        for column in self.columns:
            column.text.set_lit(token)
        self.hovered.emit(index, token)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key == Qt.Key.Key_Space and (control or self.running):
            self.play_asked.emit()
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Space) and not control:
            self.step_asked.emit()
        elif key == Qt.Key.Key_Left and not control:
            self.back_asked.emit()
        else:
            event.ignore()
