"""The workers, each in a thread of its own, and what they hand to one another."""

from pathlib import Path

from PySide6.QtCore import QDeadlineTimer, QObject, Qt, QThread, Signal, Slot

from vectarium.messages import Newest, Request
from vectarium.workers.model_worker import ModelWorker
from vectarium.workers.token_worker import TokenWorker
from vectarium.workers.vector_worker import VectorWorker

STACK_BYTES = 16 * 2**20  # the 512 KB of a secondary thread on macOS are too few for BLAS


class WorkerThreads(QObject):
    """Takes requests to any of the workers, which answer once they are started.

    `replied` is emitted in the thread of the worker that answers.
    """

    replied = Signal(object)  # Reply
    died = Signal(str, bool)  # never emitted: threads end with their process
    pid = None

    def __init__(self, newest: Newest, word_vectors_file: Path, cache: Path | None) -> None:
        super().__init__()
        self.newest = newest
        self.model, self.tokens = ModelWorker(newest, cache), TokenWorker(newest)
        self.vectors = VectorWorker(newest, word_vectors_file, cache)
        self._workers = (self.model, self.tokens, self.vectors)
        self._threads = tuple(QThread() for _ in self._workers)
        queued = Qt.ConnectionType.QueuedConnection
        for thread, worker in zip(self._threads, self._workers, strict=True):
            thread.setObjectName(worker.name)
            thread.setStackSize(STACK_BYTES)
            worker.moveToThread(thread)
            worker.asked.connect(worker.take, queued)
            worker.replied.connect(self.replied, Qt.ConnectionType.DirectConnection)
        self.model.tokenizer_opened.connect(self.tokens.use, queued)
        self.model.matrices_opened.connect(self.vectors.use, queued)
        self.model.streams_read.connect(self.vectors.use_streams, queued)

    def start(self) -> None:
        """Begin to answer. Not while windows are being built: PySide can lock up when others import then."""
        for thread in self._threads:
            thread.start()

    @Slot(object)
    def take(self, request: Request) -> None:
        for worker in self._workers:
            if request.to == worker.name:
                worker.asked.emit(request)

    def close(self, patience_ms: int) -> bool:
        """End the threads; False if one was in the middle of something that cannot be interrupted."""
        self.newest.supersede_all()
        for thread in self._threads:
            thread.quit()
        deadline = QDeadlineTimer(patience_ms)
        ended = [thread.wait(deadline) for thread in self._threads]  # each of them is waited for
        return all(ended)
