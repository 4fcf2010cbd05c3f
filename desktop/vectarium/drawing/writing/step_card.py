"""A card beside a token: the ten most likely at its place, and which of them it is."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from vectarium.drawing.distribution_rows import percent
from vectarium.drawing.palette import Look, mix

HOVER_MS = 300
LEAVE_MS = 350
ROW, WIDTH = 23, 430


@dataclass(frozen=True)
class CardRow:
    """One of the most likely tokens."""

    rank: int  # 0 for the most likely
    label: str
    logit: float
    probability: float
    kept: bool  # whether the cuts left it
    drawn: bool  # whether it is the token in the text


@dataclass(frozen=True)
class Card:
    """What a card says of a token. Rows are in rank order; a token beyond the tenth comes last."""

    title: str
    facts: str
    rows: tuple[CardRow, ...] = ()
    foot: str = ""


class StepCard(QWidget):
    """Shows a `Card` near a rectangle of its window. A click on a row, or Enter, chooses its token."""

    chosen = Signal(int)  # rank

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._card = Card("", "")
        self._row: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName("How this token was drawn")
        self._leaving = QTimer(self)
        self._leaving.setSingleShot(True)
        self._leaving.setInterval(LEAVE_MS)
        self._leaving.timeout.connect(self.hide)
        self._back_to: QWidget | None = None
        self.hide()

    def set_look(self, look: Look) -> None:
        self._look = look
        self.resize(self.sizeHint())

    @property
    def card(self) -> Card:
        return self._card

    def open(self, card: Card, beside: QRect, host: QWidget, focus: bool = False) -> None:
        """Show `card` beside a rectangle of `host`, inside the host's window."""
        window = host.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        self._card, self._row = card, None
        self._leaving.stop()
        self.resize(self.sizeHint())
        corner = host.mapTo(window, beside.bottomLeft()) if host is not window else beside.bottomLeft()
        margin = self._look.px(6)
        x = max(margin, min(corner.x(), window.width() - self.width() - margin))
        y = corner.y() + margin
        if y + self.height() > window.height() - margin:
            y = max(margin, corner.y() - beside.height() - self.height() - margin)
        self.move(QPoint(x, y))
        self.setAccessibleDescription(f"{card.title}. {card.facts}")
        self.show()
        self.raise_()
        self.update()
        if focus:
            self._back_to = host
            self._row = next((index for index, row in enumerate(card.rows) if row.drawn), 0)
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def leave(self) -> None:
        """Close soon, unless the mouse comes onto the card."""
        if self.isVisible() and not self.underMouse() and not self.hasFocus():
            self._leaving.start()

    def sizeHint(self) -> QSize:
        px = self._look.px
        lines = self._lines(self._card.facts) + self._lines(self._card.foot)
        return QSize(
            px(WIDTH), px(46 + ROW * len(self._card.rows) + 17 * lines + (8 if self._card.foot else 0))
        )

    def _lines(self, text: str) -> int:
        if not text:
            return 0
        room = self._look.px(WIDTH - 28)
        metrics = QFontMetrics(self._look.words(12))
        height = metrics.boundingRect(QRect(0, 0, room, 1000), Qt.TextFlag.TextWordWrap, text).height()
        return max(1, round(height / metrics.height()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, px = self._look.theme, self._look.px
        painter.setPen(QPen(QColor(theme.tertiary), 1))
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(8), px(8))
        pad = px(14)
        painter.setPen(QColor(theme.text))
        painter.setFont(self._look.mono(15))
        painter.drawText(
            QRect(pad, px(8), self.width() - 2 * pad, px(24)),
            Qt.AlignmentFlag.AlignVCenter,
            self._card.title,
        )
        painter.setFont(self._look.words(12))
        painter.setPen(QColor(theme.secondary))
        facts = QRect(pad, px(33), self.width() - 2 * pad, px(17) * self._lines(self._card.facts))
        painter.drawText(facts, Qt.TextFlag.TextWordWrap, self._card.facts)
        for index, row in enumerate(self._card.rows):
            self._paint_row(painter, index, row)
        if self._card.foot:
            painter.setFont(self._look.words(12))
            painter.setPen(QColor(theme.secondary))
            top = self._row_top(len(self._card.rows)) + px(4)
            foot = QRect(pad, top, self.width() - 2 * pad, self.height() - top)
            painter.drawText(foot, Qt.TextFlag.TextWordWrap, self._card.foot)

    def _row_top(self, index: int) -> int:
        px = self._look.px
        return px(38) + px(17) * self._lines(self._card.facts) + px(ROW) * index

    def _paint_row(self, painter: QPainter, index: int, row: CardRow) -> None:
        theme, px = self._look.theme, self._look.px
        top, height, pad = self._row_top(index), px(ROW), px(14)
        if index == self._row:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised_more))
            painter.drawRoundedRect(QRectF(px(4), top, self.width() - px(8), height), px(4), px(4))
        middle = Qt.AlignmentFlag.AlignVCenter
        right = middle | Qt.AlignmentFlag.AlignRight
        painter.setFont(self._look.mono(12))
        if row.drawn:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.query))
            center = QPointF(px(9), top + height / 2)
            painter.drawPolygon(
                [
                    center + QPointF(-px(3), -px(4)),
                    center + QPointF(px(4), 0),
                    center + QPointF(-px(3), px(4)),
                ]
            )
        painter.setPen(QColor(theme.tertiary))
        painter.drawText(QRect(pad, top, px(38), height), right, f"{row.rank + 1:,}")
        painter.setPen(QColor(theme.query if row.drawn else theme.text if row.kept else theme.tertiary))
        metrics = painter.fontMetrics()
        label = metrics.elidedText(row.label, Qt.TextElideMode.ElideRight, px(104))
        painter.drawText(QRect(pad + px(46), top, px(106), height), middle, label)
        painter.setPen(QColor(theme.key if row.kept else theme.tertiary))
        painter.drawText(QRect(pad + px(152), top, px(54), height), right, f"{row.logit:.2f}")
        track = QRectF(pad + px(216), top + height * 0.28, px(110), height * 0.44)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(theme.raised, theme.raised_more, 0.6))
        painter.drawRoundedRect(track, px(3), px(3))
        gradient = QLinearGradient(track.topLeft(), track.topRight())
        gradient.setColorAt(0, QColor(theme.key if row.kept else theme.faint))
        gradient.setColorAt(0.6, QColor(theme.query if row.kept else theme.faint))
        painter.setBrush(gradient)
        bar = QRectF(track.left(), track.top(), max(1.0, track.width() * row.probability), track.height())
        painter.drawRoundedRect(bar, min(px(3), bar.width() / 2), px(3))
        painter.setPen(QColor(theme.query if row.kept else theme.tertiary))
        painter.drawText(
            QRect(int(track.right()), top, self.width() - int(track.right()) - pad, height),
            right,
            percent(row.probability),
        )

    # Mouse and keyboard

    def _row_at(self, y: float) -> int | None:
        index = int((y - self._row_top(0)) // self._look.px(ROW))
        return index if 0 <= index < len(self._card.rows) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._leaving.stop()
        self._row = self._row_at(event.position().y())
        self.setCursor(
            Qt.CursorShape.PointingHandCursor if self._row is not None else Qt.CursorShape.ArrowCursor
        )
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        if row is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(row)

    def _choose(self, index: int) -> None:
        rank = self._card.rows[index].rank
        self.close_card()
        self.chosen.emit(rank)

    def close_card(self) -> None:
        """Hide, and give the keyboard back."""
        self._leaving.stop()
        had_focus = self.hasFocus()
        self.hide()
        if had_focus and self._back_to is not None:
            self._back_to.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, count = event.key(), len(self._card.rows)
        if key == Qt.Key.Key_Escape:
            self.close_card()
        elif count and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step = 1 if key == Qt.Key.Key_Down else -1
            self._row = min(max((self._row or 0) + step, 0), count - 1)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._row is not None and count:
            self._choose(self._row)
        else:
            event.ignore()

    def enterEvent(self, event: object) -> None:
        self._leaving.stop()

    def leaveEvent(self, event: object) -> None:
        self._row = None if not self.hasFocus() else self._row
        self.leave()

    def focusOutEvent(self, event: object) -> None:
        self.leave()


class HoverWait(QObject):
    """Says `due` when the mouse has stayed on a thing for a moment, or at once with Ctrl."""

    due = Signal(object)
    left = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._thing: object = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(HOVER_MS)
        self._timer.timeout.connect(self._now)

    @Slot(object)
    def on(self, thing: object) -> None:
        """The mouse is on `thing` now, or on nothing."""
        self._thing = thing
        self._timer.stop()
        if thing is None:
            self.left.emit()
        elif QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier:
            self.at_once(thing)
        else:
            self._timer.start()

    @Slot(object)
    def at_once(self, thing: object) -> None:
        """Wait no longer for `thing`."""
        self._thing = thing
        self._timer.stop()
        self._now()

    @Slot()
    def _now(self) -> None:
        if self._thing is not None:
            self.due.emit(self._thing)
