"""A row that never asks for more room than there is."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget


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
