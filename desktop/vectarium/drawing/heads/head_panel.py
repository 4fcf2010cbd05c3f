"""One head large, with its name, its stages, and the views on it to choose from."""

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.attention.head_numbers import SOFTMAX, STAGES
from vectarium.drawing.heads.head_arithmetic import HeadArithmetic
from vectarium.drawing.heads.head_panel_layout import ALL, NONE, Arrangement, arrangement
from vectarium.drawing.heads.head_view import HeadView
from vectarium.drawing.palette import Look
from vectarium.drawing.rows import WrappingRow

MATRIX = 0
UNBOUNDED = 2**24 - 1  # Qt's QWIDGETSIZE_MAX, which PySide6 does not name
STEP_MS = 1500  # long enough to say a sentence about each step
STAGE_TIPS = (
    "The dot product of every query with every key",
    "The dot products divided by the root of the head’s width",
    "Keys that come after the query are set to −∞",
    "e to the power of each, divided by the sum: weights that sum to 1",
)


class HeadPanel(QWidget):
    """Holds the matrix and further views; what they show is set from outside."""

    stage_changed = Signal(int)
    view_changed = Signal(int)

    def __init__(self, look: Look, views: tuple[tuple[str, str, QWidget], ...]) -> None:
        """`views` are further ones by name, each with a tooltip."""
        super().__init__()
        self.stage, self.view = SOFTMAX, MATRIX
        self._look = look
        self._arranged, self._column = Arrangement(0, True, ALL), 0
        self._name = self._note = self._cell_line = ""
        self.name = QLabel()
        self.name.setProperty("role", "title")
        self.does = QLabel()
        self.does.setProperty("role", "small")
        self.note = QLabel()
        self.note.setProperty("role", "small")
        for label in (self.does, self.note):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.matrix = HeadView(look)
        self.arithmetic = HeadArithmetic(look)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.matrix)
        bar = QWidget()
        self._bar = row = WrappingRow(bar)
        row.setSpacing(6)
        row.setContentsMargins(0, 0, 0, 0)
        self._stages = self._buttons(row, tuple(zip(STAGES, STAGE_TIPS, strict=True)))
        self._play_button = QToolButton()
        self._play_button.setText("▶")
        self._play_button.setToolTip("Go through the steps from q·k to the weights, one after the other")
        self._play_button.setAccessibleName("Play the steps")
        self._play_button.setProperty("role", "choice")
        self._play_button.clicked.connect(self.play)
        row.addWidget(self._play_button)
        self._playing = QTimer(self)
        self._playing.setInterval(STEP_MS)
        self._playing.timeout.connect(self._next_stage)
        self._views = self._buttons(row, tuple((name, tip) for name, tip, _ in views))
        self._views.setExclusive(False)
        self._view_button = self._view_menu(views)
        for _, _, view in views:
            self._stack.addWidget(view)
        self._stages.button(SOFTMAX).setChecked(True)
        self._stages.idClicked.connect(self._stage_clicked)
        self._stages.idClicked.connect(self._playing.stop)
        self._views.idClicked.connect(self._view_clicked)
        self._layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._picture, self._beside = QVBoxLayout(), QWidget()
        title = QHBoxLayout()
        title.addWidget(self.name, 1)
        title.addWidget(self._view_button)
        self._picture.addLayout(title)
        self._picture.addWidget(self.does)
        self._picture.addWidget(self._stack, 1)
        self._side = QVBoxLayout(self._beside)
        self._side.setContentsMargins(0, 0, 0, 0)
        self._side.addWidget(self.arithmetic)
        self._side.addStretch(1)
        self._side.addWidget(self.note)
        self._side.addWidget(bar)
        self._layout.addLayout(self._picture, 1)
        self._layout.addWidget(self._beside)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._look = look
        self.setMinimumSize(look.px(160), look.px(170))
        self._layout.setContentsMargins(look.px(12), look.px(8), look.px(12), look.px(10))
        for layout in (self._layout, self._picture, self._side):
            layout.setSpacing(look.px(4))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The arithmetic stands beside or below the matrix, whichever leaves that larger. Where there is room
        for neither, it is one line in place of the name, and what the buttons do is in a menu."""
        margins, look = self._layout.contentsMargins(), self._look
        buttons = (*self._stages.buttons(), self._play_button, *self._views.buttons())
        sizes = [button.sizeHint() for button in buttons]
        narrow = max(size.width() for size in sizes)
        stacked = sum(size.height() + self._bar.spacing() for size in sizes)
        width = self.width() - margins.left() - margins.right()
        height = self.height() - margins.top() - margins.bottom()
        self._arranged = arranged = arrangement(width, height, look, narrow, stacked)
        column, down = arranged.column, QBoxLayout.Direction.TopToBottom
        if column and self.view != MATRIX and stacked <= height:
            column = narrow  # no arithmetic needs more
        self._column = column
        self._layout.setDirection(QBoxLayout.Direction.LeftToRight if column else down)
        self._layout.setSpacing(look.px(12 if column else 4))
        self._beside.setMinimumWidth(column)
        self._beside.setMaximumWidth(column or UNBOUNDED)
        self._beside.setVisible(arranged.buttons != NONE)
        self.arithmetic.setVisible(arranged.full and self.view == MATRIX)
        self.does.setVisible(arranged.full)
        for button in (self._play_button, *self._views.buttons()):
            button.setVisible(arranged.buttons == ALL)
        across = QSizePolicy.Policy.Expanding if column == narrow else QSizePolicy.Policy.Preferred
        for button in buttons:
            button.setSizePolicy(across if column else QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.arithmetic.set_tall(bool(column))
        self._view_button.setVisible(arranged.buttons != ALL)
        self._show_note()

    @property
    def page(self) -> QWidget:
        """The view that is open, without its name and buttons."""
        page = self._stack.widget(self.view)
        assert page is not None
        return page

    def set_name(self, name: str) -> None:
        """Which head, or heads, are shown."""
        self._name = name
        self._show_note()

    def set_note(self, text: str) -> None:
        """A sentence under the picture."""
        self._note = text
        self._show_note()

    def show_cell(self, line: str) -> None:
        """What the arithmetic shows, in one line; empty for nothing."""
        self._cell_line = line
        self._show_note()

    def _show_note(self) -> None:
        arranged, full = self._arranged, self._arranged.full
        pointed = not full and self._cell_line and self.view == MATRIX
        does = "" if full else f"   {self.does.text()}"
        line = self._cell_line if pointed else self._name + does
        beside = self._view_button.sizeHint().width() if arranged.buttons != ALL else 0
        beside += self._column + self._look.px(12) if self._column else 0
        room = max(10, self.width() - self._look.px(30) - beside)
        self.name.setText(self.name.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, room))
        self.name.setToolTip("" if full else f"{self._name}\n{self.does.text()}\n{self._note}")
        self.note.setText(self._note)
        self.note.setVisible(bool(self._note) and full)

    def set_stages_enabled(self, enabled: bool, why: str = "") -> None:
        """Without the stages only the weights can be shown; `why` says so in the tooltips."""
        for index, tip in enumerate(STAGE_TIPS[:SOFTMAX]):
            self._stages.button(index).setEnabled(enabled)
            self._stages.button(index).setToolTip(tip if enabled else why)
        self._play_button.setEnabled(enabled)
        if not enabled and self.stage != SOFTMAX:
            self.stage = SOFTMAX
            self.set_view(self.view)

    def set_view(self, view: int) -> None:
        """Show a view, 0 for the matrix."""
        self._stack.setCurrentIndex(view)
        for index, button in enumerate(self._views.buttons(), start=1):
            button.setChecked(index == view)
        self._stages.setExclusive(False)
        for index, button in enumerate(self._stages.buttons()):
            button.setChecked(view == MATRIX and index == self.stage)
        self._stages.setExclusive(True)
        if view != self.view:
            self.view = view
            self._arrange()
            self.view_changed.emit(view)

    def set_stage(self, stage: int) -> None:
        """Show a stage of the matrix."""
        self._stage_clicked(stage)

    @Slot()
    def play(self) -> None:
        """Show the stages one after the other, from the first; a click in between stops at that stage."""
        if self._stages.button(0).isEnabled():
            self._stage_clicked(0)
            self._playing.start()

    @Slot()
    def _next_stage(self) -> None:
        if self.stage == SOFTMAX or self.view != MATRIX:
            self._playing.stop()
            return
        self.set_stage(self.stage + 1)
        if self.stage == SOFTMAX:
            self._playing.stop()

    def _view_menu(self, views: tuple[tuple[str, str, QWidget], ...]) -> QToolButton:
        """The views in one button, for a panel with little room."""
        button = QToolButton()
        button.setText("View ▾")
        button.setToolTip("Another view on this head")
        button.setAccessibleName("View on the head")
        button.setProperty("role", "choice")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for stage, name in enumerate(STAGES):
            menu.addAction(name).setData((MATRIX, stage))
        menu.addAction("Play the steps", self.play)
        menu.addSeparator()
        for index, (name, _, _) in enumerate(views, start=1):
            menu.addAction(name).setData((index, SOFTMAX))
        menu.triggered.connect(self._view_chosen)
        button.setMenu(menu)
        return button

    @Slot(QAction)
    def _view_chosen(self, action: QAction) -> None:
        if action.data() is None:  # to play
            return
        view, stage = action.data()
        if view != MATRIX:
            self.set_view(view)
        elif self._stages.button(stage).isEnabled():
            self._playing.stop()
            self._stage_clicked(stage)

    def _buttons(self, row: WrappingRow, entries: tuple[tuple[str, str], ...]) -> QButtonGroup:
        group = QButtonGroup(self)
        for index, (name, tip) in enumerate(entries):
            button = QToolButton()
            button.setText(name)
            button.setToolTip(tip)
            button.setAccessibleName(name)
            button.setProperty("role", "choice")
            button.setCheckable(True)
            group.addButton(button, index)
            row.addWidget(button)
        return group

    @Slot(int)
    def _stage_clicked(self, stage: int) -> None:
        changed, self.stage = stage != self.stage, stage
        self.set_view(MATRIX)
        if changed:
            self.stage_changed.emit(stage)

    @Slot(int)
    def _view_clicked(self, index: int) -> None:
        self.set_view(index + 1 if self._views.button(index).isChecked() else MATRIX)
