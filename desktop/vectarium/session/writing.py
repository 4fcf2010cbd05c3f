"""Writing on: who draws, with which random numbers, how fast; and the branches that come of it.

The random number for a token is that of PCG64 with the seed, as many places on as the model has already
written without a break. Pausing, stepping and taking back therefore do not change what a seed writes.
"""

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from vectarium.documents.document import Document
from vectarium.documents.editing import common_prefix
from vectarium.documents.to_write import LARGEST_SEED, LONGEST
from vectarium.messages import Finished, Generate, Generated
from vectarium.messages_writing import Steer
from vectarium.sampling import Step

if TYPE_CHECKING:
    from vectarium.session.session import Session

REPAINT_MS = 33
ENDLESS = LONGEST
SLOW = 0.5  # seconds a token from which a draw can be watched
WATCHED = 0.75  # of that time is for watching it


def other_choice(step: Step, rank: int) -> Step:
    """Another of the most likely tokens of the same distribution, chosen by hand.

    Raises IndexError for a rank that the step does not hold.
    """
    return replace(
        step,
        token_id=int(step.top_ids[rank]),
        rank=rank,
        logit=float(step.top_logits[rank]),
        penalised=float(step.top_penalised[rank]),
        model_probability=float(step.top_model_probability[rank]),
        # A penalty changes the order: the model's own rank may depend on tokens that are not kept.
        model_rank=rank if step.settings.repetition_penalty == 1 else None,
        probability=float(step.top_probability[rank]),
        drawn=float(step.top_drawn[rank]),
        uniform=None,
    )


class Writing(QObject):
    """The session's part that continues the text. Its document is the session's."""

    changed = Signal()  # seed, pace
    repeated = Signal(int, int)  # how many tokens came again, of how many
    drew = Signal(object, int)  # Step that may be watched for so many milliseconds: see `hold`
    watched_to_the_end = Signal(object)  # Finished, held back while the last draw was watched

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self.seed = secrets.randbits(32)
        self.fixed = False
        self.pace = 0.0  # seconds a token at least
        self.watch = False  # at a slow pace a drawn token waits, so that its draw can be watched
        self._watching = QTimer(self)
        self._watching.setSingleShot(True)
        self._watching.timeout.connect(self._watched)
        self._held_end: Finished | None = None
        self._fresh = True
        self._arrived: list[Step] = []
        self._before: tuple[int, ...] = ()
        self._coalesce = QTimer(self)
        self._coalesce.setSingleShot(True)
        self._coalesce.setInterval(REPAINT_MS)
        self._coalesce.timeout.connect(self._repaint)
        session.sampling_changed.connect(self._steer)

    # Settings

    def set_seed(self, seed: int, fixed: bool) -> None:
        """Write with `seed` from now on, and with `fixed` always. Raises ValueError outside 32 bits."""
        if not 0 <= seed <= LARGEST_SEED:
            raise ValueError(f"A seed is a whole number from 0 to {LARGEST_SEED:,}, not {seed:,}.")
        if (seed, fixed) != (self.seed, self.fixed):
            self.seed, self.fixed = seed, fixed
            self._fresh = not fixed
            self.changed.emit()

    def set_pace(self, seconds: float) -> None:
        """Take at least this long for a token, from now on."""
        if seconds != self.pace:
            self.pace = seconds
            self.changed.emit()
            self._steer()

    @Slot()
    def _steer(self) -> None:
        if self._session.generating:
            self._session.ask(Steer, settings=self._session.sampling, pace=self.pace)

    def uniform_after(self, end: int) -> float:
        """The random number for the token after the first `end`."""
        used = self._prepare(end)
        generator = np.random.PCG64(self.seed)
        generator.advance(used)
        return float(np.random.Generator(generator).random())

    def _prepare(self, end: int) -> int:
        """How many numbers of the seed are used up by the `end` tokens before; a new seed if one is due."""
        begun = self._session.document.branch.written_from(end)
        if not self.fixed and (self._fresh or begun == end):
            self.seed = secrets.randbits(32)
            self.changed.emit()
        self._fresh = False
        return end - begun

    # Writing

    def start(
        self,
        end: int | None = None,
        count: int = ENDLESS,
        stops: tuple[str, ...] = (),
        uniforms: tuple[float, ...] = (),
    ) -> None:
        """Let the model write on after the first `end` tokens, or after all of them.

        What stood after them stays in its branch.
        """
        session = self._session
        end = len(session.tokens) if end is None else end
        if session.model is None or not end or session.tokens.pending is not None or session.generating:
            return
        session.keep_for_undo()
        branch = session.document.branch
        cut = session.document.with_branch(branch.cut(end)) if end < len(branch) else session.document
        used = 0 if uniforms else self._prepare(end)
        session.set_generating(True)
        session.adopt(cut)
        session.ask(
            Generate,
            ids=session.tokens.ids,
            settings=session.sampling,
            seed=self.seed,
            count=count,
            used=used,
            uniforms=uniforms,
            pace=self.pace,
            stops=stops,
        )

    @Slot()
    def pause(self) -> None:
        """Stop after the present token; writing on goes on with the same random numbers."""
        self._session.stop_generating()

    @Slot()
    def stop(self) -> None:
        """Stop; writing on begins with another seed, if none is fixed."""
        self._session.stop_generating()
        self._fresh = True

    @property
    def can_take_back(self) -> bool:
        """Whether the text ends with a token that the model wrote."""
        steps = self._session.tokens.steps
        return bool(steps) and steps[-1] is not None and self._session.tokens.pending is None

    @Slot()
    def take_back(self) -> None:
        """Take the last token off. It stays in its branch."""
        session = self._session
        session.stop_generating()
        if self.can_take_back:
            session.keep_for_undo()
            self._fresh = True
            branch = session.document.branch
            session.adopt(session.document.with_branch(branch.cut(len(branch) - 1)))

    @property
    def can_repeat(self) -> bool:
        """Whether the last token was drawn."""
        steps = self._session.document.branch.steps
        return bool(steps) and steps[-1] is not None and steps[-1].uniform is not None

    @property
    def repeatable(self) -> int:
        """How many tokens at the end were drawn one after the other."""
        count = 0
        for step in reversed(self._session.document.branch.steps):
            if step is None or step.uniform is None:
                break
            count += 1
        return count

    @Slot()
    def repeat(self) -> None:
        """Draw the model's last tokens again with the same random numbers; `repeated` compares."""
        session = self._session
        session.stop_generating()
        branch, count = session.document.branch, self.repeatable
        if count:
            drawn = branch.steps[len(branch) - count :]
            uniforms = tuple(step.uniform for step in drawn if step is not None and step.uniform is not None)
            self.start(len(branch) - count, count, uniforms=uniforms)
            self._before = branch.ids[len(branch) - count :]

    # Answers

    def take(self, reply: Generated) -> None:
        """Further tokens, shown with those that come within the same thirtieth of a second, or in a while."""
        if self._watching.isActive():
            self._watched()
        self._arrived.extend(reply.steps)
        if self.watch and self.pace >= SLOW:
            self.drew.emit(reply.steps[-1], round(1000 * WATCHED * self.pace))
        if not self._watching.isActive() and not self._coalesce.isActive():
            self._repaint()

    @Slot()
    def _repaint(self) -> None:
        if self._arrived and not self._watching.isActive():
            self._append_arrived()
            self._coalesce.start()

    def hold(self, milliseconds: int) -> None:
        """Who shows the token that was just drawn wants it to be text only in a while."""
        self._watching.start(milliseconds)

    @Slot()
    def _watched(self) -> None:
        self._watching.stop()
        self._repaint()
        ended, self._held_end = self._held_end, None
        if ended is not None:
            self.watched_to_the_end.emit(ended)

    def holds_back(self, ended: Finished) -> bool:
        """Whether the last draw is still watched; the end of writing is then told after it."""
        if self._watching.isActive():
            self._held_end = ended
        return self._held_end is not None

    def flush(self) -> None:
        """Writing was cut short: show what arrived."""
        self._watching.stop()
        self._held_end = None
        self._coalesce.stop()
        self._before = ()
        self._append_arrived()

    def drop(self) -> None:
        """Forget what arrived and is not shown yet, for an edit of what is."""
        self._arrived.clear()

    def end(self) -> None:
        """Writing came to its end."""
        before = self._before
        self.flush()
        if before:
            again = self._session.document.branch.ids[-len(before) :]
            self.repeated.emit(common_prefix(again, before), len(before))

    def _append_arrived(self) -> None:
        steps, self._arrived = tuple(self._arrived), []
        if steps:
            document = self._session.document
            self._session.grow(document.with_branch(document.branch.with_steps(*steps)))

    # Branches

    def choose(self, token: int, rank: int) -> None:
        """Put another of its step's most likely tokens in the place of `token`: a branch."""
        session = self._session
        step = session.document.branch.steps[token]
        if step is None:
            return
        session.stop_generating()
        branch = session.document.branch
        chosen = other_choice(step, rank)
        if chosen.token_id == step.token_id:
            session.select(token)
            return
        self._fresh = True
        wanted = branch.ids[:token] + (chosen.token_id,)
        for index, other in enumerate(session.document.branches):
            if other.ids[: token + 1] == wanted:
                self._change(session.document.choose(index))
                return
        self._change(session.document.with_branch(branch.cut(token).with_steps(chosen)))

    def follow(self, end: int, steps: tuple[Step, ...]) -> None:
        """Let `steps` stand after the first `end` tokens: a branch."""
        session = self._session
        session.stop_generating()
        self._change(session.document.with_branch(session.document.branch.cut(end).with_steps(*steps)))

    def show_branch(self, index: int) -> None:
        """Look at another branch."""
        if index != self._session.document.active:
            self._session.stop_generating()
            self._change(self._session.document.choose(index))

    def rename_branch(self, index: int, name: str) -> None:
        self._change(self._session.document.rename(index, name))

    def delete_branch(self, index: int) -> None:
        """Delete a branch; undo brings it back."""
        self._session.stop_generating()
        self._change(self._session.document.delete(index))

    def _change(self, document: Document) -> None:
        self._session.keep_for_undo()
        self._fresh = True
        self._session.adopt(document)
