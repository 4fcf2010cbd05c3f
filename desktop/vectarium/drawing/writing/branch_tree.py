"""A tree of branches, from the common beginning down to the ends, to be walked with mouse and keys."""

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from vectarium.drawing.palette import Look

NARROWEST, WIDEST, ROW, MARGIN = 64, 100, 50, 12


@dataclass(frozen=True)
class TreeNode:
    """What is drawn of a node. Parents come before their children."""

    parent: int | None
    label: str
    detail: str  # a few characters below the label
    tip: str
    active: bool  # on the way of the text looked at
    current: bool  # where the text looked at ends
    leaf: int | None  # the branch that ends here


class BranchTree(QWidget):
    """Draws `TreeNode`s top down. Left and right walk from end to end, up and down along a branch."""

    node_chosen = Signal(int)  # node
    rename_asked = Signal(int)  # branch
    delete_asked = Signal(int)  # branch
    compare_asked = Signal(int)  # branch

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._nodes: tuple[TreeNode, ...] = ()
        self._places: list[tuple[float, int]] = []  # [node] column and row
        self._cursor: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Branches of the text")
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._look = look
        self._font = look.mono(12)
        self.updateGeometry()
        self._resize()

    def set_nodes(self, nodes: tuple[TreeNode, ...]) -> None:
        """Show a tree."""
        if nodes == self._nodes:
            return
        self._nodes = nodes
        self._place()
        if self._cursor is not None and self._cursor >= len(nodes):
            self._cursor = None
        current = self._current()
        ends = sum(node.leaf is not None for node in nodes)
        self.setAccessibleDescription(
            f"{ends} branches; looking at {nodes[current].label}" if current is not None else "no branches"
        )
        self._resize()

    # Layout

    def _place(self) -> None:
        children: list[list[int]] = [[] for _ in self._nodes]
        for index, node in enumerate(self._nodes):
            if node.parent is not None:
                children[node.parent].append(index)
        rows = [0] * len(self._nodes)
        columns = [0.0] * len(self._nodes)
        for index, node in enumerate(self._nodes):
            rows[index] = 0 if node.parent is None else rows[node.parent] + 1
        # The next free column is counted in the order in which a walk down the tree meets the ends.
        free = 0
        for index in _walk(children):
            if not children[index]:
                columns[index] = free
                free += 1
        for index in reversed(range(len(self._nodes))):
            if children[index]:
                columns[index] = (columns[children[index][0]] + columns[children[index][-1]]) / 2
        self._children = children
        self._places = list(zip(columns, rows, strict=True))

    def _resize(self) -> None:
        self.setMinimumSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        px = self._look.px
        rows = max((row for _, row in self._places), default=0)
        return QSize(px(self._columns() * NARROWEST + 2 * MARGIN), px(rows * ROW + 2 * MARGIN + 16))

    def _columns(self) -> float:
        return 1 + max((column for column, _ in self._places), default=0.0)

    def _column_width(self) -> float:
        px, room = self._look.px, self.width() - self._look.px(2 * MARGIN)
        return min(px(WIDEST), max(px(NARROWEST), room / self._columns()))

    def point_of(self, node: int) -> QPointF:
        """Where a node is drawn."""
        column, row = self._places[node]
        px, width = self._look.px, self._column_width()
        spare = max(0.0, self.width() - px(2 * MARGIN) - self._columns() * width) / 2
        return QPointF(px(MARGIN + 8) + spare + column * width, px(MARGIN + 4 + row * ROW))

    def node_at(self, point: QPointF | QPoint) -> int | None:
        """The node whose mark or label is at a point."""
        px = self._look.px
        for index in range(len(self._nodes)):
            place = self.point_of(index)
            area = QRectF(place.x() - px(10), place.y() - px(14), self._column_width(), px(28))
            if area.contains(QPointF(point)):
                return index
        return None

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, px = self._look.theme, self._look.px
        for index, node in enumerate(self._nodes):
            if node.parent is not None:
                on_way = node.active and self._nodes[node.parent].active
                painter.setPen(QPen(QColor(theme.query if on_way else theme.tertiary), px(1.6)))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                above, here = self.point_of(node.parent), self.point_of(index)
                middle = (above.y() + here.y()) / 2
                path = QPainterPath(above)
                path.cubicTo(QPointF(above.x(), middle), QPointF(here.x(), middle), here)
                painter.drawPath(path)
        painter.setFont(self._font)
        metrics = QFontMetrics(self._font)
        for index, node in enumerate(self._nodes):
            place = self.point_of(index)
            painter.setPen(QPen(QColor(theme.pane), px(1.5)))
            painter.setBrush(QColor(theme.query if node.active else theme.accent))
            radius = px(6.5 if node.current else 4.5)
            painter.drawEllipse(place, radius, radius)
            if node.current:
                painter.setBrush(QColor(theme.pane))
                painter.drawEllipse(place, px(2.5), px(2.5))
            if self.hasFocus() and index == self._at():
                painter.setPen(QPen(QColor(theme.accent), px(1.5)))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(place, px(9), px(9))
            painter.setPen(QColor(theme.text if node.active else theme.secondary))
            label = metrics.elidedText(
                node.label, Qt.TextElideMode.ElideRight, int(self._column_width()) - px(16)
            )
            painter.setFont(self._font)
            top = -px(3) if node.detail else metrics.ascent() / 2 - 1
            painter.drawText(QPointF(place.x() + px(11), place.y() + top), label)
            painter.setFont(self._look.mono(11))
            painter.setPen(QColor(theme.tertiary))
            painter.drawText(QPointF(place.x() + px(11), place.y() + px(11)), node.detail)

    # Mouse and keyboard

    def _current(self) -> int | None:
        return next((index for index, node in enumerate(self._nodes) if node.current), None)

    def _at(self) -> int | None:
        return self._cursor if self._cursor is not None else self._current()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        node = self.node_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and node is not None:
            self._choose(node)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        node = self.node_at(event.pos())
        leaf = self._leaf_below(node) if node is not None else None
        if leaf is not None:
            self.menu_for(leaf).popup(event.globalPos())

    def menu_for(self, branch: int) -> QMenu:
        """What can be done to a branch."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Compare side by side (C)", lambda: self.compare_asked.emit(branch))
        menu.addAction("Rename … (F2)", lambda: self.rename_asked.emit(branch))
        menu.addAction("Delete (Del)", lambda: self.delete_asked.emit(branch))
        return menu

    def _leaf_below(self, node: int) -> int | None:
        while self._nodes[node].leaf is None:
            below = self._children[node]
            if not below:
                return None
            node = next((child for child in below if self._nodes[child].active), below[0])
        return self._nodes[node].leaf

    def _choose(self, node: int) -> None:
        self._cursor = node
        self.node_chosen.emit(node)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        at = self._at()
        key = event.key()
        if at is None:
            event.ignore()
            return
        node, below = self._nodes[at], self._children[at]
        ends = sorted(
            (index for index, other in enumerate(self._nodes) if other.leaf is not None),
            key=lambda index: self._places[index][0],
        )
        leaf = self._leaf_below(at)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            place = next((i for i, end in enumerate(ends) if self._nodes[end].leaf == leaf), 0)
            place += 1 if key == Qt.Key.Key_Right else -1
            if 0 <= place < len(ends):
                self._choose(ends[place])
        elif key == Qt.Key.Key_Up and node.parent is not None:
            self._choose(node.parent)
        elif key == Qt.Key.Key_Down and below:
            self._choose(next((child for child in below if self._nodes[child].active), below[0]))
        elif key == Qt.Key.Key_F2 and leaf is not None:
            self.rename_asked.emit(leaf)
        elif key == Qt.Key.Key_C and leaf is not None:
            self.compare_asked.emit(leaf)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and leaf is not None:
            self.delete_asked.emit(leaf)
        elif key not in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            node = self.node_at(event.pos())
            QToolTip.showText(event.globalPos(), self._nodes[node].tip if node is not None else "", self)
            return True
        return super().event(event)  # type: ignore[arg-type]


def _walk(children: list[list[int]]) -> list[int]:
    """The nodes in the order of a walk that goes down before it goes on."""
    order, waiting = [], [0] if children else []
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting.extend(reversed(children[node]))
    return order
