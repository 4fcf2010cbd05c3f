"""A button that shows which of a few things is chosen, and offers the others."""

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolButton


class ChoiceButton(QToolButton):
    """`chosen` carries the key of what the user chose."""

    chosen = Signal(object)

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self._name = name
        self._labels: dict[object, str] = {}
        self.key: object = None
        self.setProperty("role", "choice")
        self.setToolTip(tip)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._menu = QMenu(self)
        self._group = QActionGroup(self)
        self._group.triggered.connect(self._triggered)
        self.setMenu(self._menu)

    def set_choices(self, choices: tuple[tuple[object, str], ...], key: object) -> None:
        """(key, label) each; `key` is the one chosen."""
        self._menu.clear()
        for action in self._group.actions():
            self._group.removeAction(action)
        self._labels = dict(choices)
        for choice, label in choices:
            action = self._menu.addAction(label)
            action.setCheckable(True)
            action.setData(choice)
            self._group.addAction(action)
        self.choose(key)

    def choose(self, key: object) -> None:
        """Show `key` as chosen, without a signal."""
        self.key = key
        label = self._labels.get(key, "")
        self.setText(f"{label} ▾")
        self.setAccessibleName(f"{self._name}: {label}")
        for action in self._group.actions():
            action.setChecked(action.data() == key)

    def minimumSizeHint(self) -> QSize:
        return QSize(1, super().minimumSizeHint().height())

    @Slot(object)
    def _triggered(self, action: QAction) -> None:
        self.choose(action.data())
        self.chosen.emit(self.key)


def toggle(text: str, tip: str) -> QToolButton:
    """A button that stays down."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setCheckable(True)
    button.setProperty("role", "choice")
    return button
