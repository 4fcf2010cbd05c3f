"""The next few tokens as nested blocks, as high as they are likely; to be pointed at, walked and chosen."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from vectarium.drawing.distribution_rows import percent
from vectarium.drawing.palette import Look, Theme, mix
from vectarium.futures import Block
from vectarium.messages_futures import Path

HEAD, FOOT = 26, 34  # pixels at 100 %
SMALLEST, LARGEST = 11, 22  # of the labels' letters
CLOSEST = 200.0  # times
COLUMNS = ("next token", "2nd token", "3rd token", "4th token", "5th token", "6th token")


def fill(theme: Theme, probability: float) -> QColor:
    """The colour of a block: the more of the probabilities' yellow, the likelier its token."""
    most = 0.42 if theme.name == "dark" else 0.34
    return mix(theme.pane, theme.query, 0.07 + (most - 0.07) * probability)


class FutureBlocks(QWidget):
    """Draws `Block`s level by level from left to right. The wheel zooms, dragging moves."""

    chosen = Signal(object)  # Path
    hovered = Signal(object)  # Path or None

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._blocks: tuple[Block, ...] = ()
        self._children: dict[int | None, list[int]] = {}
        self._labels: tuple[str, ...] = ()
        self._waiting: frozenset[Path] = frozenset()
        self._levels = 1
        self._hint = ""
        self._top, self._zoom = 0.0, 1.0  # the part of the whole height that is in view
        self._cursor: tuple[Path, bool] | None = None  # a path, and whether it is that of others after it
        self._mouse: int | None = None
        self._pressed: QPointF | None = None
        self._dragged = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The next tokens as nested blocks")
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._look = look
        self.setMinimumSize(look.px(180), look.px(HEAD + FOOT + 100))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(500), self.minimumHeight())

    def set_blocks(
        self,
        blocks: tuple[Block, ...],
        labels: tuple[str, ...],  # [token id]
        levels: int,
        waiting: frozenset[Path],
        hint: str,
    ) -> None:
        """Show `blocks`; what follows the paths in `waiting` is on its way. `hint` stands below."""
        pointed = None if self._mouse is None else self._key(self._mouse)
        self._blocks, self._labels, self._levels = blocks, labels, levels
        self._waiting, self._hint = waiting, hint
        self._children = {}
        for index, block in enumerate(blocks):
            self._children.setdefault(block.parent, []).append(index)
        self._mouse = self._index_of(pointed)
        self._describe()
        self.update()

    def show_all(self) -> None:
        """Back from a closer look."""
        self._top, self._zoom = 0.0, 1.0
        self.update()

    def forget_place(self) -> None:
        """Another text: no block is pointed at, and all of them are in view."""
        self._cursor = self._mouse = None
        self.show_all()

    # Layout

    def _area(self) -> QRectF:
        px = self._look.px
        return QRectF(px(10), px(HEAD), self.width() - px(20), self.height() - px(HEAD + FOOT))

    def rect_of(self, index: int) -> QRectF:
        """Where a block's own column is drawn; what follows it lies to its right."""
        block, area = self._blocks[index], self._area()
        width = area.width() / self._levels
        scale = area.height() * self._zoom
        return QRectF(
            area.left() + block.level * width,
            area.top() + (block.top - self._top) * scale,
            width,
            block.height * scale,
        )

    def block_at(self, point: QPointF) -> int | None:
        """The block under a point: the last of the path that is drawn there."""
        area = self._area()
        if not area.contains(point) or not self._blocks:
            return None
        level = int((point.x() - area.left()) / area.width() * self._levels)
        height = self._top + (point.y() - area.top()) / (area.height() * self._zoom)
        found: int | None = None
        for index, block in enumerate(self._blocks):
            if block.level <= level and block.top <= height < block.top + block.height:
                found = index
        return found

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        self._paint_head(painter, area)
        painter.save()
        painter.setClipRect(area)
        way = self._way(self._at())
        for index in range(len(self._blocks)):
            self._paint_block(painter, area, index, index in way)
        painter.restore()
        self._paint_foot(painter)

    def _paint_head(self, painter: QPainter, area: QRectF) -> None:
        px, width = self._look.px, area.width() / self._levels
        painter.setFont(self._look.words(12))
        painter.setPen(QColor(self._look.theme.secondary))
        for level in range(self._levels):
            place = QRectF(area.left() + level * width + px(6), 0, width - px(8), px(HEAD))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, COLUMNS[level])
        if self._zoom > 1:
            painter.setPen(QColor(self._look.theme.accent))
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, 0, area.right(), px(HEAD)), side, f"× {self._zoom:.1f} (0: all)")

    def _paint_block(self, painter: QPainter, area: QRectF, index: int, on_way: bool) -> None:
        block, rect, theme, px = self._blocks[index], self.rect_of(index), self._look.theme, self._look.px
        if rect.bottom() < area.top() or rect.top() > area.bottom():
            return
        # A sliver keeps its whole height, or there would be nothing of it.
        gap = px(1) if rect.height() >= px(3) else 0.0
        radius = min(px(5), max(0.0, rect.height() / 4))
        whole = QRectF(rect)
        whole.setRight(area.right())
        whole.adjust(0.5, gap / 2, -0.5, -gap / 2)
        color = QColor(theme.query) if on_way else fill(theme, block.probability)
        painter.setPen(Qt.PenStyle.NoPen)
        if block.others:
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(whole, radius, radius)
            hatch = QColor(theme.tertiary if on_way else theme.faint)
            painter.setBrush(QBrush(hatch, Qt.BrushStyle.BDiagPattern))
            painter.drawRoundedRect(whole, radius, radius)
        else:
            # What follows is drawn upon this; where nothing is, the block shows its own size.
            painter.setBrush(mix(theme.pane, color, 0.35))
            painter.drawRoundedRect(whole, radius, radius)
            painter.setBrush(color)
            painter.drawRoundedRect(rect.adjusted(0.5, gap / 2, -gap, -gap / 2), radius, radius)
        self._paint_words(painter, area, block, rect, on_way)
        goes_on = not block.others and block.level < self._levels - 1
        if goes_on and block.path in self._waiting and rect.height() >= px(12):
            painter.setFont(self._look.words(13))
            painter.setPen(QColor(theme.secondary))
            beside = rect.intersected(area).translated(rect.width() + px(8), 0)
            painter.drawText(beside, Qt.AlignmentFlag.AlignVCenter, "…")

    def _paint_words(self, painter: QPainter, area: QRectF, block: Block, rect: QRectF, on_way: bool) -> None:
        px, theme = self._look.px, self._look.theme
        # A block that is partly out of view has its name in the part that is in view.
        room = rect.intersected(area).adjusted(px(7), 0, -px(6), 0)
        size = min(LARGEST, round(0.62 * room.height() / self._look.zoom))
        if size < SMALLEST or room.width() < px(14):
            return
        name = self.name_of(block)
        font = self._look.words(min(size, 14)) if block.others else self._look.mono(size)
        wide = QFontMetricsF(font).horizontalAdvance(name)
        if wide > room.width():
            font.setPixelSize(max(self._look.px(SMALLEST), int(font.pixelSize() * room.width() / wide)))
        metrics = QFontMetricsF(font)
        number_font = self._look.mono(min(size, 15))
        number = percent(block.probability)
        numbers_width = QFontMetricsF(number_font).horizontalAdvance(number)
        if block.others:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised))
            height = metrics.height()
            back = QRectF(room.left() - px(4), room.center().y() - height / 2, room.width() + px(8), height)
            painter.drawRoundedRect(back, px(3), px(3))
        painter.setPen(QColor(theme.window if on_way and not block.others else theme.text))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextForceLeftToRight
        beside = metrics.horizontalAdvance(name) + px(8) + numbers_width <= room.width()
        below = not beside and numbers_width <= room.width() and room.height() >= 2.2 * metrics.height()
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room.width() + 0.5)
        up = QPointF(0, metrics.height() / 2 if below else 0)
        painter.setFont(font)
        painter.drawText(room.translated(-up), middle | Qt.AlignmentFlag.AlignLeft, shown)
        if beside or below:
            painter.setFont(number_font)
            side = Qt.AlignmentFlag.AlignRight if beside else Qt.AlignmentFlag.AlignLeft
            painter.drawText(room.translated(up), middle | side, number)

    def _paint_foot(self, painter: QPainter) -> None:
        px, theme = self._look.px, self._look.theme
        room = QRectF(px(14), self.height() - px(FOOT), self.width() - px(28), px(FOOT))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextForceLeftToRight
        index = self._at()
        if index is None:
            painter.setFont(self._look.words(12))
            painter.setPen(QColor(theme.secondary))
            hint = painter.fontMetrics().elidedText(
                self._hint, Qt.TextElideMode.ElideRight, int(room.width())
            )
            painter.drawText(room, middle, hint)
            return
        number_font, font = self._look.mono(15), self._look.mono(14)
        joint = percent(self._blocks[index].height)
        numbers = QFontMetricsF(number_font).horizontalAdvance(joint)
        factors = self.factors_of(index)
        metrics = QFontMetricsF(self._look.mono(12))
        left = room.width() - numbers - px(12)
        name = self.path_name(index)
        wanted = QFontMetricsF(font).horizontalAdvance(name)
        painter.setFont(number_font)
        painter.setPen(QColor(theme.query))
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, joint)
        if factors and wanted + metrics.horizontalAdvance(factors) + px(12) <= left:
            painter.setFont(self._look.mono(12))
            painter.setPen(QColor(theme.secondary))
            beside = QRectF(room.left(), room.top(), left, room.height())
            painter.drawText(beside, middle | Qt.AlignmentFlag.AlignRight, factors)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        shown = QFontMetricsF(font).elidedText(name, Qt.TextElideMode.ElideLeft, left)
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, shown)

    # Words

    def name_of(self, block: Block) -> str:
        """What stands in a block."""
        if block.others:
            return f"{block.others:,} others" if block.others > 1 else "1 other"
        if block.ends:
            return "■ end of text"
        return self._labels[block.path[-1]]

    def path_name(self, index: int) -> str:
        """All tokens of a block's path, in one line."""
        parts = [(self.name_of(self._blocks[one]), self._blocks[one].others) for one in self._way(index)]
        return "".join(f" + {name}" if others else name for name, others in parts)

    def factors_of(self, index: int) -> str:
        """How the joint probability of a path comes about."""
        shares = [percent(self._blocks[one].probability) for one in self._way(index)]
        return " × ".join(shares) + " =" if len(shares) > 1 else ""

    def _describe(self) -> None:
        at = self._at()
        if at is None:
            self.setAccessibleDescription(self._hint)
        else:
            self.setAccessibleDescription(f"{self.path_name(at)}: {percent(self._blocks[at].height)}")

    # Pointing

    def _at(self) -> int | None:
        """The block under the mouse, else the one the keys walked to."""
        if self._mouse is not None:
            return self._mouse
        return self._index_of(self._cursor)

    def _index_of(self, key: tuple[Path, bool] | None) -> int | None:
        return next((index for index in range(len(self._blocks)) if self._key(index) == key), None)

    def _key(self, index: int) -> tuple[Path, bool]:
        return self._blocks[index].path, bool(self._blocks[index].others)

    def _way(self, index: int | None) -> list[int]:
        """The blocks from the first level to one."""
        way: list[int] = []
        while index is not None:
            way.insert(0, index)
            index = self._blocks[index].parent
        return way

    def _point_at(self, index: int | None) -> None:
        if index != self._mouse:
            self._mouse = index
            self._tell()

    def _tell(self) -> None:
        at = self._at()
        self._describe()
        self.hovered.emit(self._blocks[at].path if at is not None else None)
        self.update()

    def _choose(self, index: int | None) -> None:
        if index is not None and not self._blocks[index].others:
            self.chosen.emit(self._blocks[index].path)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position()
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            far = (place - self._pressed).manhattanLength()
            if self._dragged or far >= QGuiApplication.styleHints().startDragDistance():
                self._dragged = True
                self._move((self._pressed.y() - place.y()) / (self._area().height() * self._zoom))
                self._pressed = place
            return
        index = self.block_at(place)
        choosable = index is not None and not self._blocks[index].others
        self.setCursor(Qt.CursorShape.PointingHandCursor if choosable else Qt.CursorShape.ArrowCursor)
        self._point_at(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            self._pressed = None
            if not self._dragged:
                self._choose(self.block_at(event.position()))

    def leaveEvent(self, event: object) -> None:
        self._point_at(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        area = self._area()
        share = (event.position().y() - area.top()) / area.height()
        self._zoom_by(1.0015 ** event.angleDelta().y(), min(1.0, max(0.0, share)))
        self._point_at(self.block_at(event.position()))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_for(self.block_at(QPointF(event.pos()))).popup(event.globalPos())

    def menu_for(self, index: int | None) -> QMenu:
        """What can be done with a block, or with none."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if index is not None:
            block = self._blocks[index]
            if not block.others:
                menu.addAction("Go there", lambda: self.chosen.emit(block.path))
            menu.addAction("Look closer", lambda: self._look_at(block))
        menu.addAction("Show all (0)", self.show_all).setEnabled(self._zoom > 1)
        return menu

    def _look_at(self, block: Block) -> None:
        self._zoom = min(CLOSEST, max(1.0, 1 / block.height))
        self._top = block.top
        self._move(0.0)

    def _zoom_by(self, factor: float, share: float) -> None:
        """Zoom around the point that is `share` of the way down."""
        held = self._top + share / self._zoom
        self._zoom = min(CLOSEST, max(1.0, self._zoom * factor))
        self._top = held - share / self._zoom
        self._move(0.0)

    def _move(self, by: float) -> None:
        self._top = min(max(0.0, self._top + by), 1 - 1 / self._zoom)
        self.update()

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, at = event.key(), self._at()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            share = 0.5
            if at is not None:
                block = self._blocks[at]
                share = min(1.0, max(0.0, (block.top + block.height / 2 - self._top) * self._zoom))
            self._zoom_by(1 / 1.4 if key == Qt.Key.Key_Minus else 1.4, share)
        elif key == Qt.Key.Key_0 or (key == Qt.Key.Key_Escape and self._zoom > 1):
            self.show_all()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(at)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home):
            self._walk(Qt.Key(key), at)
        else:
            event.ignore()

    def _walk(self, key: Qt.Key, at: int | None) -> None:
        to: int | None = None
        if at is None or key == Qt.Key.Key_Home:
            to = self._first_below(None)
        elif key == Qt.Key.Key_Left:
            to = self._blocks[at].parent
        elif key == Qt.Key.Key_Right:
            to = self._first_below(at)
        else:
            level = self._blocks[at].level
            same = [index for index, block in enumerate(self._blocks) if block.level == level]
            place = same.index(at) + (1 if key == Qt.Key.Key_Down else -1)
            to = same[place] if 0 <= place < len(same) else None
        if to is not None:
            self._mouse, self._cursor = None, self._key(to)
            self._bring_into_view(self._blocks[to])
            self._tell()

    def _first_below(self, index: int | None) -> int | None:
        return next(iter(self._children.get(index, ())), None)

    def _bring_into_view(self, block: Block) -> None:
        if block.top < self._top:
            self._move(block.top - self._top)
        elif block.top + block.height > self._top + 1 / self._zoom:
            self._move(min(block.top, block.top + block.height - 1 / self._zoom) - self._top)

    def focusInEvent(self, event: object) -> None:
        self.update()

    def focusOutEvent(self, event: object) -> None:
        self.update()
