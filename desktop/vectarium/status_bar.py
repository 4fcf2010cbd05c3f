"""The line at the bottom: which model runs where, how much it sees, how fast it is, what it is doing."""

import contextlib

import numpy as np
import psutil
from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QProgressBar, QToolButton

from vectarium.drawing.frame import CALM_MS, Frame
from vectarium.drawing.palette import Look
from vectarium.drawing.rows import FittingRow
from vectarium.drawing.steady_label import SteadyLabel
from vectarium.messages import ModelLoaded, Progress
from vectarium.session.precision import Precision
from vectarium.session.session import NextToken, Session
from vectarium.session.tokens import Tokens

MEMORY_MS = 2000


class StatusBar(FittingRow):
    """Listens to the session."""

    cancel_asked = Signal()

    def __init__(self, session: Session, precision: Precision, look: Look) -> None:
        super().__init__("statusBar")
        self._session, self._precision = session, precision
        self._processes = [psutil.Process()]
        self._gone = False  # the model has ended with its process
        self._dot, self._model, self._device = QLabel("●"), QLabel("Starting"), QLabel()
        self._seen, self._speed, self._memory = SteadyLabel(), SteadyLabel(), SteadyLabel()
        self._doing, self._bar, self._cancel = QLabel(), QProgressBar(), QToolButton()
        self.exact = QToolButton()
        self.exact.setText("Exact")
        self.exact.setCheckable(True)
        self.exact.setToolTip("Write with weights that are not rounded; off takes what is fastest here")
        self.exact.setAccessibleName("Exact writing")
        self.exact.toggled.connect(precision.set_exact)
        self._model.setToolTip("The model in use, and how many numbers it has learned")
        self._speed.setToolTip("How fast tokens were generated last, or how long the last pass took")
        self._memory.setToolTip("The memory that the whole app takes")
        self._bar.setTextVisible(False)
        self._cancel.setText("Cancel")
        self._cancel.setToolTip("Stop what the model is doing")
        self._cancel.clicked.connect(self.cancel_asked)
        self.optional = (self._memory, self.exact, self._device, self._speed, self._seen)
        self.row.addWidget(self._dot)
        for part in (self._model, self._device, self.exact, self._seen, self._speed, self._memory):
            self.row.addWidget(part)
        self.row.addStretch(1)
        for widget in (self._doing, self._bar, self._cancel):
            self.row.addWidget(widget)
        self._look = look
        self._written = 0.0  # tokens a second
        self._repaint = Frame(self, CALM_MS)
        self._repaint.due.connect(self._show_numbers)
        session.model_changed.connect(self._model_changed)
        precision.changed.connect(self._show_precision)
        session.tokens_changed.connect(self._tokens_changed)
        session.next_token_changed.connect(self._next_token_changed)
        session.speed_changed.connect(self._speed_changed)
        session.progress_changed.connect(self._progress_changed)
        session.generating_changed.connect(self._generating_changed)
        self._memory_timer = QTimer(self)
        self._memory_timer.setInterval(MEMORY_MS)
        self._memory_timer.timeout.connect(self._show_memory)
        self._memory_timer.start()
        self.set_look(look)
        self._show_memory()
        self._show_precision()
        self._progress_changed(None)

    def set_look(self, look: Look) -> None:
        self._look = look
        self.row.setContentsMargins(look.px(14), look.px(4), look.px(12), look.px(4))
        self.row.setSpacing(look.px(18))
        self._bar.setFixedWidth(look.px(140))
        self.setMinimumHeight(look.px(30))
        self._paint_dot()

    def _paint_dot(self) -> None:
        ready = self._session.model is not None and not self._gone
        color = self._look.theme.found if ready else self._look.theme.query
        self._dot.setStyleSheet(f"color: {color};")

    def show_model_gone(self) -> None:
        """There is no model until one is opened."""
        self._gone = True
        self._paint_dot()
        self._progress_changed(None)

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self._gone = False
        self._model.setText(f"{model.name} · {_in_millions(model.parameters)} parameters")
        self._model.setToolTip(
            f"{model.name}: {model.parameters:,} parameters, {model.layers} layers × {model.heads} heads, "
            f"width {model.width}, vocabulary {len(model.vocabulary):,}, context {model.context:,} tokens"
        )
        self._show_precision()
        self._paint_dot()
        self._tokens_changed(self._session.tokens)
        self._progress_changed(None)

    @Slot()
    def _show_precision(self) -> None:
        """What runs where, and in which form tokens are written."""
        model, chosen = self._session.model, self._precision.chosen
        self.exact.setChecked(self._precision.exact)
        if model is None:
            return
        numbers, reason = model.dtype, model.reason
        if chosen is not None and not chosen.exact:
            numbers = f"{chosen.form} for writing"
            reason += (
                f" Tokens are written with the weights rounded to {chosen.form}, which is faster. Several "
                "tokens at once are read in float32, and files hold float32."
            )
        elif model.dtype == "float32":
            numbers += ", exact"
            if chosen is not None and chosen.form != model.dtype:
                reason += (
                    f" Tokens are written with the weights as {chosen.form}: as stored, so nothing is lost."
                )
        if chosen is not None and chosen.guesses:
            reason += (
                " Tokens that may follow are guessed with the weights in eight bits, and read together with "
                "the last one: a right guess saves time, a wrong one changes nothing."
            )
        self._device.setText(f"{model.device.upper()} · {numbers}")
        self._device.setToolTip(reason)

    @Slot(object)
    def _tokens_changed(self, tokens: Tokens) -> None:
        if self._session.generating:
            self._repaint.soon(at_once=False)
        else:
            self._show_count(tokens)

    @Slot()
    def _show_numbers(self) -> None:
        """Those that change with every token that is written."""
        if self._session.generating:
            self._show_count(self._session.tokens)
            self._show_speed()

    def _show_count(self, tokens: Tokens) -> None:
        """Of a text that goes on beyond the context what the model saw last, until it says more."""
        context = self._session.model.context if self._session.model is not None else 0
        known = self._session.next_token
        goes_on = known is not None and np.array_equal(known.ids, tokens.ids[: len(known.ids)])
        if goes_on and self._show_seen(known):
            return
        self._seen.setText(f"{len(tokens):,} / {context:,} tokens" if context else "")
        self._seen.setToolTip("Tokens of the text, and how many the model can see at once")

    @Slot(object)
    def _next_token_changed(self, known: NextToken | None) -> None:
        if known is None or self._session.generating:
            return
        if known.computed > 0:
            self._speed.setText(
                f"{_in_time(known.seconds)} for {known.computed:,} token{'s'[: known.computed != 1]}"
            )
        self._show_seen(known)

    def _show_seen(self, known: NextToken | None) -> bool:
        """How much the model sees, if it does not see all of it; whether that is so."""
        if known is None or known.seen_to - known.seen_from >= len(known.ids):
            return False
        seen, context = (
            known.seen_to - known.seen_from,
            self._session.model.context if self._session.model else 0,
        )
        self._seen.setText(f"sees {seen:,} of {len(known.ids):,} tokens · context {context:,}")
        self._seen.setToolTip("The text is longer than the context: the tokens drawn dashed are not seen")
        return True

    @Slot(float)
    def _speed_changed(self, speed: float) -> None:
        self._written = speed
        self._repaint.soon(at_once=False)

    def _show_speed(self) -> None:
        speed = self._written
        if speed:
            self._speed.setText(f"{speed:.0f} tokens/s" if speed >= 10 else f"{speed:.1f} tokens/s")

    def watch(self, pid: int | None) -> None:
        """Count the memory of this process in as well."""
        self._processes[1:] = [psutil.Process(pid)] if pid is not None else []

    @Slot()
    def _show_memory(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            used = sum(process.memory_info().rss for process in self._processes)
            self._memory.setText(f"{used / 2**30:.1f} GB")

    @Slot(object)
    def _progress_changed(self, progress: Progress | None) -> None:
        busy = progress is not None
        self._bar.setVisible(busy)
        self._cancel.setVisible(busy and self._session.model is not None)
        if progress is None:
            self._generating_changed(self._session.generating)
            return
        share = progress.share
        self._bar.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self._bar.setValue(round(1000 * share))
        self._doing.setText(progress.doing)

    @Slot(bool)
    def _generating_changed(self, generating: bool) -> None:
        ready = "Ready" if self._session.model is not None else "Starting"
        if self._gone:
            ready = "No model"
        self._doing.setText("Writing" if generating else ready)
        if not generating and self._repaint.isActive():  # the last of them, at once
            self._repaint.stop()
            self._show_count(self._session.tokens)
            self._show_speed()
            self._written = 0.0


def _in_millions(count: int) -> str:
    if count >= 1e9:
        return f"{count / 1e9:.2f} B"
    return f"{count / 1e6:.0f} M" if count >= 1e8 else f"{count / 1e6:.1f} M"


def _in_time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
