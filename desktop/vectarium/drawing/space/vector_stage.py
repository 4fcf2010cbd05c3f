"""A cloud with its expression box, its menu and the layers on the left, the panels on the right."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from vectarium.drawing.cloud.cloud_menu import CloudMenu
from vectarium.drawing.cloud.point_cloud import PointCloud
from vectarium.drawing.palette import Look
from vectarium.drawing.space.expression_box import ExpressionBox
from vectarium.drawing.space.layers_bar import LayersBar
from vectarium.drawing.space.vector_panels import VectorPanels

SIDE = 270  # pixels at 100 %


class VectorStage(QWidget):
    """Puts its parts in their places; whoever owns it listens to them."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.cloud = PointCloud(look)
        self.box = ExpressionBox(look, "king - man + woman", "Expression")
        self.view = CloudMenu(self.cloud)
        self.layers = LayersBar(look)
        self.layers.hide()
        self.panels = VectorPanels(look)
        over = QHBoxLayout()
        over.addWidget(self.box, 10, Qt.AlignmentFlag.AlignTop)
        over.addStretch(1)
        over.addWidget(self.view, 0, Qt.AlignmentFlag.AlignTop)
        self._on_cloud = QVBoxLayout(self.cloud)
        self._on_cloud.addLayout(over)
        self._on_cloud.addStretch(1)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.cloud, 1)
        column.addWidget(self.layers)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.addWidget(left)
        self._split.addWidget(self.panels)
        self._split.setStretchFactor(0, 1)
        self._split.setCollapsible(0, False)
        self._split.splitterMoved.connect(self._keep_side)
        self._side_kept = False  # the user gave the side its width
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._split)
        for button, text in (
            (self.panels.nearest.own, "List the words of the expression too"),
            (self.panels.nearest.folded, "Fold twins that differ by case or space"),
        ):
            action = self.view.menu().addAction(text)
            action.setCheckable(True)
            action.toggled.connect(button.setChecked)
            button.toggled.connect(action.setChecked)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.look = look
        margin = look.px(10)
        self._on_cloud.setContentsMargins(margin, margin, margin, margin)
        self.box.setMaximumWidth(look.px(440))
        self.panels.setMinimumWidth(look.px(150))
        self._side_kept = False
        self._divide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._divide()

    def _keep_side(self) -> None:
        self._side_kept = True

    def _divide(self) -> None:
        """The side has its width, or where there is little room two fifths."""
        if not self._side_kept:
            side = min(self.look.px(SIDE), self.width() * 2 // 5)
            self._split.setSizes([self.width() - side, side])
