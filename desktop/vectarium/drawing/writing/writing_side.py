"""Beside the text: its branches, the dice of a token, and the seed, one at a time."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from vectarium.drawing.choice_button import toggle
from vectarium.drawing.palette import Look
from vectarium.drawing.writing.branch_tree import BranchTree, TreeNode
from vectarium.drawing.writing.dice import Chances
from vectarium.drawing.writing.dice_panel import DicePanel
from vectarium.drawing.writing.seed_panel import SeedPanel
from vectarium.sampling import Step

NARROWEST, WIDEST, SHARE = 236, 330, 0.3  # pixels at 100 %, and of the pane's width
HINT = (
    "One text so far. Rest the mouse on a word that the model wrote and click another, go back and write on, "
    "or edit: the text you leave stays here as a branch."
)
PAGES = (
    ("Branches", "Every text you left, as a tree"),
    ("Dice", "How chance chose the selected token, or the last one"),
    ("Seed", "The random numbers, how long the model may write, and where it stops"),
)


class WritingSide(QWidget):
    """Holds the three, and asks for a branch's name."""

    renamed = Signal(int, str)  # branch

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("paneSide")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self.tree = BranchTree(look)
        self.dice = DicePanel(look)
        self.seed = SeedPanel(look)
        self._names: dict[int, str] = {}
        self._shown: object = self
        self._hint = QLabel(HINT)
        self._hint.setProperty("role", "secondary")
        self._hint.setWordWrap(True)
        self._summary = QLabel()
        self._summary.setProperty("role", "small")
        self._summary.setWordWrap(True)
        self._summary.setToolTip(
            "p is the model's own probability of all tokens that it wrote here, at temperature 1"
        )
        self._buttons = QButtonGroup(self)
        self._head = QHBoxLayout()
        self._stack = QStackedWidget()
        for index, ((name, tip), widget) in enumerate(zip(PAGES, self._pages(), strict=True)):
            button = toggle(name, tip)
            button.setChecked(index == 0)
            self._buttons.addButton(button, index)
            self._head.addWidget(button)
            self._stack.addWidget(widget)
        self._head.addStretch(1)
        self._layout = QVBoxLayout(self)
        self._layout.addLayout(self._head)
        self._layout.addWidget(self._stack, 1)
        self._buttons.idClicked.connect(self._stack.setCurrentIndex)
        self.tree.rename_asked.connect(self._ask_name)
        self.set_look(look)

    def _pages(self) -> tuple[QWidget, ...]:
        branches = QWidget()
        column = QVBoxLayout(branches)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._hint)
        column.addWidget(_scrolling(self.tree), 1)
        column.addWidget(self._summary)
        return branches, _scrolling(self.dice), _scrolling(self.seed)

    def set_look(self, look: Look) -> None:
        self._look = look
        margin = look.px(10)
        self._layout.setContentsMargins(margin, margin, margin, margin)
        self._layout.setSpacing(look.px(8))
        self._head.setSpacing(look.px(4))

    def fit(self, room: int) -> None:
        """Take a share of a pane that is `room` pixels wide."""
        px = self._look.px
        self.setFixedWidth(min(max(px(NARROWEST), round(SHARE * room)), px(WIDEST)))

    def open_page(self, index: int) -> None:
        """Show branches (0), dice (1) or seed (2)."""
        self._buttons.button(index).setChecked(True)
        self._stack.setCurrentIndex(index)

    def show_tree(self, nodes: tuple[TreeNode, ...], summary: str) -> None:
        """Show the branches, with a line below."""
        self._names = {node.leaf: node.label for node in nodes if node.leaf is not None}
        self.tree.set_nodes(nodes)
        self._hint.setVisible(len(nodes) < 2)
        self.tree.setVisible(len(nodes) > 1)
        self._summary.setText(summary if nodes else "")

    def show_dice(self, step: Step | None, chances: Chances | None, title: str, said: str) -> None:
        """Show how a token was drawn. The same draw again changes nothing, so that rolls stay."""
        if step is not self._shown:
            self._shown = step
            self.dice.show_step(chances, step.uniform if step is not None else None, title, said)

    @Slot(int)
    def _ask_name(self, branch: int) -> None:
        name, agreed = QInputDialog.getText(
            self, "Rename the branch", "Name (empty: none):", text=self._names.get(branch, "")
        )
        if agreed:
            self.renamed.emit(branch, name)


def _scrolling(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setWidget(widget)
    return area
