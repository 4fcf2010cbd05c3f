"""The Next token pane: the true distribution over the whole vocabulary after the selected token."""

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut, QShowEvent

from vectarium.drawing.distribution_rows import Rows
from vectarium.drawing.frame import CALM_MS, FRAME_MS, Frame
from vectarium.drawing.next_token_view import ROW_CHOICES, NextTokenView
from vectarium.drawing.palette import Look
from vectarium.messages import Failed, LoadModel, ModelLoaded, Run
from vectarium.panes.pane import Pane, Table
from vectarium.sampling import Distribution, SamplingSettings, Step, distribution
from vectarium.session import distribution_views as views
from vectarium.session.distribution_dice import DistributionDice
from vectarium.session.session import NextToken, Session
from vectarium.session.watched_draw import WatchedDraw
from vectarium.vocabulary import Vocabulary

EXAMPLE = "Once upon a time, there was a"
WATCHED = "The marker visits the bars for show; where it stops is the token that was drawn."


class NextTokenPane(Pane):
    """Bars for the most likely tokens, the sliders that shape them, and the buttons that draw one."""

    title = "Next token"
    key = "next_token"
    help = (
        "<p>What the model expects after the selected token, computed over its whole vocabulary.</p>"
        "<p><b>logit</b>: the model's score. <b>penalised</b>: the score after the repetition penalty, if "
        "one is set: divided by it (below 0: multiplied) for tokens that the model sees in the text. "
        "<b>÷ T</b>: that divided by the temperature. "
        "<b>probability</b>: the softmax of that. <b>drawn with</b>: what is left after top-k, top-p and "
        "min-p, in this order, shared out again to 100 %. Greyed tokens were cut and cannot be drawn.</p>"
        "<p><b>→</b> draws one token, <b>←</b> takes it back. Double-click a token to choose it yourself.</p>"
        "<p>Click a token that the model wrote to see what it was drawn from, with the settings of that "
        "moment (<b>Its draw</b>: the hundred most likely exactly, the others as one sum), or what the model "
        "expects after it (<b>After it</b>).</p>"
        "<p>At a slow pace a marker visits the bars and stops at the token that is drawn. Its visits are "
        "show; where it stops is the draw.</p>"
    )

    def __init__(self, session: Session, look: Look, rows: int = 20) -> None:
        super().__init__(look)
        self._session = session
        self._vocabulary: Vocabulary | None = None
        self._shown: Distribution | None = None  # what is expected next, worked out
        self._rows: Rows | None = None  # what the table lists
        self.row_limit = rows
        self._repaint = Frame(self)
        self._repaint.due.connect(self._show)
        self._repaint_calmly = Frame(self, FRAME_MS, CALM_MS)
        self._repaint_calmly.due.connect(self._show_if_seen)
        self._build(look)
        self._listen()
        self._say_waiting()

    def _build(self, look: Look) -> None:
        view = NextTokenView(look, self.tools, self.body, self._session.sampling)
        self._view = view
        self.table, self.controls = view.table, view.controls
        self.watched = WatchedDraw(view.table)
        self._dice = DistributionDice(self._session, view.dice)
        self.sample_button, self.undo_button, self.play_button = view.sample, view.undo, view.play
        menu = view.rows_button.menu()
        for count in ROW_CHOICES:
            menu.addAction(self._rows_name(count)).setData(count)
        menu.triggered.connect(self._rows_chosen)
        for key, act in ((Qt.Key.Key_Right, self._sample), (Qt.Key.Key_Left, self._session.undo)):
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
        session.selection_changed.connect(self._selection_changed)
        session.failed.connect(self._failed)
        session.writing.drew.connect(self._drew)
        session.tokens_changed.connect(self.watched.end)
        self.watched.ended.connect(self._show)
        self.controls.changed.connect(session.set_sampling)
        self.table.chosen.connect(self._row_chosen)
        self._view.kinds.idClicked.connect(self._show)
        self._view.settings.clicked.connect(self._take_settings)
        self.sample_button.clicked.connect(self._sample)
        self.undo_button.clicked.connect(session.undo)
        self.play_button.clicked.connect(self._play)

    def set_look(self, look: Look) -> None:
        self.look = look
        self._view.set_look(look)
        self._view.arrange(look, self.width(), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._view.arrange(self.look, self.width(), self.height())
        if self._rows is not None:  # the dice may have come into sight
            self._show_soon()

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
        self._show_soon()

    def _show_soon(self) -> None:
        if self._session.streams:
            self._repaint_calmly.soon(at_once=False)
        else:
            self._repaint.soon(at_once=True)

    @Slot(object)
    def _sampling_changed(self, sampling: SamplingSettings) -> None:
        self.controls.set_settings(sampling)
        self._repaint.soon(at_once=not self._session.generating)

    @Slot()
    def _selection_changed(self) -> None:
        self.watched.end()
        self._show()

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

    # What the user does

    @Slot()
    def _sample(self) -> None:
        if self._draw() is None:
            self._session.sample_one()

    @Slot(int)
    def _row_chosen(self, row: int) -> None:
        """Put the token of a row after the text, or in the place of the one whose draw is shown."""
        rows, draw = self._rows, self._draw()
        if rows is None:
            return
        if draw is None:
            self._session.choose(int(rows.ids[row]))
        elif row != rows.drawn_row:
            self._session.writing.choose(draw[0], row)

    @Slot()
    def _take_settings(self) -> None:
        if (draw := self._draw()) is not None:
            self._session.set_sampling(draw[1].settings)

    # Showing

    def _drawn(self) -> tuple[int, Step] | None:
        """The selected token with how it was drawn, if it was."""
        tokens, token = self._session.tokens, self._session.selection.token
        if token is None or tokens.pending is not None or token >= len(tokens):
            return None
        step = tokens.steps[token]
        return (token, step) if step is not None else None

    def _draw(self) -> tuple[int, Step] | None:
        """The same, if that is what the user wants to see."""
        return self._drawn() if self._view.kinds.checkedId() == 0 else None

    @Slot()
    def _show_if_seen(self) -> None:
        if self.isVisible() or not self._session.generating:  # else it is shown when it comes into sight
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    @Slot()
    def _show(self) -> None:
        if self.watched.active:
            return
        vocabulary, draw = self._vocabulary, self._draw()
        self._view.show_kind(has_draw=self._drawn() is not None, of_draw=draw is not None)
        if draw is not None and vocabulary is not None:
            self._show_draw(*draw, vocabulary)
        else:
            self._show_expected()

    def _show_draw(self, token: int, step: Step, vocabulary: Vocabulary) -> None:
        self._shown = None
        limit = self.row_limit or len(step.top_ids)
        rows = views.rows_of_step(step, vocabulary.labels, limit)
        self._rows = rows
        self.table.show_rows(rows)
        self._dice.show_draw(token, step, vocabulary.labels)
        before = views.context(self._session.tokens.ids, token, vocabulary.labels)
        self._view.after.set_line(f"{vocabulary.labels[step.token_id]} after  “", f"{before}”")
        self._view.summary.setText(views.draw_summary(step, rows))
        same = step.settings == self._session.sampling
        self._view.then.setText(
            "It was drawn with the settings of the sliders."
            if same
            else "The sliders stand elsewhere now: they are for the next token, not for this draw."
        )
        self._view.settings.setEnabled(not same)
        self.info.setText(f"entropy {step.entropy_bits:.2f} bits · {step.vocabulary_size:,} tokens")
        self.info.setToolTip("The entropy of the softmax before the cuts, and the size of the vocabulary")
        self.show_body()

    def _show_expected(self) -> None:
        known, vocabulary = self._session.next_token, self._vocabulary
        if known is None or vocabulary is None:
            self._shown = self._rows = None
            if not self._session.text or self._session.model is None:
                self._say_waiting()
            return
        sampling = self._session.sampling
        if self._shown is None or self._shown.model is not known.ranking or self._shown.settings != sampling:
            self._shown = distribution(known.ranking, sampling, known.seen)
        shown = self._shown
        total = shown.ranking.size
        count = min(self.row_limit or total, total)
        self._rows = views.rows_of(shown, vocabulary.labels, count)
        self.table.show_rows(self._rows)
        self._dice.show_expected(shown, vocabulary.labels)
        before = views.context(known.ids, known.position + 1, vocabulary.labels)
        self._view.after.set_line("after  “", f"{before}”")
        self._view.summary.setText(views.summary(shown, count))
        self.info.setText(f"entropy {shown.entropy_bits:.2f} bits · {total:,} tokens")
        self.info.setToolTip("The entropy of the softmax before the cuts, and the size of the vocabulary")
        self.show_body()

    @Slot(object, int)
    def _drew(self, step: Step, milliseconds: int) -> None:
        """A token was drawn at a slow pace: let it be watched before it is text."""
        if self._vocabulary and self.isVisible() and not self.is_empty and self._draw() is None:
            most = self.row_limit or len(self._vocabulary)
            self._session.writing.hold(milliseconds)
            # What is listed now may be fewer rows than the sentences below the list speak of.
            self._view.summary.setText(WATCHED)
            self.watched.begin(step, self._vocabulary.labels, most, milliseconds)

    # How many rows

    def _rows_name(self, count: int) -> str:
        total = f" {len(self._vocabulary):,}" if self._vocabulary is not None else ""
        return f"Top {count:,}" if count else f"All{total}"

    def _set_rows_name(self) -> None:
        self._view.rows_button.setText(self._rows_name(self.row_limit) + " ▾")
        self._view.rows_button.setAccessibleName(f"List length: {self._rows_name(self.row_limit)}")

    @Slot(object)
    def _rows_chosen(self, action: object) -> None:
        self.row_limit = action.data()  # type: ignore[attr-defined]
        self._set_rows_name()
        self._show()

    # Pictures and data show what the model expects, never the show

    def copy_picture(self) -> None:
        self._catch_up()
        super().copy_picture()

    def save_picture(self, path: Path) -> None:
        self._catch_up()
        super().save_picture(path)

    def _catch_up(self) -> None:
        """Show what is true now, without what is only for show."""
        self.watched.end()
        if self._repaint.isActive() or self._repaint_calmly.isActive():
            self._show()

    def tables(self) -> list[Table]:
        """The whole vocabulary, whatever the list shows; of a draw what is kept of it."""
        self._catch_up()
        rows, draw, vocabulary = self._rows, self._draw(), self._vocabulary
        if rows is None or vocabulary is None:
            return []
        if draw is not None:
            rows = views.rows_of_step(draw[1], vocabulary.labels, len(draw[1].top_ids))
        elif self._shown is not None:
            rows = views.rows_of(self._shown, vocabulary.labels, self._shown.ranking.size)
        return [Table("distribution", views.COLUMNS, lambda: views.records(rows))]
