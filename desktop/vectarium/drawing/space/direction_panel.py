"""The direction lab: a direction from an expression, and words along it."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.drawing.choice_button import toggle
from vectarium.drawing.numbers import Numbers
from vectarium.drawing.palette import Look
from vectarium.drawing.space.completion_list import select
from vectarium.drawing.space.number_line import MEAN_NOTE, NumberLine, Reading
from vectarium.messages_vectors import DirectionRead, Problem
from vectarium.space_settings import SpaceSettings

ASK_AFTER_MS = 400


class DirectionPanel(QWidget):
    """`asked` says that the direction or the words changed."""

    asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.shown: DirectionRead | None = None
        self.direction = QLineEdit(SpaceSettings().direction)
        self.direction.setAccessibleName("Direction")
        self.direction.setToolTip("Any expression: the words below are laid along its value")
        self.words = QPlainTextEdit(SpaceSettings().along)
        self.words.setAccessibleName("Words along the direction")
        self.words.setToolTip("Words, parted by spaces or commas; type them or drop them here")
        self.words.setTabChangesFocus(True)
        self.examples = QToolButton()
        self.examples.setText("Examples ▾")
        self.examples.setToolTip("Directions from the visual lectures: plural, gender, size")
        self.examples.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.examples)
        self._menu.triggered.connect(self._example_chosen)
        self.examples.setMenu(self._menu)
        self.sorted = toggle("sorted", "From the lowest value to the highest, or in the order given")
        self.cosine = toggle("cosine", "Cosines in place of dot products: the lengths left out")
        self.note = QLabel()
        self.note.setProperty("role", "small")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.line = NumberLine(look)
        scroll = QScrollArea()
        scroll.setWidget(self.line)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        top = QHBoxLayout()
        top.addWidget(self.direction, 1)
        top.addWidget(self.examples)
        checks = QHBoxLayout()
        checks.addWidget(self.sorted)
        checks.addWidget(self.cosine)
        checks.addStretch(1)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addLayout(top)
        self._layout.addWidget(self.words)
        self._layout.addLayout(checks)
        self._layout.addWidget(scroll, 1)
        self._layout.addWidget(self.note)
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.setInterval(ASK_AFTER_MS)
        self._asking.timeout.connect(self.asked)
        self.direction.returnPressed.connect(self.asked)
        self.words.textChanged.connect(self._asking.start)
        self.sorted.toggled.connect(self._show)
        self.cosine.toggled.connect(self._show)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._layout.setSpacing(look.px(6))
        self.words.setMinimumHeight(look.px(34))
        self.words.setMaximumHeight(look.px(62))
        self.direction.setFont(look.mono(13))
        self.direction.setMinimumWidth(look.px(60))

    def set_examples(self, examples: tuple[tuple[str, str, str], ...]) -> None:
        """(name, direction, words) each."""
        self._menu.clear()
        for name, direction, words in examples:
            self._menu.addAction(f"{name}: {direction}").setData((direction, words))

    @Slot(object)
    def _example_chosen(self, action: object) -> None:
        direction, words = action.data()  # type: ignore[attr-defined]
        self.direction.setText(direction)
        self.words.setPlainText(words)
        self._asking.stop()
        self.asked.emit()

    def show_readings(self, read: DirectionRead | None) -> None:
        self.shown = read
        self._show()

    def show_problem(self, problem: Problem) -> None:
        self.show_readings(None)
        near = f" Try {', '.join(problem.near)}." if problem.near else ""
        self.note.setText(problem.message + near)
        select(self.direction, problem.start, problem.end)

    @Slot()
    def _show(self) -> None:
        read = self.shown
        if read is None:
            self.line.show_readings(())
            self.note.setText("")
            return
        values = read.cosines if self.cosine.isChecked() else read.dots
        readings = [Reading(*each) for each in zip(read.labels, values.tolist(), read.composite, strict=True)]
        if self.sorted.isChecked():
            readings.sort(key=lambda reading: reading.value)
        self.line.show_readings(tuple(readings))
        lines = list(read.unknown)
        if any(read.composite) or "*" in read.direction:
            lines.append(MEAN_NOTE)
        self.note.setText("\n".join(lines))

    def tables(self) -> list[Numbers]:
        read = self.shown
        if read is None:
            return []
        rows = list(zip(read.labels, read.dots.tolist(), read.cosines.tolist(), read.composite, strict=True))
        return [
            (
                "direction",
                ("text", f"dot with {read.direction}", "cosine", "mean of its tokens"),
                lambda: rows,
            )
        ]
