"""What a head moves to one token: from where, how much, and which next tokens it makes likelier."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from vectarium.drawing.palette import Look


@dataclass(frozen=True)
class Moves:
    """Everything in words and numbers; lengths are Euclidean, in the units of the residual stream."""

    query: str
    sources: tuple[tuple[str, float, float], ...]  # key, α, ‖α·v·W_O‖, in the order of the text
    change: float  # ‖ΔE‖
    residual: float  # ‖residual stream‖ before the layer
    up: tuple[tuple[str, float], ...]  # next token, what ΔE adds to its logit
    down: tuple[tuple[str, float], ...]
    check: str  # how the heads of the layer sum to its output


class HeadMoves(QScrollArea):
    """Shows `Moves`, sources with the largest vectors first."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._sheet = _Sheet(look)
        self.setWidget(self._sheet)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("What the head moves")

    def show_moves(self, moves: Moves | None) -> None:
        self._sheet.show_moves(moves)

    def lines(self) -> list[str]:
        """What is shown, as lines of text."""
        return self._sheet.lines()


class _Sheet(QWidget):
    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._moves: Moves | None = None

    def set_look(self, look: Look) -> None:
        self._look = look
        self.updateGeometry()
        self.update()

    def show_moves(self, moves: Moves | None) -> None:
        self._moves = moves
        self.setAccessibleDescription(" ".join(self.lines()))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        moves, line = self._moves, self._look.px(22)
        rows = 0 if moves is None else len(moves.sources) + max(len(moves.up), len(moves.down)) + 8
        return QSize(200, rows * line + self._look.px(30))

    def minimumSizeHint(self) -> QSize:
        return QSize(100, self.sizeHint().height())

    def lines(self) -> list[str]:
        moves = self._moves
        if moves is None:
            return []
        share = 100 * moves.change / moves.residual if moves.residual else 0.0
        return [
            f"What this head adds at {moves.query}: ΔE = Σ α·v·W_O",
            f"‖ΔE‖ = {moves.change:.3f}, {share:.1f} % of the residual stream’s {moves.residual:.2f} there",
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        moves, look, theme = self._moves, self._look, self._look.theme
        if moves is None:
            return
        painter = QPainter(self)
        line, pad = look.px(22), look.px(6)
        width = float(self.width())
        y = 0.0

        def write(text: str, x: float, room: float, color: str, font: object, right: bool = False) -> None:
            painter.setFont(font)  # type: ignore[arg-type]
            painter.setPen(QColor(color))
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room))
            painter.drawText(QRectF(x, y, room, line), side | Qt.AlignmentFlag.AlignVCenter, text)

        small, mono, words = look.words(12), look.mono(12), look.words(13)
        first, second = self.lines()
        write(first, 0, width, theme.text, words)
        y += line
        write(second, 0, width, theme.query, words)
        y += line + pad
        number = QFontMetrics(mono).horizontalAdvance("+100.00 ")
        half = (width - 2 * pad) / 2
        write("pushed up", 0, half, theme.secondary, small)
        write("pushed down", half + 2 * pad, half, theme.secondary, small)
        y += line
        top = y
        for x, tokens, color in (
            (0.0, moves.up, theme.positive),
            (half + 2 * pad, moves.down, theme.negative),
        ):
            y = top
            for label, push in tokens:
                write(label, x, half - number, theme.text, mono)
                text = f"{push:+.2f}".replace("-", "−")
                write(text, x + half - number, number, color, mono, right=True)
                y += line
        y = top + max(len(moves.up), len(moves.down)) * line + pad
        write(
            "Logits, straight through the unembedding, with the last norm’s scale as it is.",
            0,
            width,
            theme.secondary,
            small,
        )
        y += line
        write(moves.check, 0, width, theme.secondary, small)
        y += line + pad
        metrics = QFontMetrics(mono)
        name = min(
            width * 0.28, max(metrics.horizontalAdvance(label) for label, _, _ in moves.sources) + 2 * pad
        )
        number = metrics.horizontalAdvance("100.0 %") + pad
        bar = max(10.0, (width - name) / 2 - number - pad)
        second_column = name + bar + number + pad
        write("α, the weight", name, bar + number, theme.secondary, small)
        write("‖α·v·W_O‖, what it moves", second_column, bar + number, theme.secondary, small)
        y += line
        longest = max(moved for _, _, moved in moves.sources) or 1.0
        for label, weight, moved in sorted(moves.sources, key=lambda source: -source[2]):
            if y > event.rect().bottom():
                break
            if y + line < event.rect().top():
                y += line
                continue
            write(label, 0, name - pad, theme.key, mono)
            for x, share, text, color in (
                (name, weight, f"{100 * weight:.1f} %", theme.query),
                (second_column, moved / longest, f"{moved:.3f}", theme.value),
            ):
                room = QRectF(x, y + line * 0.28, bar, line * 0.44)
                painter.fillRect(room, QColor(theme.raised))
                painter.fillRect(QRectF(x, room.top(), bar * share, room.height()), QColor(color))
                write(text, x + bar, number, theme.text, mono, right=True)
            y += line
