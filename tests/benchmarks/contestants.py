"""Who is measured against whom: each in a process of its own, so that no one waits for another's threads."""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any
from unittest import mock

Work = Callable[..., list[int]]


class Contestant:
    """Does its work with `arguments` when it is called, and returns what it found: tokens, or rows.

    Raises what `make`, which makes its work in its process, raises.
    """

    def __init__(self, make: Callable[[], Work], *arguments: Any, as_app: bool = False) -> None:
        """`make` must be picklable. `as_app` gives it the environment that the app gives its workers."""
        self._make, self._arguments, self._as_app = make, arguments, as_app
        self._start()

    def _start(self) -> None:
        from vectarium.__main__ import prepare_environment

        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        given = theirs, self._make, self._arguments
        self._process = context.Process(target=_work, args=given, daemon=True)
        with mock.patch.dict(os.environ):
            if self._as_app:
                prepare_environment()
            self._process.start()
        theirs.close()
        self._answer()

    def __call__(self) -> list[int]:
        self._connection.send(True)
        return self._answer()

    def _answer(self) -> list[int]:
        answer = self._connection.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def start_anew(self) -> None:
        """In a new process, as after the application was closed and opened."""
        self.close()
        self._start()

    def close(self) -> None:
        self._process.kill()
        self._process.join()


def _work(connection: Connection, make: Callable[[], Work], arguments: tuple[Any, ...]) -> None:
    try:
        work = make()
    except Exception as error:
        connection.send(error)
        return
    connection.send([])
    while connection.recv():
        connection.send(work(*arguments))
