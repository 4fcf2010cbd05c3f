"""What stands beside a cloud: nearest words, the direction lab, dot products, angles; one at a time."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QStackedWidget, QVBoxLayout, QWidget

from vectarium.drawing.choice_button import ChoiceButton
from vectarium.drawing.numbers import Numbers
from vectarium.drawing.palette import Look
from vectarium.drawing.picture import save_picture
from vectarium.drawing.space.angle_panel import AnglePanel
from vectarium.drawing.space.comparison_panel import ComparisonPanel
from vectarium.drawing.space.direction_panel import DirectionPanel
from vectarium.drawing.space.nearest_panel import NearestPanel
from vectarium.drawing.space.value_bars import ValueBars, listed
from vectarium.messages import Reply
from vectarium.messages_vectors import (
    AnglesMeasured,
    CompareWords,
    DirectionRead,
    MeasureAngles,
    Problem,
    ReadDirection,
    WordsCompared,
)
from vectarium.space_settings import PANELS, SpaceSettings


class VectorPanels(QWidget):
    """`asked` carries (request class, its content) for the space shown."""

    asked = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("paneSide")
        self.nearest = NearestPanel(look)
        self.direction = DirectionPanel(look)
        self.comparison = ComparisonPanel(look)
        self.angles = AnglePanel(look)
        self.choice = ChoiceButton(
            "Beside the cloud", "Nearest words, a direction and what lies along it, dot products, or angles"
        )
        self.choice.set_choices(tuple(enumerate(PANELS)), 0)
        self.stack = QStackedWidget()
        for panel in (self.nearest, self.direction, self.comparison, self.angles):
            self.stack.addWidget(panel)
        self._top = QHBoxLayout()
        self._top.addWidget(self.choice, 3)
        self._top.addWidget(self.nearest.measure, 2)
        self._layout = QVBoxLayout(self)
        self._layout.addLayout(self._top)
        self._layout.addWidget(self.stack, 1)
        self.choice.chosen.connect(self._turn_to)
        self.choice.setAcceptDrops(True)
        self.choice.installEventFilter(self)
        bars = self.nearest.bars
        bars.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        bars.customContextMenuRequested.connect(self._offer)
        self._offered = ""  # the word that the open menu is about
        self.direction.asked.connect(self._ask_direction)
        self.comparison.asked.connect(self._ask_comparison)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        margin = look.px(10)
        self._layout.setContentsMargins(margin, margin, margin, margin)
        self._layout.setSpacing(look.px(8))
        self._top.setSpacing(look.px(6))

    def restore(self, settings: SpaceSettings) -> None:
        """Everything as it was left."""
        self.nearest.restore(settings)
        self.direction.direction.setText(settings.direction)
        self.direction.words.setPlainText(settings.along)
        self.comparison.words.setText(settings.compared)
        for line in (self.direction.direction, self.comparison.words):
            line.setCursorPosition(0)
        self.turn_to(PANELS.index(settings.panel))

    def settings(self) -> SpaceSettings:
        nearest = self.nearest
        return SpaceSettings(
            measure=str(nearest.measure.key),
            neighbours=nearest.limit,
            own_words=nearest.own.isChecked(),
            folded=nearest.folded.isChecked(),
            panel=PANELS[self.stack.currentIndex()],
            direction=self.direction.direction.text(),
            along=self.direction.words.toPlainText(),
            compared=self.comparison.words.text(),
        )

    def new_space(self) -> None:
        """Another space is shown: what was read in the last one goes, what is looked at is read anew."""
        self.direction.show_readings(None)
        self.comparison.show_values(None)
        self.angles.show_angles(None)
        self._turn_to(self.stack.currentIndex())

    def turn_to(self, index: int) -> None:
        """Show one of `PANELS`."""
        self.choice.choose(index)
        self._turn_to(index)

    @Slot(object)
    def _turn_to(self, index: int) -> None:
        panel = self.stack.widget(index)
        self.stack.setCurrentIndex(index)
        self.nearest.measure.setVisible(panel is self.nearest)
        if panel is self.direction and self.direction.shown is None:
            self._ask_direction()
        elif panel is self.comparison and self.comparison.shown is None:
            self._ask_comparison()
        elif panel is self.angles and self.angles.shown is None:
            self.asked.emit((MeasureAngles, {}))

    @Slot()
    def _ask_direction(self) -> None:
        content = {"direction": self.direction.direction.text(), "words": self.direction.words.toPlainText()}
        self.asked.emit((ReadDirection, content))

    @Slot()
    def _ask_comparison(self) -> None:
        content = {"words": self.comparison.words.text(), "cosine": self.comparison.cosine.isChecked()}
        self.asked.emit((CompareWords, content))

    @Slot(object)
    def take(self, reply: Reply) -> None:
        """Show a reply that is for one of the panels."""
        match reply:
            case DirectionRead():
                self.direction.show_readings(reply)
            case WordsCompared():
                self.comparison.show_values(reply)
            case AnglesMeasured():
                self.angles.show_angles(reply)
            case Problem(field="direction"):
                self.direction.show_problem(reply)
            case Problem(field="words"):
                self.comparison.show_problem(reply)

    # A word of the list for another panel

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A word that is dragged over the choice opens the direction lab, to be dropped there."""
        if event.type() == QEvent.Type.DragEnter and self.stack.currentWidget() is self.nearest:
            self.turn_to(self.stack.indexOf(self.direction))
        return super().eventFilter(watched, event)

    @Slot(QPoint)
    def _offer(self, place: QPoint) -> None:
        bars = self.nearest.bars
        index = bars.indexAt(place)
        if not index.isValid():
            return
        self._offered = listed(bars.bars[index.row()].name)
        menu = QMenu(bars)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(f"Lay {self._offered} along the direction", self._to_direction)
        menu.addAction(f"Compare {self._offered} by dot products", self._to_comparison)
        menu.popup(bars.viewport().mapToGlobal(place))

    @Slot()
    def _to_direction(self) -> None:
        self.direction.words.setPlainText(f"{self.direction.words.toPlainText()}, {self._offered}")
        self.turn_to(self.stack.indexOf(self.direction))
        self._ask_direction()

    @Slot()
    def _to_comparison(self) -> None:
        self.comparison.words.setText(f"{self.comparison.words.text()}, {self._offered}")
        self.turn_to(self.stack.indexOf(self.comparison))
        self._ask_comparison()

    # Files

    def save_picture(self, path: Path) -> None:
        """What is shown, at full length also where it scrolls: SVG or PNG. Raises OSError."""
        look, panel = self.nearest.look, self.stack.currentWidget()
        title = QLabel(self._title(), self)
        title.setMargin(look.px(5))
        if panel is self.nearest:
            bars = ValueBars(look)
            bars.setParent(self)
            bars.show_bars(self.nearest.bars.bars, self.nearest.bars.decimals)
            bars.resize(self.width(), bars.full_height())
            drawing: QWidget = bars
        elif panel is self.direction:
            drawing = self.direction.line
        else:
            drawing = self.comparison.matrix if panel is self.comparison else self.angles.histogram
        title.resize(max(drawing.width(), title.sizeHint().width()), look.px(28))
        try:
            save_picture(path, look, title, drawing)
        finally:
            title.deleteLater()
            if drawing.parent() is self:
                drawing.deleteLater()

    def _title(self) -> str:
        panel = self.stack.currentWidget()
        if panel is self.nearest:
            shown = self.nearest.shown
            return "" if shown is None else f"{shown.text} · {shown.measure}"
        if panel is self.direction:
            measure = "cosine" if self.direction.cosine.isChecked() else "dot product"
            return f"{self.direction.direction.text()} · {measure}"
        if panel is self.comparison:
            return "Cosines" if self.comparison.cosine.isChecked() else "Dot products"
        return self.angles.note.text().partition("\n")[0]

    def tables(self) -> list[Numbers]:
        """The numbers of every panel that has any: name, columns, a callable for the rows."""
        return [*self.direction.tables(), *self.comparison.tables(), *self.angles.tables()]
