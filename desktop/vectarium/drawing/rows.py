"""Rows of controls that give way where there is no room: by wrapping, or by leaving some out."""

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QLayoutItem, QWidget


class ShrinkingRow(QWidget):
    """Shows as many of its controls as fit. What they do has to be in a menu as well."""

    def __init__(self, spacing: int = 6) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(spacing)
        self._controls: list[QWidget] = []
        self.setMinimumWidth(1)

    def add(self, control: QWidget) -> None:
        self._controls.append(control)
        self._row.addWidget(control)

    def sizeHint(self) -> QSize:
        widths = [control.sizeHint().width() for control in self._controls]
        heights = [control.sizeHint().height() for control in self._controls]
        return QSize(sum(widths) + self._row.spacing() * max(0, len(widths) - 1), max(heights, default=0))

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._fit()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        room = self.width()
        for control in self._controls:
            room -= control.sizeHint().width()
            control.setVisible(room >= 0)
            room -= self._row.spacing()


class FittingRow(QWidget):
    """Widgets side by side. Where they do not fit, the ones in `optional` make way, the first one first."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.optional: tuple[QWidget, ...] = ()
        self.row = QHBoxLayout(self)
        self.row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.row.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return super().event(event)

    def fit(self) -> None:
        """Show what fits."""
        spacing = self.row.spacing()
        needed = self.row.sizeHint().width()
        needed += sum(w.sizeHint().width() + spacing for w in self.optional if w.isHidden())
        for widget in self.optional:
            widget.setVisible(needed <= self.width())
            if widget.isHidden():
                needed -= widget.sizeHint().width() + spacing


class WrappingRow(QLayout):
    """Lays its widgets out like words in a line; items that expand share what is left of their line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), place=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, place=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        margins = self.contentsMargins()
        shown = [item.minimumSize() for item in self._items if not item.isEmpty()]
        width = max((size.width() for size in shown), default=0)
        height = max((size.height() for size in shown), default=0)
        return QSize(width + margins.left() + margins.right(), height + margins.top() + margins.bottom())

    def _arrange(self, rect: QRect, place: bool) -> int:
        margins = self.contentsMargins()
        area = rect.marginsRemoved(margins)
        gap, top = max(0, self.spacing()), area.top()
        for line in self._lines(area.width(), gap):
            height = max(item.sizeHint().height() for item in line)
            if place:
                self._place(line, area, top, height, gap)
            top += height + gap
        return top - gap - rect.top() + margins.bottom() if self._items else 0

    def _lines(self, room: int, gap: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        used = 0
        for item in self._items:
            if item.isEmpty():
                continue
            width = item.sizeHint().width()
            if lines and used + gap + width <= room:
                lines[-1].append(item)
                used += gap + width
            else:
                lines.append([item])
                used = width
        return lines

    @staticmethod
    def _place(line: list[QLayoutItem], area: QRect, top: int, height: int, gap: int) -> None:
        widths = [item.sizeHint().width() for item in line]
        spare = max(0, area.width() - sum(widths) - gap * (len(line) - 1))
        growing = [
            index for index, item in enumerate(line) if item.expandingDirections() & Qt.Orientation.Horizontal
        ]
        for index in growing:
            widths[index] += spare // len(growing)
        left = area.left()
        for item, width in zip(line, widths, strict=True):
            width = min(width, area.width())
            item_height = item.sizeHint().height()
            item.setGeometry(QRect(left, top + (height - item_height) // 2, width, item_height))
            left += width + gap
