"""The workers' end of the pipe to the window: written tokens that come fast are sent a frame at a time."""

import os
import pickle
import threading
import time
from multiprocessing.connection import Connection

from PySide6.QtCore import QObject, Slot

from vectarium.messages import Generated

PROTOCOL = 5  # of pickle: read-only arrays stay so
FRAME_SECONDS = 0.05  # the window shows no more than one batch in that time


class Outbox(QObject):
    """Sends replies in the order in which they come, from whatever thread.

    A token goes at once if none was sent within the last frame; otherwise it waits for the end of that frame,
    or for the next reply of another kind, and goes with those that came meanwhile.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self._changed = threading.Condition()  # guards what follows
        self._waiting: list[Generated] = []  # of one request
        self._due = 0.0  # before then no tokens are sent unless something else is
        self._closed = False
        self._thread = threading.Thread(target=self._send_waiting, name="outbox", daemon=True)
        self._thread.start()

    @Slot(object)
    def send(self, reply: object) -> None:
        """Raises nothing: where nobody is there to be answered, the process ends."""
        if isinstance(reply, Generated):
            self._send_token(reply)
            return
        content = pickle.dumps(reply, PROTOCOL)
        with self._changed:
            self._flush()
            self._write(content)

    def _send_token(self, reply: Generated) -> None:
        with self._changed:
            if self._waiting and self._waiting[0].number != reply.number:
                self._flush()
            self._waiting.append(reply)
            if time.monotonic() >= self._due:
                self._flush()
            elif len(self._waiting) == 1:
                self._changed.notify()

    def _send_waiting(self) -> None:
        """In a thread of its own: the worker may be long in coming to its next token."""
        with self._changed:
            while not self._closed:
                left = self._due - time.monotonic()
                if not self._waiting:
                    self._changed.wait()
                elif left > 0:
                    self._changed.wait(left)
                else:
                    self._flush()

    def close(self) -> None:
        """Nobody waits for what waits here."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _flush(self) -> None:
        if self._waiting:
            last = self._waiting[-1]
            steps = tuple(step for reply in self._waiting for step in reply.steps)
            self._waiting.clear()
            self._due = time.monotonic() + FRAME_SECONDS
            self._write(pickle.dumps(Generated(last.number, steps, last.tokens_a_second), PROTOCOL))

    def _write(self, content: bytes) -> None:
        try:
            self._connection.send_bytes(content)
        except OSError:
            os._exit(0)  # nobody is there to be answered
