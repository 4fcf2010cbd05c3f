"""The Next token pane: the true distribution over the whole vocabulary after the selected token."""

from collections.abc import Iterator

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from vectarium.drawing.distribution_table import DistributionTable, Rows, percent
from vectarium.drawing.elided_label import ElidedLabel
from vectarium.drawing.palette import Look
from vectarium.drawing.sampling_controls import SamplingControls
from vectarium.messages import Failed, LoadModel, ModelLoaded, Run
from vectarium.panes.pane import Pane, Table
from vectarium.sampling import Distribution, SamplingSettings, distribution
from vectarium.session.session import NextToken, Session
from vectarium.vocabulary import Vocabulary

ROW_CHOICES = (10, 20, 50, 200, 1000, 0)  # 0 is all
EXAMPLE = "Once upon a time, there was a"
REPAINT_MS = 33
SIDE, LIST_LEAST = 290, 310  # pixels at 100 %


class NextTokenPane(Pane):
    """Bars for the most likely tokens, the sliders that shape them, and the buttons that draw one."""

    title = "Next token"
    key = "next_token"
    help = (
        "<p>What the model expects after the selected token, computed over its whole vocabulary.</p>"
        "<p><b>logit</b>: the model's score. <b>÷ T</b>: the score divided by the temperature. "
        "<b>probability</b>: the softmax of that. <b>drawn with</b>: what is left after top-k, top-p and "
        "min-p, in this order, shared out again to 100 %. Greyed tokens were cut and cannot be drawn.</p>"
        "<p><b>→</b> draws one token, <b>←</b> takes it back. Double-click a token to choose it yourself. "
        "Click a token in the text to see what came after it.</p>"
    )

    def __init__(self, session: Session, look: Look, rows: int = 20) -> None:
        super().__init__(look)
        self._session = session
        self._vocabulary: Vocabulary | None = None
        self._shown: Distribution | None = None
        self.row_limit = rows
        self._repaint = QTimer(self)
        self._repaint.setSingleShot(True)
        self._repaint.setInterval(REPAINT_MS)
        self._repaint.timeout.connect(self._show)
        self._build(look)
        self._listen()
        self._say_waiting()

    def _build(self, look: Look) -> None:
        self._rows_button = QToolButton()
        self._rows_button.setProperty("role", "choice")
        self._rows_button.setToolTip("How many of the most likely tokens the list holds")
        self._rows_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._rows_button)
        for count in ROW_CHOICES:
            menu.addAction(self._rows_name(count)).setData(count)
        menu.triggered.connect(self._rows_chosen)
        self._rows_button.setMenu(menu)
        self.tools.addWidget(self._rows_button)
        self.table = DistributionTable(look)
        self._after = ElidedLabel()
        self._after.setProperty("role", "small")
        self._summary = QLabel()
        self._summary.setProperty("role", "small")
        self._summary.setWordWrap(True)
        self.controls = SamplingControls(look, self._session.sampling)
        self.sample_button = QPushButton("Sample  →")
        self.sample_button.setProperty("role", "primary")
        self.sample_button.setToolTip("Draw one token from this distribution and put it after the text (→)")
        self.undo_button = QPushButton("←  Undo")
        self.undo_button.setToolTip("Take the last token or edit back (←)")
        self.play_button = QPushButton("Write on")
        self.play_button.setToolTip("Let the model draw token after token until it ends the text")
        buttons = QHBoxLayout()
        for button in (self.undo_button, self.sample_button):
            buttons.addWidget(button, 1)
        self._side_body = QWidget()
        side = QVBoxLayout(self._side_body)
        side.addWidget(self.controls)
        side.addLayout(buttons)
        side.addWidget(self.play_button)
        side.addStretch(1)
        self._side = QScrollArea()
        self._side.setObjectName("paneSide")
        self._side.setWidgetResizable(True)
        self._side.setFrameShape(QFrame.Shape.NoFrame)
        self._side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._side.setWidget(self._side_body)
        left = QVBoxLayout()
        left.addWidget(self._after)
        left.addWidget(self.table, 1)
        left.addWidget(self._summary)
        self._left = left
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight, self.body)
        self._both.setContentsMargins(0, 0, 0, 0)
        self._both.setSpacing(0)
        self._both.addLayout(left, 1)
        self._both.addWidget(self._side)
        for key, act in ((Qt.Key.Key_Right, self._session.sample_one), (Qt.Key.Key_Left, self._session.undo)):
            for owner in (self.table, self.sample_button, self.undo_button):
                shortcut = QShortcut(QKeySequence(key), owner)
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
                shortcut.activated.connect(act)
        self._set_rows_name()
        self.set_look(look)

    def _listen(self) -> None:
        session = self._session
        session.next_token_changed.connect(self._next_token_changed)
        session.sampling_changed.connect(self._sampling_changed)
        session.vocabulary_changed.connect(self._vocabulary_changed)
        session.model_changed.connect(self._model_changed)
        session.tokens_changed.connect(self._update_buttons)
        session.history_changed.connect(self._update_buttons)
        session.generating_changed.connect(self._update_buttons)
        session.failed.connect(self._failed)
        self.controls.changed.connect(session.set_sampling)
        self.table.chosen.connect(session.choose)
        self.sample_button.clicked.connect(session.sample_one)
        self.undo_button.clicked.connect(session.undo)
        self.play_button.clicked.connect(self._play)

    def set_look(self, look: Look) -> None:
        self.look = look
        margin = look.px(12)
        self._left.setContentsMargins(margin, look.px(8), margin, margin)
        self._side_body.layout().setContentsMargins(margin, margin, margin, margin)  # type: ignore[union-attr]
        self._side_body.layout().setSpacing(look.px(10))  # type: ignore[union-attr]
        self.table.setMinimumHeight(look.px(160))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """The sliders beside the table, or below it in a narrow pane."""
        look, beside = self.look, self.width() >= self.look.px(SIDE + LIST_LEAST)
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._both.setDirection(direction)
        self._side.setMinimumWidth(look.px(SIDE) if beside else 0)
        self._side.setMaximumWidth(look.px(SIDE) if beside else look.px(10_000))
        self._side.setMinimumHeight(0 if beside else self._side_body.sizeHint().height())

    # What the session says

    @Slot(object)
    def _vocabulary_changed(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.controls.set_vocabulary_size(len(vocabulary))
        self._set_rows_name()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        if not self._session.text:
            self._say_waiting()

    @Slot(object)
    def _next_token_changed(self, next_token: NextToken | None) -> None:
        self._update_buttons()
        if not self._repaint.isActive():
            self._show()
            self._repaint.start()

    @Slot(object)
    def _sampling_changed(self, sampling: SamplingSettings) -> None:
        self.controls.set_settings(sampling)
        if not self._repaint.isActive():
            self._show()
            self._repaint.start()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        first_load = isinstance(failure.request, LoadModel) and self._session.model is None
        if isinstance(failure.request, Run) or first_load:
            self.show_empty(f"{failure.message}\n{failure.advice}")

    @Slot()
    def _update_buttons(self) -> None:
        session = self._session
        self.sample_button.setEnabled(session.can_sample)
        self.undo_button.setEnabled(session.history.can_undo)
        self.play_button.setText("Stop" if session.generating else "Write on")
        self.play_button.setEnabled(session.generating or session.can_sample)

    @Slot()
    def _play(self) -> None:
        if self._session.generating:
            self._session.stop_generating()
        else:
            self._session.generate()

    def _say_waiting(self) -> None:
        if self._session.model is None:
            self.show_empty("The model is starting. What it expects after your text will appear here.")
        else:
            self.show_empty(
                "Write something above, and what the model expects next will appear here.",
                f"“{EXAMPLE} …”",
                self._show_example,
            )

    def _show_example(self) -> None:
        self._session.edit_text(EXAMPLE)

    # Showing

    @Slot()
    def _show(self) -> None:
        known, vocabulary = self._session.next_token, self._vocabulary
        if known is None or vocabulary is None:
            self._shown = None
            if not self._session.text or self._session.model is None:
                self._say_waiting()
            return
        if (
            self._shown is None
            or self._shown.ranking is not known.ranking
            or self._shown.settings != self._session.sampling
        ):
            self._shown = distribution(known.ranking, self._session.sampling)
        shown = self._shown
        total = len(shown.order)
        count = min(self.row_limit or total, total)
        self.table.show_rows(
            Rows(
                labels=vocabulary.labels,
                ids=shown.order,
                logits=shown.logits,
                scaled=shown.scaled,
                probability=shown.probability,
                drawn=shown.drawn,
                kept=shown.kept_count,
                count=count,
                greedy=shown.settings.temperature == 0,
            )
        )
        self._after.set_line(f"after  “{self._context(known, vocabulary)}”")
        self._summary.setText(self._summary_of(shown, count))
        self.info.setText(f"entropy {shown.entropy_bits:.2f} bits · {total:,} tokens")
        self.info.setToolTip("The entropy of the softmax before the cuts, and the size of the vocabulary")
        self.show_body()

    @staticmethod
    def _context(known: NextToken, vocabulary: Vocabulary) -> str:
        """The last few tokens before the distribution, as they are drawn."""
        ids = known.ids[max(0, known.position - 6) : known.position + 1]
        cut = "… " if known.position > 6 else ""
        return cut + "".join(vocabulary.labels[token] for token in ids)

    @staticmethod
    def _summary_of(shown: Distribution, count: int) -> str:
        total = len(shown.order)
        lines = [f"As undecided as among {_about(2**shown.entropy_bits)} equally likely tokens."]
        if count < total:
            tail = float(shown.probability[count:].sum())
            lines.append(f"The {total - count:,} tokens not listed hold {percent(tail)} together.")
        if shown.kept_count < total:
            gone = total - shown.kept_count
            lines.append(
                f"{gone:,} tokens with {percent(shown.removed_mass)} of the probability are cut and "
                f"cannot be drawn; {shown.kept_count:,} can."
            )
        else:
            lines.append("Nothing is cut: every token can be drawn.")
        return " ".join(lines)

    # How many rows

    def _rows_name(self, count: int) -> str:
        total = f" {len(self._vocabulary):,}" if self._vocabulary is not None else ""
        return f"Top {count:,}" if count else f"All{total}"

    def _set_rows_name(self) -> None:
        self._rows_button.setText(self._rows_name(self.row_limit) + " ▾")
        self._rows_button.setAccessibleName(f"List length: {self._rows_name(self.row_limit)}")

    @Slot(object)
    def _rows_chosen(self, action: object) -> None:
        self.row_limit = action.data()  # type: ignore[attr-defined]
        self._set_rows_name()
        self._show()

    # Data

    def tables(self) -> list[Table]:
        """The whole vocabulary, whatever the list shows."""
        shown, vocabulary = self._shown, self._vocabulary
        if shown is None or vocabulary is None:
            return []
        columns = ("rank", "id", "text", "logit", "scaled", "probability", "drawn")
        return [Table("distribution", columns, lambda: _records(shown, vocabulary))]


def _about(number: float) -> str:
    return f"{number:.1f}" if number < 100 else f"{number:,.0f}"


def _records(shown: Distribution, vocabulary: Vocabulary) -> Iterator[tuple[object, ...]]:
    arrays = (shown.order, shown.logits, shown.scaled, shown.probability, shown.drawn)
    for rank, (token, *numbers) in enumerate(
        zip(*(array.tolist() for array in arrays), strict=True), start=1
    ):
        yield (rank, token, vocabulary.labels[token], *numbers)
