"""The workers in a process of their own, so that Python's lock there never holds the window up.

Requests and replies cross as pickles through a pipe, which nothing but the two processes can reach. What has
been superseded is seen at once in shared memory: see `Newest`.
"""

import logging
import multiprocessing
import pickle
import queue
import signal
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from vectarium.messages import Failed, LoadModel, Newest, Part, Reply, Request
from vectarium.workers.outbox import PROTOCOL
from vectarium.workers.serving import serve

SHORT_LIFE_SECONDS = 30  # who dies sooner would do so again
LAST_SECONDS = 5.0  # for a process that has closed its end to be gone


class WorkerProcess(QObject):
    """The window's end: starts the process, and after it `died` another one for the next request."""

    replied = Signal(object)  # Reply
    _arrived = Signal(object)  # bytes
    _ended = Signal()
    died = Signal(str, bool)  # what to tell the user, and whether to open the same model again

    def __init__(self, newest: Newest, word_vectors_file: Path, cache: Path | None) -> None:
        super().__init__()
        self.newest = newest
        self._resources = (word_vectors_file, cache)
        self._closing = False
        self._arrived.connect(self._take_reply, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._tell_of_death, Qt.ConnectionType.QueuedConnection)
        self._start()

    def _start(self) -> None:
        self._dead = False
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._unanswered: dict[int, Request] = {}
        self._outbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._process = context.Process(
            target=serve, args=(theirs, self.newest.numbers, *self._resources), daemon=True
        )
        self._process.start()
        self._begun = time.monotonic()
        theirs.close()
        self._threads = [
            threading.Thread(target=self._send, args=(self._connection, self._outbox), daemon=True),
            threading.Thread(target=self._receive, args=(self._connection,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @Slot(object)
    def take(self, request: Request) -> None:
        if self._dead:
            self._start()
        for number in list(self._unanswered):
            if not self.newest.is_current(number):
                self._unanswered.pop(number, None)
        self._unanswered[request.number] = request
        self._outbox.put(request)

    def close(self, patience_ms: int) -> bool:
        """End the process, whatever it is doing."""
        self._closing = True
        self.newest.supersede_all()
        self._outbox.put(None)
        self._wait(patience_ms / 1000)
        for thread in self._threads:
            thread.join()
        self._process.close()
        self._connection.close()
        return True

    def _wait(self, seconds: float) -> None:
        """Until the process has ended, which it has to within so long."""
        self._process.join(seconds)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    @staticmethod
    def _send(connection: Connection, outbox: "queue.SimpleQueue[Request | None]") -> None:
        request: Request | None
        try:
            while (request := outbox.get()) is not None:
                connection.send_bytes(pickle.dumps(request, PROTOCOL))
            connection.send_bytes(pickle.dumps(None))
        except OSError:
            pass  # the other end has gone, and the receiving thread tells

    def _receive(self, connection: Connection) -> None:
        # Nothing but bytes here: another thread that imports while windows are built can lock PySide up.
        try:
            while True:
                self._arrived.emit(connection.recv_bytes())
        except (EOFError, OSError):
            if not self._closing:
                self._ended.emit()

    @Slot(object)
    def _take_reply(self, content: bytes) -> None:
        reply: Reply | logging.LogRecord = pickle.loads(content)
        if isinstance(reply, logging.LogRecord):
            logging.getLogger(reply.name).handle(reply)
            return
        if not isinstance(reply, Part):
            self._unanswered.pop(reply.number, None)
        self.replied.emit(reply)

    @Slot()
    def _tell_of_death(self) -> None:
        if self._closing:
            return
        self._dead = True
        self._outbox.put(None)
        self._wait(LAST_SECONDS)
        how = _described(self._process.exitcode or 0)
        message = f"The model’s process ended unexpectedly: {how}."
        unanswered = list(self._unanswered.items())
        loading = any(isinstance(request, LoadModel) for _, request in unanswered)
        again = not loading and time.monotonic() - self._begun > SHORT_LIFE_SECONDS
        advice = "Your text is safe, and the model is being started again."
        if not again:
            advice = "Your text is safe. Choose a model in the Model menu, perhaps a smaller one."
        self.died.emit(f"{message} {advice}", again)
        for number, request in unanswered:
            if self.newest.is_current(number):
                self.replied.emit(Failed(number, request, message, advice))


def _described(exit_code: int) -> str:
    if exit_code == -9:
        return "it was killed, most likely because memory ran out"
    if exit_code < 0:
        return f"it crashed ({signal.Signals(-exit_code).name})"
    return f"it ended with status {exit_code}"
