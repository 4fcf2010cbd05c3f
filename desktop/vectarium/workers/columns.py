"""What the model worker does to write several continuations of one text together: a token of each a turn."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from vectarium.context import seen_range
from vectarium.messages import Finished, Generate
from vectarium.messages_futures import ColumnsWritten, SteerColumns, WriteColumns
from vectarium.messages_writing import Steer
from vectarium.sampling import Step
from vectarium.workers.writing import LONGEST_WAIT_MS, Writer

if TYPE_CHECKING:
    from vectarium.workers.model_worker import ModelWorker


class ColumnsTurns(QObject):
    """Writes until it is over or something newer is asked; between two steps the worker does other work."""

    def __init__(self, worker: "ModelWorker") -> None:
        super().__init__(worker)
        self._worker = worker
        self._ends_with_thread = False
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._write_one)
        self._request: WriteColumns | None = None
        self._model: Any = None
        self._form: Any = None
        self._traces: list[Any] = []
        self._writers: list[Writer] = []
        self._over: list[bool] = []
        self._made = 0

    def start(self, request: WriteColumns, model: Any, trace: Any, form: Any) -> None:
        """Begin; what `trace` has read of the texts is not read again. `form` is a `WritingForm`."""
        if not self._ends_with_thread:
            # A timer can only be stopped in its thread, of which this is the last moment.
            self.thread().finished.connect(self._turn.stop, Qt.ConnectionType.DirectConnection)
            self._ends_with_thread = True
        earlier: list[Writer | None] = [*self._writers, *[None] * len(request.columns)]
        self._request, self._model, self._form, self._made = request, model, form, 0
        self._over = [column.over for column in request.columns]
        self._writers = [
            Writer(
                Generate(
                    request.number,
                    column.ids,
                    column.settings,
                    column.seed,
                    request.count,
                    column.used,
                    pace=request.pace,
                ),
                before,
            )
            for column, before in zip(request.columns, earlier, strict=False)
        ]
        self._traces = [trace for _ in request.columns]
        self._write_one()

    def steer(self, request: SteerColumns) -> None:
        """Act on changed settings from the next step on."""
        if self._request is not None and len(request.settings) == len(self._writers):
            for writer, settings in zip(self._writers, request.settings, strict=True):
                writer.steer(Steer(request.number, settings, request.pace))
            self._turn.start(self._wait_ms())

    @property
    def exact(self) -> bool:
        """Whether rounded weights gave nothing of what was read here."""
        return all(writer.exact for writer in self._writers)

    def forget(self) -> None:
        """Nothing that was read counts any more, and nothing more is written."""
        self._stop()
        self._writers = []

    def _stop(self) -> None:
        """What was written stays known, for whoever goes on with it."""
        self._request = self._model = self._form = None
        self._traces = []

    def _wait_ms(self) -> int:
        waits = [writer.wait_ms() for writer, over in zip(self._writers, self._over, strict=True) if not over]
        return min(max(waits, default=0), LONGEST_WAIT_MS)

    @Slot()
    def _write_one(self) -> None:
        request, worker = self._request, self._worker
        if request is None:
            return
        try:
            checkpoint = worker._checkpoint(request, "Reading")
            checkpoint.check()
            if (wait := self._wait_ms()) > 0:
                self._turn.start(wait)
                return
            reply = self._step(request.number, checkpoint)
        except Exception as error:
            self._stop()
            worker._fail(request, error)
            return
        worker._reply(reply)
        self._made += 1
        if self._made >= request.count or all(self._over):
            self._stop()
            worker._reply(Finished(request.number, request))
        else:
            self._turn.start(self._wait_ms())

    def _step(self, number: int, checkpoint: Any) -> ColumnsWritten:

        steps: list[Step | None] = []
        seen_from = []
        for index, writer in enumerate(self._writers):
            if self._over[index]:
                steps.append(None)
                seen_from.append(0)
                continue
            before, count = self._traces[index], len(writer)
            reply, self._traces[index], _ = writer.turn(self._model, before, checkpoint, self._form)
            steps.extend(reply.steps)
            seen_from.append(seen_range(count, self._model.context)[0])
            self._over[index] = reply.steps[-1].token_id == self._model.vocabulary.end_of_text
        return ColumnsWritten(number, tuple(steps), tuple(seen_from))
