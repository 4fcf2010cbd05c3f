"""The main function of the workers' process."""

import logging
import logging.handlers
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

if sys.platform == "win32" and multiprocessing.parent_process() is not None:
    import torch  # noqa: F401  Before Qt, or its libraries are not found.

from PySide6.QtCore import QCoreApplication, Qt

from vectarium import heap
from vectarium.messages import Newest
from vectarium.workers.outbox import Outbox

REST_SECONDS = 1.0


def serve(
    connection: Connection, numbers: Sequence[int], word_vectors_file: Path, cache: Path | None
) -> None:
    """Take requests until there are no more. `numbers` are those of the window's `Newest`."""
    # Not at the top: the window's process, which imports this module too, has no use for it.
    from vectarium.workers.threads import WorkerThreads

    heap.share_one()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C ends the window, and the window this
    application = QCoreApplication([])
    outbox = Outbox(connection)
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(_ToWindow(outbox))
    logging.captureWarnings(True)
    workers = WorkerThreads(Newest(numbers), word_vectors_file, cache)
    workers.replied.connect(outbox.send, Qt.ConnectionType.DirectConnection)
    workers.start()
    try:
        while (request := next_request(connection)) is not None:
            workers.take(request)
    except (EOFError, OSError):
        pass  # the window's process has gone
    outbox.close()
    # Everything is written to a file of another name first: nothing that is cut off here is half there.
    del application
    os._exit(0)


def next_request(connection: Connection) -> Any:
    """Waits for it. Where none comes for a while, what lies free of memory goes back to the system meanwhile.

    Raises EOFError or OSError when none will come any more.
    """
    if not connection.poll(REST_SECONDS):
        heap.give_back()
    return pickle.loads(connection.recv_bytes())


class _ToWindow(logging.handlers.QueueHandler):
    """Hands the log to the window's process, which knows where it goes."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(outbox)  # type: ignore[arg-type] # what is not a queue is only seen by `enqueue`
        self._outbox = outbox

    def enqueue(self, record: logging.LogRecord) -> None:
        self._outbox.send(record)
