"""The widgets of the Next token pane and how they lie. They decide nothing."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.drawing.choice_button import toggle
from vectarium.drawing.distribution_table import DistributionTable
from vectarium.drawing.elided_label import ElidedLabel
from vectarium.drawing.palette import Look
from vectarium.drawing.sampling_controls import SamplingControls
from vectarium.drawing.writing.dice_panel import DicePanel
from vectarium.sampling import SamplingSettings

ROW_CHOICES = (10, 20, 50, 200, 1000, 0)  # 0 is all
SIDE, LIST_LEAST, DICE = 290, 310, 250  # pixels at 100 %
KINDS = (
    ("Its draw", "The distribution that the selected token was drawn from, as it was then"),
    ("After it", "What the model expects after the selected token, with the settings as they are now"),
)


class NextTokenView:
    """Fills a pane's header and body."""

    def __init__(self, look: Look, tools: QHBoxLayout, body: QWidget, sampling: SamplingSettings) -> None:
        self.rows_button = QToolButton()
        self.rows_button.setProperty("role", "choice")
        self.rows_button.setToolTip("How many of the most likely tokens the list holds")
        self.rows_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.rows_button.setMenu(QMenu(self.rows_button))
        tools.addWidget(self.rows_button)
        self.kinds = QButtonGroup(body)
        for index, (name, tip) in enumerate(KINDS):
            button = toggle(name, tip)
            button.setChecked(index == 0)
            button.hide()
            self.kinds.addButton(button, index)
            tools.addWidget(button)
        self.table = DistributionTable(look)
        self.after = ElidedLabel()
        self.after.setProperty("role", "small")
        self.summary = QLabel()
        self.summary.setProperty("role", "small")
        self.summary.setWordWrap(True)
        self.controls = SamplingControls(look, sampling)
        self.sample = QPushButton("Sample  →")
        self.sample.setProperty("role", "primary")
        self.sample.setToolTip("Draw one token from this distribution and put it after the text (→)")
        self.undo = QPushButton("←  Undo")
        self.undo.setToolTip("Take the last token or edit back (←)")
        self.play = QPushButton("Write on")
        self.play.setToolTip("Let the model draw token after token until it ends the text")
        self.then = QLabel()
        self.then.setProperty("role", "small")
        self.then.setWordWrap(True)
        self.settings = QPushButton("Set the sliders so")
        self.settings.setToolTip("Draw the next tokens with the settings that this one was drawn with")
        self.dice = DicePanel(look)
        self._buttons = QHBoxLayout()
        for act in (self.undo, self.sample):
            self._buttons.addWidget(act, 1)
        self._side_body = QWidget()
        self._column = QVBoxLayout(self._side_body)
        self._column.addWidget(self.controls)
        self._column.addLayout(self._buttons)
        for widget in (self.play, self.then, self.settings):
            self._column.addWidget(widget)
        self._column.addSpacing(8)
        self._column.addWidget(self.dice)
        self._column.addStretch(1)
        self._side = QScrollArea()
        self._side.setObjectName("paneSide")
        self._side.setWidgetResizable(True)
        self._side.setFrameShape(QFrame.Shape.NoFrame)
        self._side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._side.setWidget(self._side_body)
        self._left = QVBoxLayout()
        self._left.addWidget(self.after)
        self._left.addWidget(self.table, 1)
        self._left.addWidget(self.summary)
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight, body)
        self._both.setContentsMargins(0, 0, 0, 0)
        self._both.setSpacing(0)
        self._both.addLayout(self._left, 1)
        self._both.addWidget(self._side)
        self.show_kind(has_draw=False, of_draw=False)

    def show_kind(self, *, has_draw: bool, of_draw: bool) -> None:
        """Whether the selected token was drawn, and whether its draw is what the list shows."""
        for button in self.kinds.buttons():
            button.setVisible(has_draw)
        for widget in (self.undo, self.sample, self.play):
            widget.setVisible(not of_draw)
        self.then.setVisible(of_draw)
        self.settings.setVisible(of_draw)

    def set_look(self, look: Look) -> None:
        margin = look.px(12)
        self._left.setContentsMargins(margin, look.px(8), margin, margin)
        self._left.setSpacing(look.px(8))
        self._column.setContentsMargins(margin, margin, margin, margin)
        self._column.setSpacing(look.px(10))
        self.table.setMinimumHeight(look.px(160))

    def arrange(self, look: Look, width: int, height: int) -> None:
        """The sliders beside the table, or below it in a narrow pane; the dice where there is room."""
        sliders = self.controls.sizeHint().height() + look.px(100)
        self.dice.setVisible(height >= sliders + look.px(DICE))
        beside = width >= look.px(SIDE + LIST_LEAST)
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._both.setDirection(direction)
        self._side.setMinimumWidth(look.px(SIDE) if beside else 0)
        self._side.setMaximumWidth(look.px(SIDE) if beside else look.px(10_000))
        self._side.setMinimumHeight(0 if beside else self._side_body.sizeHint().height())
