"""The row under the text: one token back, play, one token on, stop, how fast, and how full the context is."""

import math

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from vectarium.drawing.palette import Look
from vectarium.drawing.rows import WrappingRow

SLOWEST = 2.0  # seconds a token
FASTEST = 0.02  # the last step before there is no limit
STEPS = 100


def pace_of(step: int) -> float:
    """Seconds a token for a place of the slider; 0 at its end, where nothing holds the model back."""
    return 0.0 if step >= STEPS else SLOWEST * (FASTEST / SLOWEST) ** (step / (STEPS - 1))


def pace_in_words(seconds: float) -> str:
    """What a pace is called."""
    if seconds == 0:
        return "full speed"
    return f"{seconds:.1f} s each" if seconds >= 1 else f"{1 / seconds:.0f} / s"


class TransportBar(QWidget):
    """Buttons and meters; it decides nothing."""

    back_asked = Signal()
    play_asked = Signal()
    step_asked = Signal()
    stop_asked = Signal()
    pace_changed = Signal(float)  # seconds a token

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.back = self._button(
            "←", "Take the last token back; it stays in its branch (←)", "Back one token"
        )
        self.play = _PlayButton()
        self.play.setProperty("role", "primary")
        self.step = self._button("Step →", "Let the model write one token (→ or Space)", "Step")
        self.stop = self._button("■", "Stop; the next Play begins with a new seed", "Stop")
        self.back.clicked.connect(self.back_asked)
        self.play.clicked.connect(self.play_asked)
        self.step.clicked.connect(self.step_asked)
        self.stop.clicked.connect(self.stop_asked)
        self._speed = QSlider(Qt.Orientation.Horizontal)
        self._speed.setRange(0, STEPS)
        self._speed.setValue(STEPS)
        self._speed.setPageStep(10)
        self._speed.setToolTip(
            "How fast the model may write: from a token in two seconds, with a marker that shows how it is "
            "drawn, to as fast as it goes"
        )
        self._speed.setAccessibleName("Speed")
        self._pace = QLabel()
        self._pace.setProperty("role", "small")
        self._speed.valueChanged.connect(self._slid)
        self.meter = ContextMeter(look)
        speed = QWidget()
        self._speed_row = QHBoxLayout(speed)
        self._speed_row.setContentsMargins(0, 0, 0, 0)
        for part in (self._speed, self._pace):
            self._speed_row.addWidget(part)
        speed.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._row = WrappingRow(self)
        for widget in (self.back, self.play, self.step, self.stop, speed, self.meter):
            self._row.addWidget(widget)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._slid(STEPS)
        self.set_look(look)

    @staticmethod
    def _button(text: str, tip: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleName(name)
        return button

    def set_look(self, look: Look) -> None:
        self._speed.setFixedWidth(look.px(84))
        self._pace.setFixedWidth(look.px(66))
        self._speed_row.setSpacing(look.px(8))
        self._row.setSpacing(look.px(8))
        self._row.setContentsMargins(look.px(14), look.px(8), look.px(14), look.px(8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        # A layout whose height depends on its width has no minimum of its own, and would be pressed together.
        self.setMinimumHeight(self._row.heightForWidth(self.width()))

    def set_state(self, *, running: bool, can_write: bool, can_take_back: bool) -> None:
        """Which buttons do something now."""
        self.play.show_running(running)
        self.play.setEnabled(running or can_write)
        self.step.setEnabled(can_write and not running)
        self.stop.setEnabled(running)
        self.back.setEnabled(can_take_back)

    def set_pace(self, seconds: float) -> None:
        """Move the slider to a pace, which `pace_changed` then tells."""
        if seconds <= 0:
            self._speed.setValue(STEPS)
        else:
            share = math.log(seconds / SLOWEST) / math.log(FASTEST / SLOWEST)
            self._speed.setValue(min(STEPS - 1, max(0, round(share * (STEPS - 1)))))

    @Slot(int)
    def _slid(self, step: int) -> None:
        self._pace.setText(pace_in_words(pace_of(step)))
        self.pace_changed.emit(pace_of(step))


class _PlayButton(QPushButton):
    """Play or Pause, as wide as the wider of both: what stands beside it stays where it is."""

    TEXTS = ("▶ Play", "❚❚ Pause")

    def __init__(self) -> None:
        super().__init__()
        self.setToolTip("Let the model write on (Ctrl+Return; Space pauses)")
        self.show_running(False)

    def show_running(self, running: bool) -> None:
        self.setText(self.TEXTS[running])
        self.setAccessibleName("Pause" if running else "Play")

    def sizeHint(self) -> QSize:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        metrics = self.fontMetrics()
        option.text = max(self.TEXTS, key=metrics.horizontalAdvance)
        room = metrics.size(Qt.TextFlag.TextShowMnemonic, option.text)
        return self.style().sizeFromContents(QStyle.ContentsType.CT_PushButton, option, room, self)


class ContextMeter(QWidget):
    """How many tokens the model sees, of how many it can; and how many of the text it no longer sees."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._seen, self._size, self._unseen = 0, 0, 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        policy = QSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        self.setAccessibleName("Context")

    def set_look(self, look: Look) -> None:
        self._look = look
        self.updateGeometry()
        self.update()

    def show_context(self, seen: int, size: int, unseen: int) -> None:
        """`seen` tokens of at most `size`; `unseen` before them are out of sight."""
        if (seen, size, unseen) == (self._seen, self._size, self._unseen):
            return
        room = self.sizeHint()
        self._seen, self._size, self._unseen = seen, size, unseen
        gone = (
            f" The first {unseen:,} tokens, drawn in grey, are out of its sight: when the context is "
            "full, the oldest quarter drops out at a time."
            if unseen
            else ""
        )
        self.setToolTip(f"The model sees {seen:,} of the {size:,} tokens that it can see at once.{gone}")
        self.setAccessibleDescription(self.text)
        if self.sizeHint() != room:
            self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        gone = f" · {self._unseen:,} out of sight" if self._unseen else ""
        return f"{self._seen:,} / {self._size:,}{gone}" if self._size else ""

    def sizeHint(self) -> QSize:
        px = self._look.px
        numbers = QFontMetrics(self._look.mono(12)).horizontalAdvance(self.text or "0,000 / 0,000")
        return QSize(px(116) + numbers, px(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._look.px(90), self._look.px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme, px = self._look.theme, self._look.px
        painter.fillRect(event.rect(), QColor(theme.pane))
        if not self._size:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._look.words(12))
        painter.setPen(QColor(theme.secondary))
        name = painter.fontMetrics().horizontalAdvance("context")
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, name, self.height()), middle, "context")
        painter.setFont(self._look.mono(12))
        numbers = painter.fontMetrics().horizontalAdvance(self.text)
        painter.setPen(QColor(theme.text))
        right = QRectF(self.width() - numbers, 0, numbers, self.height())
        painter.drawText(right, middle, self.text)
        left = name + px(8)
        track = QRectF(
            left, self.height() / 2 - px(3), max(0.0, min(px(150), right.left() - px(10) - left)), px(6)
        )
        if track.width() > px(10):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.raised_more))
            painter.drawRoundedRect(track, px(3), px(3))
            track.setWidth(track.width() * min(1.0, self._seen / self._size))
            painter.setBrush(QColor(theme.query if self._unseen else theme.accent))
            painter.drawRoundedRect(track, px(3), px(3))
