"""Two texts beside one another from where they part."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from vectarium.drawing.choice_button import ChoiceButton
from vectarium.drawing.color_legend import ColorLegend
from vectarium.drawing.futures.parting import PartingBars
from vectarium.drawing.futures.text_column import ColumnText, TextColumn
from vectarium.drawing.palette import Look
from vectarium.drawing.rows import FittingRow


class ComparisonView(QWidget):
    """The text looked at on the left, and on the right another one that can be chosen."""

    hovered = Signal(int, object)  # column, token or None
    opened = Signal(int, int)  # column, token

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.legend = ColorLegend(look)
        self.parting = PartingBars(look)
        self.other = ChoiceButton("Compared branch", "The branch that stands beside the text looked at")
        self.other.setAccessibleName("Compared branch: none")
        looked_at = QLabel("the text looked at")
        looked_at.setProperty("role", "secondary")
        self.columns = tuple(
            TextColumn(look, index, _Head(look, widget))
            for index, widget in enumerate((looked_at, self.other))
        )
        row = QHBoxLayout()
        row.setSpacing(0)
        for column in self.columns:
            row.addWidget(column, 1)
            column.hovered.connect(self._hovered)
            column.opened.connect(self.opened)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.legend)
        layout.addWidget(self.parting)
        layout.addLayout(row, 1)

    def show_texts(
        self, texts: tuple[ColumnText, ColumnText], parts_at: tuple[int | None, int | None], again: bool
    ) -> None:
        """Show both; in each, the token at which they part is framed."""
        for column, shown, token in zip(self.columns, texts, parts_at, strict=True):
            column.show_text(shown)
            column.text.set_selected(token)
            if again:
                column.text.verticalScrollBar().setValue(0)

    @Slot(int, object)
    def _hovered(self, index: int, token: int | None) -> None:
        """Light up the token of the same number in the other text."""
        for column in self.columns:
            column.text.set_lit(token)
        self.hovered.emit(index, token)


class _Head(FittingRow):
    """The name of a column."""

    def __init__(self, look: Look, widget: QWidget) -> None:
        super().__init__("columnHead")
        widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.row.addWidget(widget, 1)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.row.setContentsMargins(look.px(10), look.px(7), look.px(6), look.px(7))
        self.setMinimumHeight(look.px(42))
