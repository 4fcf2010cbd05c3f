"""The words nearest to the value of an expression, and where the word that one expects lies."""

import html
import math

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QLineEdit, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from vectarium.drawing.choice_button import ChoiceButton, toggle
from vectarium.drawing.palette import Look
from vectarium.drawing.rows import ShrinkingRow
from vectarium.drawing.space.value_bars import Bar, ValueBars
from vectarium.messages_vectors import MOST_NEIGHBOURS, Evaluated, Near
from vectarium.space_settings import MEASURES, SpaceSettings


class NearestPanel(QWidget):
    """`asked` says that the measure or the folding changed, or another word is expected.

    Whoever shows the panel finds a place for `measure` above it.
    """

    asked = Signal()
    meant = Signal(int)  # a row of the space
    pointed = Signal(object)  # int | None, a row of the space

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.shown: Evaluated | None = None
        self.measure = ChoiceButton(
            "Measure", "What near means: angle, distance or dot product, always in the whole space"
        )
        self.measure.set_choices(tuple((measure, measure) for measure in MEASURES), MEASURES[0])
        self.count = QSpinBox()
        self.count.setRange(1, MOST_NEIGHBOURS)
        self.count.setValue(SpaceSettings().neighbours)
        self.count.setKeyboardTracking(False)
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.count.setAccessibleName("Neighbours")
        self.count.setToolTip(f"How many neighbours are listed and lit in the cloud, 1 to {MOST_NEIGHBOURS}")
        self.bars = ValueBars(look)
        self.bars.setAccessibleName("Nearest words")
        self.own = toggle(
            "own words", "List the words of the expression too: the nearest is often one of them"
        )
        self.folded = toggle("fold", "Show words that differ only by case or a leading space as one")
        for button in (self.own, self.folded):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.expected = QLineEdit()
        self.expected.setPlaceholderText("a word you expect")
        self.expected.setAccessibleName("Expected word")
        self.expected.setToolTip("Type the word you expect, and see where it truly lies")
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.RichText)
        self.verdict.setProperty("role", "small")
        self._controls = ShrinkingRow()
        for control in (self.count, self.own, self.folded):
            self._controls.add(control)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self._controls)
        self._layout.addWidget(self.bars, 1)
        self._layout.addWidget(self.expected)
        self._layout.addWidget(self.verdict)
        self.measure.chosen.connect(self._changed)
        self.folded.toggled.connect(self._changed)
        self.expected.returnPressed.connect(self._changed)
        self.own.toggled.connect(self._show)
        self.count.valueChanged.connect(self._show)
        self.bars.meant.connect(self._meant)
        self.bars.pointed.connect(self._pointed)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.look = look
        self._layout.setSpacing(look.px(6))
        self.count.setFixedWidth(look.px(54))
        self._show()

    def show_result(self, evaluated: Evaluated | None) -> None:
        self.shown = evaluated
        self._show()

    def show_unknown(self, message: str) -> None:
        """Say that the expected word is none of the space's."""
        self.verdict.setText(html.escape(message))

    @property
    def listed(self) -> Near | None:
        """The neighbours in the list, with all the worker gave, not only those shown."""
        if self.shown is None:
            return None
        return self.shown.near if self.own.isChecked() else self.shown.others

    @property
    def limit(self) -> int:
        return self.count.value()

    def restore(self, settings: SpaceSettings) -> None:
        """The controls as they were left."""
        self.measure.choose(settings.measure)
        self.count.setValue(settings.neighbours)
        self.own.setChecked(settings.own_words)
        self.folded.setChecked(settings.folded)

    @Slot()
    def _changed(self) -> None:
        self.asked.emit()

    @Slot()
    def _show(self) -> None:
        near = self.listed
        if near is None or self.shown is None:
            self.bars.show_bars(())
            self.verdict.setText("")
            return
        expected = self.shown.expected
        count = min(self.limit, len(near))
        values = value_column(near, self.shown.measure)
        lengths = _lengths(values[:count], self.shown.measure)
        bars = []
        for index in range(count):
            row = int(near.rows[index])
            role = "own" if near.own[index] else ""
            if expected is not None and row == expected.row:
                role = "found"
            twins = f" (twins folded: {near.twins[index]})" if near.twins[index] else ""
            tip = (
                f"{near.labels[index]}{twins}: cosine {near.cosines[index]:.4f}, "
                f"Euclid {near.distances[index]:.4f}, dot {near.dots[index]:.4f}. Click to look at it."
            )
            bars.append(Bar(near.labels[index], values[index], lengths[index], role, tip))
        self.bars.show_bars(tuple(bars), 3 if self.shown.measure == "cosine" else 2)
        self.verdict.setText(self._verdict())

    def _verdict(self) -> str:
        evaluated = self.shown
        assert evaluated is not None
        lines = []
        composite = [term.label for term in evaluated.terms if term.composite]
        if composite:
            names = html.escape(", ".join(composite))
            lines.append(f"{names}: no word of this space, taken as the mean of its tokens.")
        expected = evaluated.expected
        if expected is not None:
            color = self.look.theme.found
            mean = " (the mean of its tokens)" if expected.composite else ""
            own = ""
            if expected.rank_with_own != expected.rank:
                own = f", {ordinal(expected.rank_with_own)} with the expression’s own words"
            lines.append(
                f'expected <span style="color:{color}; font-weight:600">{html.escape(expected.label)}</span>'
                f'{mean} is <span style="font-weight:600">{ordinal(expected.rank)}</span> of '
                f"{expected.among:,}{own}; cosine {expected.cosine:.3f}, {expected.angle:.0f}°, "
                f"misses by {expected.distance:.2f}"
            )
        return "<br>".join(lines)

    @Slot(int)
    def _meant(self, index: int) -> None:
        near = self.listed
        if near is not None:
            self.meant.emit(int(near.rows[index]))

    @Slot(object)
    def _pointed(self, index: int | None) -> None:
        near = self.listed
        self.pointed.emit(None if index is None or near is None else int(near.rows[index]))


def value_column(near: Near, measure: str) -> list[float]:
    """The values by which the list is ordered."""
    columns = {"cosine": near.cosines, "Euclid": near.distances, "dot product": near.dots}
    return [float(value) for value in columns[measure]]


def _lengths(values: list[float], measure: str) -> list[float]:
    """Bars: a cosine as it is, a distance as its share of the longest, a dot product of the largest."""
    if measure == "cosine":
        return [0.0 if math.isnan(value) else value for value in values]
    longest = max((abs(value) for value in values), default=1.0) or 1.0
    return [abs(value) / longest for value in values]


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 1,021st."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
