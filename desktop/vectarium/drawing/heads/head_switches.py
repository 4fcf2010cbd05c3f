"""The switches of the Attention pane: actions for its menu, and buttons where there is room."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from vectarium.attention.head_measures import MEASURES, Limit
from vectarium.words import WORDS_TIP

CONVENTIONS = {
    "video": "video: keys down, queries across, softmax down each column",
    "paper": "paper: queries down, keys across, softmax along each row",
}


class HeadSwitches(QObject):
    """What the user chose. `sort` is a measure or −1 for the model's own order; `limit` filters by it."""

    words_changed = Signal(bool)
    sink_changed = Signal()
    convention_changed = Signal()
    dots_changed = Signal()
    order_changed = Signal()
    together_changed = Signal()

    def __init__(self, parent: QWidget, convention: str) -> None:
        super().__init__(parent)
        self.convention = convention
        self.sort = -1
        self.limit: Limit | None = None
        self.words = self._switch("Words", WORDS_TIP, self.words_changed)
        self.sink = self._switch(
            "Hide first-token sink",
            "Leave the first token out and share its weight among the others, in every picture and measure",
            self.sink_changed,
        )
        self.dots = self._switch("Dots", "Draw dots by area, or filled cells", self.dots_changed)
        self.dots.setChecked(True)
        self.averages = self._switch(
            "Averages",
            "Add the mean of each layer’s heads, and of each head number over the layers",
            self.order_changed,
        )
        self.maximum = self._switch(
            "Maximum of chosen heads",
            "Show the maximum of the heads chosen with Shift and a click, in place of their mean",
            self.together_changed,
        )
        self._sort_menu = self._menu("Sort heads by")
        self._sorts = self._choices(
            self._sort_menu,
            [
                ("layer and head", -1, "The model’s own order, a row for each layer"),
                *((measure.name, index, measure.how) for index, measure in enumerate(MEASURES)),
            ],
            self._sorted,
        )
        self._filter_menu = self._menu("Show heads with")
        self._limits = QActionGroup(self)
        self._limits.triggered.connect(self._filtered)
        self._offer_limits()
        self._sort_menu.addSeparator()
        self._sort_menu.addMenu(self._filter_menu)
        self._convention_menu = self._menu("Convention")
        self._conventions = self._choices(
            self._convention_menu,
            [(text, name, f"Draw all attention as in the {name}s") for name, text in CONVENTIONS.items()],
            self._agreed,
            convention,
        )

    @property
    def queries_down(self) -> bool:
        return self.convention == "paper"

    def fill(self, menu: QMenu, before: QAction) -> None:
        """Put every switch into a menu."""
        for action in (self.words, self.sink, self.dots, self.averages, self.maximum):
            menu.insertAction(before, action)
        for submenu in (self._sort_menu, self._convention_menu):
            menu.insertMenu(before, submenu)
        menu.insertSeparator(before)

    def buttons(self) -> list[QToolButton]:
        """The most needed switches as buttons, the most important first."""
        self._sort_button = self._menu_button(self._sort_menu, "How the heads are ordered, with numbers")
        self._convention_button = self._menu_button(
            self._convention_menu, "Which way queries and keys run; remembered for the whole app"
        )
        made = []
        for action in (self.words, self.sink, self.dots):
            button = QToolButton()
            button.setDefaultAction(action)
            button.setProperty("role", "choice")
            button.setAccessibleName(action.text())
            made.append(button)
        self._name_buttons()
        return [made[1], self._convention_button, self._sort_button, made[0], made[2]]

    def set_convention(self, convention: str) -> None:
        for action in self._conventions.actions():
            if action.data() == convention:
                action.trigger()

    def sort_by(self, measure: int) -> None:
        for action in self._sorts.actions():
            if action.data() == measure:
                action.trigger()

    def filter_by(self, limit: Limit | None) -> None:
        for action in self._limits.actions():
            if action.data() == limit:
                action.trigger()

    def _switch(self, text: str, tip: str, changed: object) -> QAction:
        action = QAction(text, self)
        action.setCheckable(True)
        action.setToolTip(tip)
        action.setStatusTip(tip)
        action.toggled.connect(changed)
        return action

    def _menu(self, title: str) -> QMenu:
        menu = QMenu(title, self.parent())  # type: ignore[arg-type]
        menu.setToolTipsVisible(True)
        return menu

    def _choices(
        self, menu: QMenu, entries: list[tuple[str, object, str]], slot: object, chosen: object = None
    ) -> QActionGroup:
        group = QActionGroup(self)
        for text, data, tip in entries:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setData(data)
            action.setToolTip(tip)
            group.addAction(action)
            action.setChecked(data == chosen or (chosen is None and len(group.actions()) == 1))
        group.triggered.connect(slot)
        return group

    def _offer_limits(self) -> None:
        """Numbers of the measure that the heads are sorted by, to filter them."""
        self.limit = None
        for action in self._limits.actions():
            self._limits.removeAction(action)
        self._filter_menu.clear()
        self._filter_menu.setEnabled(self.sort >= 0)
        if self.sort < 0:
            return
        measure = MEASURES[self.sort]
        for text, limit in (("any", None), *((limit.text, limit) for limit in measure.limits())):
            action = self._filter_menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(limit is None)
            action.setData(limit)
            action.setToolTip(f"List heads by their {measure.name}. {measure.how}")
            self._limits.addAction(action)

    def _menu_button(self, menu: QMenu, tip: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setToolTip(tip)
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return button

    def _name_buttons(self) -> None:
        name = "layer" if self.sort < 0 else MEASURES[self.sort].name
        if self.limit is not None:
            name += f", {self.limit.text}"
        self._sort_button.setText(f"sort: {name} ▾")
        self._convention_button.setText(f"convention: {self.convention} ▾")
        for button in (self._sort_button, self._convention_button):
            button.setAccessibleName(button.text().removesuffix(" ▾"))

    @Slot(QAction)
    def _sorted(self, action: QAction) -> None:
        self.sort = int(action.data())
        self._offer_limits()
        self._name_buttons()
        self.order_changed.emit()

    @Slot(QAction)
    def _filtered(self, action: QAction) -> None:
        self.limit = action.data()
        self._name_buttons()
        self.order_changed.emit()

    @Slot(QAction)
    def _agreed(self, action: QAction) -> None:
        self.convention = str(action.data())
        self._name_buttons()
        self.convention_changed.emit()
