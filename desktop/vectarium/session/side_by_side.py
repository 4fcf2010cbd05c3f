"""One text continued several times, with settings of their own: what is written, and asking for more."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from vectarium.documents.document import Branch
from vectarium.documents.to_write import LARGEST_SEED, LONGEST
from vectarium.messages import Failed, Finished, ModelLoaded, Reply, read_only
from vectarium.messages_futures import ColumnsWritten, ColumnToWrite, SteerColumns, WriteColumns
from vectarium.sampling import SamplingSettings, Step
from vectarium.session.session import Session
from vectarium.session.tokens import Tokens
from vectarium.session.writing import other_choice

FEWEST, MOST = 2, 4
TEMPERATURES = (0.0, 1.0, 5.0, 2.0)  # of the columns at first


@dataclass(frozen=True)
class Column:
    """One continuation. The same seed, settings and place draw the same token."""

    settings: SamplingSettings
    seed: int  # of its own, for when the columns have no common one
    steps: tuple[Step, ...] = ()
    over: bool = False  # the model ended the text
    seen_from: int = 0  # the first token that the model saw of it last


class SideBySide(QObject):
    """Continues the text on screen; another text or another model clears the columns."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.seed = secrets.randbits(32)
        self.common = True  # whether all draw with `seed`
        self.pace = 0.0  # seconds a step at least
        self.running = False
        self.columns = tuple(self._fresh(index) for index in range(3))
        self._begun_from: Branch | None = None
        self._kept: set[tuple[int, ...]] = set()
        self._model: tuple[str, str] | None = None
        session.tokens_changed.connect(self._tokens_changed)
        session.model_changed.connect(self._model_changed)
        session.answered.connect(self._answered)
        session.finished.connect(self._finished)
        session.failed.connect(self._failed)
        session.cancelled.connect(self._cancelled)

    @staticmethod
    def _fresh(index: int) -> Column:
        return Column(SamplingSettings(temperature=TEMPERATURES[index]), secrets.randbits(32))

    @property
    def base(self) -> Branch:
        """What all columns continue."""
        return self._begun_from if self._begun_from is not None else self._session.document.branch

    @property
    def length(self) -> int:
        """Tokens of the longest column."""
        return max(len(column.steps) for column in self.columns)

    @property
    def can_write(self) -> bool:
        session = self._session
        settled = session.tokens.pending is None and bool(len(self.base))
        return session.model is not None and settled and not all(column.over for column in self.columns)

    def branch(self, index: int) -> Branch:
        """The whole text of a column."""
        return self.base.with_steps(*self.columns[index].steps)

    # Settings

    def set_count(self, count: int) -> None:
        """How many columns there are. A new one is empty."""
        if count != len(self.columns):
            self._clear_columns()
            added = (self._fresh(index) for index in range(len(self.columns), count))
            self.columns = (*self.columns, *added)[:count]
            self.changed.emit()

    def set_settings(self, index: int, settings: SamplingSettings) -> None:
        """Write a column with `settings`, from its next token on."""
        if settings != self.columns[index].settings:
            self._put(index, replace(self.columns[index], settings=settings))
            self._steer()

    def set_pace(self, seconds: float) -> None:
        if seconds != self.pace:
            self.pace = seconds
            self._steer()

    def set_seed(self, seed: int) -> None:
        """Draw with `seed` from now on, where the columns have one in common.

        Raises ValueError outside 32 bits.
        """
        if not 0 <= seed <= LARGEST_SEED:
            raise ValueError(f"A seed is a whole number from 0 to {LARGEST_SEED:,}, not {seed:,}.")
        if seed != self.seed:
            self.seed = seed
            self._draw_anew()

    def set_own_seed(self, index: int, seed: int) -> None:
        """Draw a column with `seed`, where each has its own."""
        if seed != self.columns[index].seed:
            self._put(index, replace(self.columns[index], seed=seed))
            self._draw_anew()

    def set_common(self, common: bool) -> None:
        if common != self.common:
            self.common = common
            self._draw_anew()

    def _draw_anew(self) -> None:
        """Go on with other random numbers."""
        if self.running:
            self.pause()
            self.play()
        self.changed.emit()

    def _steer(self) -> None:
        if self.running:
            settings = tuple(column.settings for column in self.columns)
            self._session.ask(SteerColumns, settings=settings, pace=self.pace)
        self.changed.emit()

    def _put(self, index: int, column: Column) -> None:
        self.columns = (*self.columns[:index], column, *self.columns[index + 1 :])

    # Writing

    def play(self) -> None:
        """Write on until it is paused, or the model has ended every column."""
        self._write(LONGEST)

    def step(self) -> None:
        """Write one token of each column."""
        self._write(1)

    def _write(self, count: int) -> None:
        if self.running or not self.can_write:
            return
        self._session.stop_generating()
        self._begun_from = self.base
        asked = tuple(
            ColumnToWrite(
                read_only(np.array(self.branch(index).ids, np.int32)),
                column.settings,
                self.seed if self.common else column.seed,
                len(column.steps),
                column.over,
            )
            for index, column in enumerate(self.columns)
        )
        self.running = True
        self._session.ask(WriteColumns, columns=asked, count=count, pace=self.pace)
        self.changed.emit()

    def pause(self) -> None:
        """Stop after what is on screen."""
        if self.running:
            self.running = False
            self._session.cancel(WriteColumns)
            self.changed.emit()

    def back(self) -> None:
        """Take the last step back, from the columns that made it."""
        self.pause()
        last = self.length - 1
        if last >= 0:
            self._cut(lambda column: column.steps[:last])

    def stop(self) -> None:
        """Back to the text that all columns continue."""
        self.pause()
        self._clear_columns()
        self.changed.emit()

    def _clear_columns(self) -> None:
        if self.running:
            self.running = False
            self._session.cancel(WriteColumns)
        self._begun_from = None
        self._kept.clear()
        self._cut(lambda column: ())

    def _cut(self, kept: Callable[[Column], tuple[Step, ...]]) -> None:
        cut = (replace(column, steps=kept(column)) for column in self.columns)
        self.columns = tuple(
            new if len(new.steps) == len(old.steps) else replace(new, over=False, seen_from=0)
            for new, old in zip(cut, self.columns, strict=True)
        )
        if not self.length:
            self._begun_from = None
        self.changed.emit()

    def choose(self, index: int, step: int, rank: int) -> None:
        """Put another of a step's most likely tokens in its place; what followed in that column goes."""
        self.pause()
        column = self.columns[index]
        chosen = other_choice(column.steps[step], rank)
        over = self._ends(chosen)
        self._put(index, replace(column, steps=(*column.steps[:step], chosen), over=over))
        self.changed.emit()

    def keep(self, index: int) -> None:
        """Look at a column as the text: a branch. The columns stay."""
        self.pause()
        column = self.columns[index]
        if column.steps:
            self._kept.add(self.branch(index).ids)
            self._session.writing.follow(len(self.base), column.steps)

    def _ends(self, step: Step) -> bool:
        vocabulary = self._session.vocabulary
        return vocabulary is not None and step.token_id == vocabulary.end_of_text

    # What the session says

    @Slot(object)
    def _answered(self, reply: Reply) -> None:
        if not isinstance(reply, ColumnsWritten) or not self.running:
            return
        for index, (step, seen_from) in enumerate(zip(reply.steps, reply.seen_from, strict=True)):
            if step is not None:
                column = self.columns[index]
                steps, over = (*column.steps, step), self._ends(step)
                self._put(index, replace(column, steps=steps, over=over, seen_from=seen_from))
        self.changed.emit()

    @Slot(object)
    def _finished(self, finished: Finished) -> None:
        if isinstance(finished.request, WriteColumns):
            self._cancelled()

    @Slot()
    def _cancelled(self) -> None:
        self.running = False
        self.changed.emit()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        if isinstance(failure.request, WriteColumns):
            self._cancelled()

    @Slot(object)
    def _tokens_changed(self, tokens: Tokens) -> None:
        """Stay with a text that was only kept, or gone back from; any other is begun anew."""
        begun = self._begun_from
        if begun is not None:
            ids = tuple(tokens.ids.tolist())
            if tokens.pending is None and (ids == begun.ids or ids in self._kept):
                return
            self._clear_columns()
        self.changed.emit()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        """The same model again, as after its process died, can go on; another one cannot."""
        known, self._model = self._model, (model.source, model.vocabulary.fingerprint)
        if known == self._model:
            self.pause()
            self.changed.emit()
        else:
            self._clear_columns()
