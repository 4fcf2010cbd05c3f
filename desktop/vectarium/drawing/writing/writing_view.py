"""The widgets of the Writing pane and how they lie. They decide nothing."""

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from vectarium.drawing.color_legend import ColorLegend
from vectarium.drawing.palette import Look
from vectarium.drawing.writing.chat_bar import ChatBar
from vectarium.drawing.writing.prose_editor import ProseEditor
from vectarium.drawing.writing.strip_chart import StripChart
from vectarium.drawing.writing.token_colors import MODES
from vectarium.drawing.writing.transport_bar import TransportBar
from vectarium.drawing.writing.writing_side import WritingSide

KINDS = (
    ("Story", "The model continues a text"),
    ("Chat", "The text is a conversation with an assistant"),
)


class WritingView:
    """Fills a pane's header and body."""

    def __init__(self, look: Look, tools: QHBoxLayout, body: QWidget) -> None:
        self.modes = QButtonGroup(body)
        for index, (name, tip) in enumerate(KINDS):
            button = _choice(name, tip, index == 0)
            self.modes.addButton(button, index)
            tools.addWidget(button)
        self.color_button = QToolButton()
        self.color_button.setProperty("role", "quiet")
        self.color_button.setToolTip("What the colours of the tokens mean")
        self.color_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu("Colour", self.color_button)
        for mode in MODES:
            menu.addAction(mode).setData(mode)
        menu.addSeparator()
        self.chart_action = menu.addAction("chart along the text")
        self.chart_action.setCheckable(True)
        self.color_button.setMenu(menu)
        tools.addWidget(self.color_button)
        self.edit_button = _choice(
            "Edit",
            "Type into the text anywhere (F2, or just begin to type); Esc lets the keys write again",
            False,
        )
        tools.addWidget(self.edit_button)
        self.side_button = _choice("Side", "Show branches, dice and seed beside the text", True)
        tools.addWidget(self.side_button)
        self.legend = ColorLegend(look)
        self.text = ProseEditor(look)
        self.chart = StripChart(look)
        self.chat = ChatBar(look)
        self.bar = TransportBar(look)
        self.side = WritingSide(look)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.legend)
        left.addWidget(self.text, 1)
        for widget in (self.chart, self.chat, self.bar):
            left.addWidget(widget)
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(left, 1)
        layout.addWidget(self.side)
        self.chart.hide()
        self.chat.hide()


def _choice(name: str, tip: str, checked: bool) -> QToolButton:
    button = QToolButton()
    button.setText(name)
    button.setCheckable(True)
    button.setChecked(checked)
    button.setProperty("role", "choice")
    button.setToolTip(tip)
    return button
