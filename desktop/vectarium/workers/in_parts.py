"""Long answers, given a part a turn of the event loop, so that other questions get theirs in between."""

from collections.abc import Iterator

from PySide6.QtCore import QObject, Qt, Signal, Slot

from vectarium.messages import Reply, Request
from vectarium.workers.base import Worker


class InParts(QObject):
    """A worker's. Of each kind of request, only the newest goes on."""

    _next = Signal()

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self._worker = worker
        self._under_way: dict[type[Request], tuple[Request, Iterator[Reply | None]]] = {}
        self._turn_due = False
        self._next.connect(self._go_on, Qt.ConnectionType.QueuedConnection)

    def answer(self, request: Request, parts: Iterator[Reply | None]) -> None:
        """Answer with one of `parts` a turn; None where there is nothing to say yet."""
        self._under_way[type(request)] = (request, parts)
        self._ask_for_turn()

    def clear(self) -> None:
        """Answer nothing of what was asked."""
        self._under_way.clear()

    def _ask_for_turn(self) -> None:
        """One at a time, whatever was cleared in between."""
        if self._under_way and not self._turn_due:
            self._turn_due = True
            self._next.emit()

    @Slot()
    def _go_on(self) -> None:
        """One part of each answer, then back to the event loop."""
        self._turn_due = False
        for kind, (request, parts) in tuple(self._under_way.items()):
            try:
                self._worker._checkpoint(request).check()
                reply = next(parts)
            except StopIteration:
                del self._under_way[kind]
                continue
            except Exception as error:
                del self._under_way[kind]
                self._worker._fail(request, error)
                continue
            if reply is not None:
                self._worker._reply(reply)
        self._ask_for_turn()
