"""What the model worker does to write several continuations of one text together: a token of each a turn."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from vectarium.messages import Finished, Generate
from vectarium.messages_futures import ColumnsWritten, SteerColumns, WriteColumns
from vectarium.messages_writing import Steer
from vectarium.sampling import Step
from vectarium.workers.writing import Writer

if TYPE_CHECKING:
    from vectarium.workers.model_worker import ModelWorker

LONGEST_WAIT_MS = 100  # a slow pace looks this often whether it is still wanted


class ColumnsTurns(QObject):
    """Writes until it is over or something newer is asked; between two steps the worker does other work."""

    def __init__(self, worker: "ModelWorker") -> None:
        super().__init__(worker)
        self._worker = worker
        self._request: WriteColumns | None = None
        self._ends_with_thread = False
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._write_one)

    def start(self, request: WriteColumns, model: Any, trace: Any) -> None:
        """Begin; what `trace` has read of the texts is not read again."""
        if not self._ends_with_thread:
            # A timer can only be stopped in its thread, of which this is the last moment.
            self.thread().finished.connect(self._turn.stop, Qt.ConnectionType.DirectConnection)
            self._ends_with_thread = True
        self._request, self._model, self._made = request, model, 0
        self._writers = [
            None
            if column.over
            else Writer(
                Generate(
                    request.number,
                    column.ids,
                    column.settings,
                    column.seed,
                    request.count,
                    column.used,
                    pace=request.pace,
                )
            )
            for column in request.columns
        ]
        self._traces = [trace for _ in request.columns]
        self._write_one()

    def steer(self, request: SteerColumns) -> None:
        """Act on changed settings from the next step on."""
        if self._request is not None and len(request.settings) == len(self._writers):
            for writer, settings in zip(self._writers, request.settings, strict=True):
                if writer is not None:
                    writer.steer(Steer(request.number, settings, request.pace))
            self._turn.start(self._wait_ms())

    def forget(self) -> None:
        """The model goes."""
        self._request = self._model = None
        self._traces, self._writers = [], []

    def _wait_ms(self) -> int:
        waits = [writer.wait_ms() for writer in self._writers if writer is not None]
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
            self.forget()
            worker._fail(request, error)
            return
        worker._reply(reply)
        self._made += 1
        if self._made >= request.count or not any(self._writers):
            self.forget()
            worker._reply(Finished(request.number, request))
        else:
            self._turn.start(self._wait_ms())

    def _step(self, number: int, checkpoint: Any) -> ColumnsWritten:
        from vectarium.model.generation import seen_range

        steps: list[Step | None] = []
        seen_from = []
        for index, writer in enumerate(self._writers):
            if writer is None:
                steps.append(None)
                seen_from.append(0)
                continue
            reply, self._traces[index], over = writer.turn(self._model, self._traces[index], checkpoint)
            steps.append(reply.step)
            seen_from.append(seen_range(len(reply.ids), self._model.context)[0])
            if over:
                self._writers[index] = None
        return ColumnsWritten(number, tuple(steps), tuple(seen_from))
