"""Dot products of words with each other, as a small heatmap with numbers."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from vectarium.drawing.choice_button import toggle
from vectarium.drawing.numbers import Numbers
from vectarium.drawing.palette import Look, contrast, mix
from vectarium.drawing.space.number_line import MEAN_NOTE, marked
from vectarium.messages_vectors import Problem, WordsCompared
from vectarium.space_settings import SpaceSettings


class NumberMatrix(QWidget):
    """A square of numbers, blue where positive and red where negative, deeper with size."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.shown: WordsCompared | None = None
        self.setAccessibleName("Dot-product matrix")

    def set_look(self, look: Look) -> None:
        self.look = look
        self.update()

    def show_values(self, shown: WordsCompared | None) -> None:
        self.shown = shown
        self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.look.px(84))

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self.shown
        if shown is None:
            return
        look, theme = self.look, self.look.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(look.mono(10.5))
        metrics = painter.fontMetrics()
        labels = list(zip(shown.labels, shown.composite, strict=True))
        count = len(labels)
        names = min(
            max(metrics.horizontalAdvance(label + " *" * mean) for label, mean in labels) + look.px(8),
            self.width() * 0.3,
        )
        head = look.px(22)
        cell = min((self.width() - names) / count, (self.height() - head) / count)
        wide = (self.width() - names) / count
        high = max(min(cell, look.px(34)), min(look.px(20), (self.height() - head) / count))
        largest = float(abs(shown.values).max()) or 1.0
        decimals = next(
            (
                count
                for count in (2, 1, 0)
                if metrics.horizontalAdvance(f"{-largest:.{count}f}") + look.px(3) <= wide
            ),
            None,
        )  # as many as fit; None where no number does
        for row, (label, composite) in enumerate(labels):
            painter.setPen(QColor(theme.text))
            side = QRectF(0, head + row * high, names - look.px(6), high)
            text = marked(metrics, label, int(side.width()), composite=composite)
            painter.drawText(side, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            above = QRectF(names + row * wide, 0, wide, head)
            text = marked(metrics, label, int(wide), composite=composite)
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, text)
            for column in range(count):
                value = float(shown.values[row, column])
                area = QRectF(names + column * wide, head + row * high, wide, high).adjusted(1, 1, -1, -1)
                hue = theme.positive if value >= 0 else theme.negative
                ground = mix(theme.pane, hue, min(1.0, abs(value) / largest) * 0.75)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ground)
                painter.drawRoundedRect(area, look.px(3), look.px(3))
                if decimals is not None and high >= metrics.height() - 2:
                    painter.setPen(
                        QColor(max((theme.text, theme.window), key=lambda ink: contrast(ink, ground)))
                    )
                    number = f"{value:.{decimals}f}".replace("-", "−")
                    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, number)
        painter.end()


class ComparisonPanel(QWidget):
    """`asked` says that other words, or cosines, are wanted."""

    asked = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.words = QLineEdit(SpaceSettings().compared)
        self.words.setAccessibleName("Words to compare")
        self.words.setToolTip("2 to 40 words, parted by spaces or commas; Return compares them")
        self.cosine = toggle("cosine", "Cosines in place of dot products")
        self.matrix = NumberMatrix(look)
        self.note = QLabel()
        self.note.setProperty("role", "small")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in ((self.words, 0), (self.cosine, 0), (self.matrix, 1), (self.note, 0)):
            self._layout.addWidget(widget, stretch)
        self.words.returnPressed.connect(self.asked)
        self.cosine.toggled.connect(self._toggled)
        self.set_look(look)

    @property
    def shown(self) -> WordsCompared | None:
        return self.matrix.shown

    def set_look(self, look: Look) -> None:
        self._layout.setSpacing(look.px(6))

    @Slot()
    def _toggled(self) -> None:
        self.asked.emit()

    def show_values(self, compared: WordsCompared | None) -> None:
        self.matrix.show_values(compared)
        lines = [] if compared is None else list(compared.unknown)
        if compared is not None and any(compared.composite):
            lines.append(MEAN_NOTE)
        self.note.setText("\n".join(lines))

    def show_problem(self, problem: Problem) -> None:
        self.show_values(None)
        self.note.setText(problem.message)

    def tables(self) -> list[Numbers]:
        shown = self.shown
        if shown is None:
            return []
        numbers = zip(shown.labels, shown.composite, shown.values.tolist(), strict=True)
        rows = [(label, mean, *values) for label, mean, values in numbers]
        name = "cosines" if shown.cosine else "dot_products"
        return [(name, ("text", "mean of its tokens", *shown.labels), lambda: rows)]
