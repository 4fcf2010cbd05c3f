"""The menu of a cloud: which axes are drawn, from where it is seen, what is lit."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton

from vectarium.drawing.cloud.point_cloud import PointCloud
from vectarium.messages_vectors import Axis

PLACES = ("across", "up", "deep")


class CloudMenu(QToolButton):
    """A button whose menu steers a `PointCloud`."""

    columns_chosen = Signal(tuple)  # three indices of axes
    axis_asked = Signal(int, str)  # which of the three, an expression
    scene_changed = Signal()  # other things are to stand out

    def __init__(self, cloud: PointCloud) -> None:
        super().__init__(cloud)
        self._cloud = cloud
        self._columns = (0, 1, 2)
        self._typed = ""  # the expression of an axis, to be mended if it has no value
        self.setText("View ▾")
        self.setToolTip("Axes, views and what is lit in the cloud")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self._axes: tuple[Axis, ...] = ()
        self._axes_menus = [menu.addMenu(f"Axis {place}") for place in PLACES]
        for axes_menu in self._axes_menus:
            axes_menu.setToolTipsVisible(True)
            axes_menu.triggered.connect(self._chosen)
        menu.addSeparator()
        self.turning = menu.addAction("Slow rotation\tSpace")
        self.turning.setCheckable(True)
        self.turning.toggled.connect(cloud.set_turning)
        cloud.turning_changed.connect(self.turning.setChecked)
        menu.addAction("Reset the view\tHome", cloud.reset_view)
        for index in range(3):
            action = menu.addAction(f"Look along axis {index + 1}\t{index + 1}", self._look_along)
            action.setData(index)
        menu.addSeparator()
        self.isolate = menu.addAction("Only the selection and its neighbours")
        self.isolate.setCheckable(True)
        self.isolate.toggled.connect(self._scene_toggled)
        self.chain = menu.addAction("Each term as an arrow")
        self.chain.setCheckable(True)
        self.chain.setChecked(True)
        self.chain.toggled.connect(self._scene_toggled)
        self.names = menu.addAction("Names of other points")
        self.names.setCheckable(True)
        self.names.setChecked(True)
        self.names.toggled.connect(self._show_names)
        self.setMenu(menu)

    def set_axes(self, axes: tuple[Axis, ...], columns: tuple[int, int, int]) -> None:
        """Offer `axes` for each of the three places."""
        if axes != self._axes:
            self._axes = axes
            for place, menu in enumerate(self._axes_menus):
                menu.clear()
                for index, axis in enumerate(axes):
                    action = menu.addAction(axis_line(axis))
                    action.setCheckable(True)
                    action.setToolTip(ends_line(axis))
                    action.setData((place, index))
                menu.addSeparator()
                menu.addAction("An expression …").setData((place, -1))
        self._columns = columns
        for place, menu in enumerate(self._axes_menus):
            for action in menu.actions():
                if action.isCheckable():
                    action.setChecked(action.data()[1] == columns[place])

    @Slot(object)
    def _chosen(self, action: QAction) -> None:
        place, index = action.data()
        if index < 0:
            self._ask_axis(place)
            return
        columns = list(self._columns)
        if index in columns:
            columns[columns.index(index)] = columns[place]
        columns[place] = index
        self.columns_chosen.emit(tuple(columns))

    @Slot()
    def _look_along(self) -> None:
        self._cloud.look_along(self.sender().data())  # type: ignore[attr-defined]

    def _ask_axis(self, place: int) -> None:
        text, agreed = QInputDialog.getText(
            self,
            "An axis of your own",
            "The axis runs along the value of this expression, such as woman - man:",
            text=self._typed,
        )
        self._typed = text or self._typed
        if agreed and text.strip():
            self.axis_asked.emit(place, text)

    @Slot()
    def _scene_toggled(self) -> None:
        self.scene_changed.emit()

    @Slot(bool)
    def _show_names(self, shown: bool) -> None:
        self._cloud.names_shown = shown
        self._cloud.update()


def axis_line(axis: Axis) -> str:
    return f"{axis.name}   {100 * axis.share:.1f} %"


def ends_line(axis: Axis) -> str:
    """The words at the ends of an axis."""
    return f"from {', '.join(axis.low)} to {', '.join(axis.high)}" if axis.low else ""
