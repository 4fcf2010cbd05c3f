"""Where the cells of one head's matrix lie: fitted to the room, or zoomed and moved by the user."""

from dataclasses import dataclass, field, replace

from PySide6.QtCore import QPointF, QRectF


@dataclass(frozen=True)
class Frame:
    """`area` shows `count` × `count` cells of `cell` pixels, moved by `origin`. Cells are (down, across)."""

    area: QRectF
    count: int
    cell: float = 1.0
    origin: QPointF = field(default_factory=QPointF)  # of the first cell, from the corner of the area

    def fitted(self, largest: float) -> "Frame":
        """All cells at once, in the middle of the width."""
        cell = min(self.area.width(), self.area.height()) / max(1, self.count)
        return replace(self, cell=max(1e-3, min(cell, largest)), origin=QPointF(0, 0))

    def zoomed(self, factor: float, around: QPointF, largest: float) -> "Frame":
        """`around` stays where it is; never smaller than fitted."""
        smallest = self.fitted(largest).cell
        cell = min(max(self.cell * factor, smallest), max(largest, smallest))
        at = around - self.area.topLeft()
        origin = at - (at - self.origin) * (cell / self.cell)
        return replace(self, cell=cell, origin=origin).bounded()

    def moved(self, by: QPointF) -> "Frame":
        return replace(self, origin=self.origin + by).bounded()

    def bounded(self) -> "Frame":
        """Moved back as far as needed for no empty room beside the cells."""
        size = self.cell * self.count
        x = min(0.0, max(self.origin.x(), self.area.width() - size))
        y = min(0.0, max(self.origin.y(), self.area.height() - size))
        return replace(self, origin=QPointF(x, y))

    def showing(self, down: int, across: int) -> "Frame":
        """Moved so that a cell is inside the area."""
        rect = self.rect(down, across)
        x = max(0.0, self.area.left() - rect.left()) - max(0.0, rect.right() - self.area.right())
        y = max(0.0, self.area.top() - rect.top()) - max(0.0, rect.bottom() - self.area.bottom())
        return self.moved(QPointF(x, y)) if x or y else self

    def rect(self, down: int, across: int, rows: int = 1, columns: int = 1) -> QRectF:
        """Where a block of cells is, in the coordinates of `area`."""
        corner = self.area.topLeft() + self.origin
        return QRectF(
            corner.x() + across * self.cell,
            corner.y() + down * self.cell,
            columns * self.cell,
            rows * self.cell,
        )

    def at(self, point: QPointF) -> tuple[int, int] | None:
        """The cell (down, across) under a point."""
        if not self.area.contains(point) or not self.count:
            return None
        inside = point - self.area.topLeft() - self.origin
        down, across = int(inside.y() // self.cell), int(inside.x() // self.cell)
        return (down, across) if 0 <= down < self.count and 0 <= across < self.count else None

    def visible(self) -> tuple[range, range]:
        """The cells that can be seen, down and across."""

        def part(origin: float, room: float) -> range:
            first = max(0, int(-origin // self.cell))
            last = min(self.count, int((room - origin) // self.cell) + 1)
            return range(first, max(first, last))

        return (
            part(self.origin.y(), self.area.height()),
            part(self.origin.x(), self.area.width()),
        )
