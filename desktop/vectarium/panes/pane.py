"""What every pane has: a header with its name and menu, a body, an empty state, a picture and its data."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.drawing.palette import Look
from vectarium.drawing.picture import picture_of, save_picture
from vectarium.drawing.rows import FittingRow
from vectarium.drawing.steady_label import SteadyLabel
from vectarium.files import write_csv

_RECORD = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True)
class Table:
    """The numbers that a pane shows, for a file: `rows` are made when they are asked for."""

    name: str  # of the file, without ending
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[tuple[object, ...]]]


class Pane(QWidget):
    """The base of all panes. `header` becomes the title bar of the dock that holds the pane."""

    title = ""
    key = ""  # the name in files and settings
    help = ""  # what the pane shows and how to use it, as simple rich text

    message = Signal(str)  # for the status bar
    help_asked = Signal(str, str)  # title, text
    path_asked = Signal(str, str, object)  # title, file name, Callable[[Path], None]
    shown_asked = Signal(str)  # key of the pane that has something to show

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.setObjectName("pane")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setContentsMargins(1, 0, 1, 1)  # what fills its ground leaves the pane its border
        self.setAccessibleName(self.title)
        self.info = SteadyLabel()
        self.info.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.info.setProperty("role", "small")
        self.header = _Header(look)
        self.tools = QHBoxLayout()
        self.menu_button = QToolButton()
        self.body = QWidget()
        self._empty = _EmptyState()
        self._stack = QStackedLayout(self)
        # A pane that is smaller than what it shows scrolls: it never makes the window larger than the screen.
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self.body)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._scroll)
        self._fill_header()

    def _fill_header(self) -> None:
        name = QLabel(self.title)
        name.setProperty("role", "title")
        self.menu_button.setText("⋯")
        self.menu_button.setProperty("role", "quiet")
        self.menu_button.setToolTip(f"Save or copy what {self.title} shows, and get help on it")
        self.menu_button.setAccessibleName(f"{self.title} menu")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.menu_button)
        self.menu.addAction("Copy picture", self.copy_picture)
        for ending, what in (("png", "picture"), ("svg", "picture"), ("csv", "data"), ("json", "data")):
            self.menu.addAction(f"Save {what} as {ending.upper()} …", self._ask_path).setData(ending)
        self.menu.addSeparator()
        self.menu.addAction(f"Help for {self.title}", self._ask_help)
        self.menu_button.setMenu(self.menu)
        layout = self.header.row
        layout.addWidget(name)
        self.header.optional = (self.info,)
        layout.addLayout(self.tools)
        layout.addStretch(1)
        layout.addWidget(self.info)
        layout.addWidget(self.menu_button)

    # Empty or full

    def show_empty(self, text: str, example: str = "", act: Callable[[], None] | None = None) -> None:
        """Say in place of the body what will appear here; `example` is a button that calls `act`."""
        self.info.setText("")  # it spoke of the body
        self._empty.say(text, example, act)
        self._stack.setCurrentWidget(self._empty)

    def show_body(self) -> None:
        self._stack.setCurrentWidget(self._scroll)

    @property
    def is_empty(self) -> bool:
        return self._stack.currentWidget() is self._empty

    # Pictures and data

    @property
    def settled(self) -> bool:
        """Whether everything the pane asked for is on screen; an export waits for it."""
        return True

    def export(self, folder: Path) -> None:
        """Write what the pane has beyond its picture, into a folder that is there. Raises OSError."""

    def tables(self) -> list[Table]:
        """The data that the pane shows now, the most important first."""
        return []

    def copy_picture(self) -> None:
        QGuiApplication.clipboard().setImage(picture_of(self.look, self.header, self))
        self.message.emit(f"The picture of {self.title} is on the clipboard.")

    def save_picture(self, path: Path) -> None:
        """The pane with its header: PNG, or SVG where the name ends so. Raises OSError."""
        save_picture(path, self.look, self.header, self)

    def save_csv(self, path: Path) -> None:
        """The first table, with a header line. Raises OSError if the file cannot be written."""
        table = self.tables()[0]
        write_csv(path, table.columns, table.rows())

    def save_json(self, path: Path) -> None:
        """All tables by name, each a list of records. Raises OSError if the file cannot be written."""
        # A record a line: written as one indented whole, 60,000 records take seconds.
        tables = []
        for table in self.tables():
            records = (dict(zip(table.columns, row, strict=True)) for row in table.rows())
            lines = ",\n".join(map(_RECORD.encode, records))
            tables.append(f"{_RECORD.encode(table.name)}: [\n{lines}\n]")
        path.write_text("{" + ",\n".join(tables) + "}\n", encoding="utf-8")

    @Slot()
    def _ask_path(self) -> None:
        """Ask where to save what the menu entry names."""
        ending = self.sender().data()  # type: ignore[attr-defined]
        if ending in ("csv", "json") and not self.tables():
            self.message.emit(f"{self.title} has no data to save yet.")
            return
        save = {
            "png": self.save_picture,
            "svg": self.save_picture,
            "csv": self.save_csv,
            "json": self.save_json,
        }
        self.path_asked.emit(f"Save {self.title}", f"{self.key}.{ending}", save[ending])

    @Slot()
    def _ask_help(self) -> None:
        self.help_asked.emit(self.title, self.help)


class _Header(FittingRow):
    """The row with the title, the tools, the info and the menu."""

    def __init__(self, look: Look) -> None:
        super().__init__("paneHeader")
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self.row.setContentsMargins(look.px(14), look.px(6), look.px(8), look.px(6))
        self.row.setSpacing(look.px(12))


class _EmptyState(QWidget):
    """A sentence in the middle, and an example to click."""

    def __init__(self) -> None:
        super().__init__()
        self._act: Callable[[], None] | None = None
        self._text = QLabel()
        self._text.setProperty("role", "secondary")
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text.setWordWrap(True)
        self._example = QToolButton()
        self._example.setToolTip("Show an example")
        self._example.setAccessibleName("Example")
        self._example.clicked.connect(self._clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(14)
        layout.addStretch(1)
        layout.addWidget(self._text)
        layout.addWidget(self._example, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    def say(self, text: str, example: str, act: Callable[[], None] | None) -> None:
        self._text.setText(text)
        self._example.setText(example)
        self._example.setToolTip(f"Show this example: {example}")
        self._example.setVisible(bool(example))
        self._act = act

    def _clicked(self) -> None:
        if self._act is not None:
            self._act()
