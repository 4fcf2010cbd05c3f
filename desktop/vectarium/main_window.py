"""The window: menus and workspaces on top, the text, the panes in docks, the status bar."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QMenuBar,
    QMessageBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium import dialogs
from vectarium.actions import fill_menu_bar
from vectarium.drawing.notice_bar import NoticeBar
from vectarium.drawing.palette import ZOOM_MAX, ZOOM_MIN, Look, apply_look, qt_palette
from vectarium.drawing.rows import FittingRow
from vectarium.drawing.stylesheet import stylesheet
from vectarium.panes.pane import Pane

log = logging.getLogger(__name__)

ZOOMS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class Workspace:
    """Which panes are open, in columns from left to right, each from top to bottom."""

    name: str
    columns: tuple[tuple[str, ...], ...]
    shares: tuple[int, ...] = ()  # how wide each column is beside the others; none is all alike


WORKSPACES = (
    Workspace("Write", (("writing",), ("next_token",))),
    Workspace("Futures", (("side_by_side",), ("multiverse",)), (3, 2)),
    Workspace("Space", (("embeddings",),)),
    Workspace("Attention", (("attention",),)),
    Workspace("All", (("embeddings", "writing"), ("attention", "next_token"))),
)


def available(panes: set[str]) -> tuple[Workspace, ...]:
    """The workspaces of which at least one pane is there, with only those panes."""
    found = []
    for workspace in WORKSPACES:
        shares = workspace.shares or (1,) * len(workspace.columns)
        columns = [
            (tuple(key for key in column if key in panes), share)
            for column, share in zip(workspace.columns, shares, strict=True)
        ]
        columns = [(column, share) for column, share in columns if column]
        if columns:
            found.append(Workspace(workspace.name, *zip(*columns, strict=True)))
    return tuple(found)


class MainWindow(QMainWindow):
    """Holds the widgets it is given; what the commands do to the session is connected by the app."""

    closing = Signal()

    def __init__(
        self, look: Look, strip: QWidget, panes: tuple[Pane, ...], status: QWidget, commands: QObject
    ) -> None:
        """`commands` has a method for each entry of the menus."""
        super().__init__()
        self.look = look
        self.panes = {pane.key: pane for pane in panes}
        self.workspaces = available(set(self.panes))
        self.workspace = ""
        self.layouts: dict[str, bytes] = {}
        self.setWindowTitle("Vectarium")
        self.notice = NoticeBar(look)
        self.notice.details_asked.connect(self.show_details)
        self._dock_host = QMainWindow()
        self._dock_host.setWindowFlags(Qt.WindowType.Widget)
        self._dock_host.setDockNestingEnabled(True)
        self._dock_host.setObjectName("docks")
        self._docks = {pane.key: self._dock(pane) for pane in panes}
        middle = QWidget()
        self._middle = QVBoxLayout(middle)
        self._middle.addWidget(self.notice)
        self._middle.addWidget(self._dock_host, 1)
        self._bar = QMenuBar()
        self._top = self._top_bar()
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._strip = strip
        for widget, stretch in ((self._top, 0), (strip, 0), (middle, 1), (status, 0)):
            layout.addWidget(widget, stretch)
        self.setCentralWidget(whole)
        self.actions_by_name, self._menus = fill_menu_bar(self._bar, commands)
        self.addActions(list(self.actions_by_name.values()))
        self._add_workspace_actions()
        self.recent_menu = QMenu("Open &recent", self)
        self._menus["&File"].insertMenu(self.actions_by_name["save_document"], self.recent_menu)

    # Building

    def _top_bar(self) -> FittingRow:
        top = FittingRow("topBar")
        name = QLabel("Vectarium")
        name.setProperty("role", "title")
        switch = QWidget()
        switch.setObjectName("workspaces")
        switch.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(switch)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        self._workspace_buttons = QButtonGroup(self)
        for index, workspace in enumerate(self.workspaces):
            button = QToolButton()
            button.setText(workspace.name)
            button.setCheckable(True)
            button.setToolTip(f"Show the workspace {workspace.name} (Ctrl+{index + 1})")
            button.setAccessibleName(f"Workspace {workspace.name}")
            self._workspace_buttons.addButton(button, index)
            row.addWidget(button)
        switch.setVisible(len(self.workspaces) > 1)
        self._workspace_buttons.idClicked.connect(self._workspace_clicked)
        self._zoom_button = QToolButton()
        self._zoom_button.setProperty("role", "quiet")
        self._zoom_button.setToolTip("The size of everything: Ctrl and + or −; click for 100 %")
        self._zoom_button.clicked.connect(self.zoom_reset)
        top.optional = (name, self._zoom_button)
        for widget in (name, self._bar, switch, self._zoom_button):
            top.row.addWidget(widget)
        top.row.insertStretch(2, 1)
        return top

    def _dock(self, pane: Pane) -> QDockWidget:
        dock = QDockWidget(pane.title)
        dock.setObjectName(pane.key)
        dock.setTitleBarWidget(pane.header)
        dock.setWidget(pane)
        dock.setAllowedAreas(Qt.DockWidgetArea.AllDockWidgetAreas)
        pane.menu.addSeparator()
        pane.menu.addAction("Float or dock", self._float_or_dock).setData(dock)
        pane.menu.addAction("Close", dock.close)
        pane.message.connect(self.say)
        pane.help_asked.connect(self._show_help)
        pane.path_asked.connect(self._save_as)
        pane.shown_asked.connect(self.show_pane)
        self._dock_host.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        return dock

    def _add_workspace_actions(self) -> None:
        view = self._menus["&View"]
        before = view.actions()[0]
        for index, workspace in enumerate(self.workspaces):
            action = QAction(f"Workspace {workspace.name}", self)
            action.setShortcut(QKeySequence(f"Ctrl+{index + 1}"))
            action.setData(index)
            action.triggered.connect(self._workspace_action)
            view.insertAction(before, action)
            self.addAction(action)
        view.insertSeparator(before)
        panes = view.addMenu("&Panes")
        for dock in self._docks.values():
            panes.addAction(dock.toggleViewAction())

    # Look

    def set_look(self, look: Look) -> None:
        """Repaint everything in `look`."""
        self.look = look
        self._middle.setContentsMargins(look.px(8), look.px(8), look.px(8), look.px(8))
        self._middle.setSpacing(look.px(8))
        self._top.row.setContentsMargins(look.px(14), look.px(4), look.px(8), look.px(4))
        self._top.row.setSpacing(look.px(10))
        self._zoom_button.setText(f"{100 * look.zoom:.0f} %")

    def apply_look(self, look: Look) -> None:
        QApplication.setPalette(qt_palette(look.theme))
        self.setStyleSheet(stylesheet(look))
        for pane in self.panes.values():
            apply_look(pane.header, look)
        apply_look(self, look)

    @Slot()
    def zoom_in(self) -> None:
        self._zoom(min((zoom for zoom in ZOOMS if zoom > self.look.zoom + 0.001), default=ZOOM_MAX))

    @Slot()
    def zoom_out(self) -> None:
        self._zoom(max((zoom for zoom in ZOOMS if zoom < self.look.zoom - 0.001), default=ZOOM_MIN))

    @Slot()
    def zoom_reset(self) -> None:
        self._zoom(1.0)

    def _zoom(self, zoom: float) -> None:
        self.apply_look(Look(self.look.theme, zoom))

    # Workspaces

    @Slot()
    def _float_or_dock(self) -> None:
        dock = self.sender().data()  # type: ignore[attr-defined]
        dock.setFloating(not dock.isFloating())

    def open_workspace(self, name: str) -> None:
        """Show a workspace as it was left, or as it is at first."""
        if self.workspace:
            self.layouts[self.workspace] = bytes(self._dock_host.saveState().data())
        names = [workspace.name for workspace in self.workspaces]
        index = names.index(name) if name in names else len(names) - 1
        self.workspace = names[index]
        self._workspace_buttons.button(index).setChecked(True)
        if not self._restore(self.workspaces[index], self.layouts.get(self.workspace, b"")):
            self._arrange(self.workspaces[index])

    def _restore(self, workspace: Workspace, state: bytes) -> bool:
        """Show a workspace as it was left; False if that is not known."""
        if not state or not self._dock_host.restoreState(QByteArray(state)):
            return False
        for key, dock in self._docks.items():
            # A state from before there was a pane says nothing of it. Names are in there as Qt writes them.
            if key.encode("utf-16-be") not in state:
                dock.setVisible(any(key in column for column in workspace.columns))
        return True

    @Slot(str)
    def show_pane(self, key: str) -> None:
        """Bring a pane into view: here, or in the first workspace that has it."""
        if self._docks[key].isHidden():
            home = next((w for w in self.workspaces if any(key in column for column in w.columns)), None)
            if home is not None:
                self.open_workspace(home.name)
        self._docks[key].show()
        self._docks[key].raise_()

    @Slot()
    def reset_workspace(self) -> None:
        """Put the panes of this workspace back where they were at first."""
        index = self._workspace_buttons.checkedId()
        self._arrange(self.workspaces[index])

    def _arrange(self, workspace: Workspace) -> None:
        shown: set[str] = set()
        firsts: list[QDockWidget] = []
        for dock in self._docks.values():
            dock.setFloating(False)
            self._dock_host.removeDockWidget(dock)
        for column in workspace.columns:
            first = self._docks[column[0]]
            if firsts:
                self._dock_host.splitDockWidget(firsts[-1], first, Qt.Orientation.Horizontal)
            else:
                self._dock_host.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, first)
            firsts.append(first)
        for column, first in zip(workspace.columns, firsts, strict=True):
            above = first
            for key in column[1:]:
                self._dock_host.splitDockWidget(above, self._docks[key], Qt.Orientation.Vertical)
                above = self._docks[key]
            shown.update(column)
        for key, dock in self._docks.items():
            if key not in shown:  # in the layout all the same, or a saved state would not know of it
                self._dock_host.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
            dock.setVisible(key in shown)
        widths = [1000 * share for share in workspace.shares]
        self._dock_host.resizeDocks(firsts, widths, Qt.Orientation.Horizontal)
        for column in workspace.columns:
            docks = [self._docks[key] for key in column]
            self._dock_host.resizeDocks(docks, [1000] * len(docks), Qt.Orientation.Vertical)

    @Slot(int)
    def _workspace_clicked(self, index: int) -> None:
        self.open_workspace(self.workspaces[index].name)

    @Slot()
    def _workspace_action(self) -> None:
        self._workspace_clicked(self.sender().data())  # type: ignore[attr-defined]

    def saved_layouts(self) -> dict[str, bytes]:
        """The state of each workspace, the present one included."""
        return {**self.layouts, self.workspace: bytes(self._dock_host.saveState().data())}

    @Slot()
    def focus_text(self) -> None:
        """Put the caret into the text."""
        self._strip.setFocus()

    # Messages and dialogs

    @Slot(str)
    def say(self, text: str, details: str = "") -> None:
        """Show a notice above the panes."""
        self.notice.say(text, details)

    @Slot(str)
    def show_details(self, text: str) -> None:
        dialogs.show_text(self, "Details", text)

    @Slot(str, str)
    def _show_help(self, title: str, text: str) -> None:
        dialogs.show_help(self, title, text)

    @Slot(str, str, object)
    def _save_as(self, title: str, name: str, save: Callable[[Path], None]) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, title, str(Path.home() / name))
        if not chosen:
            return
        try:
            save(Path(chosen))
        except OSError as error:
            self.say(f"{chosen} could not be written: {error.strerror or error}. Choose another place.")

    def ask(self, title: str, question: str, yes: str) -> bool:
        """Whether the user agrees; `yes` names the button that does it."""
        box = QMessageBox(QMessageBox.Icon.Question, title, question, parent=self)
        agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        agreed = box.clickedButton() is agree
        box.deleteLater()
        return agreed

    @Slot(bool)
    def set_full_screen(self, full: bool) -> None:
        if full:
            self.showFullScreen()
        else:
            self.showNormal()

    def sizeHint(self) -> QSize:
        """Most of the screen, on a large one no more than is easily looked over."""
        room = self.screen().availableSize()
        return QSize(min(1920, round(0.9 * room.width())), min(1200, round(0.9 * room.height())))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        event.accept()
