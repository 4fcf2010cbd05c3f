"""What every worker does: take a request, answer it, drop it when it is stale, and say what went wrong."""

import logging
import time
import traceback

from PySide6.QtCore import QObject, Signal, Slot

from vectarium.messages import Failed, Finished, Newest, Progress, Reply, Request
from vectarium.model.errors import Cancelled, ModelError, NeedsDownload
from vectarium.ranking import BrokenLogits

log = logging.getLogger(__name__)


class Superseded(Exception):
    """A newer request of the same kind came, or the user cancelled."""


class Worker(QObject):
    """Takes a request, answers with replies, and turns whatever goes wrong into one."""

    asked = Signal(object)  # Request, to be connected with `take` across threads
    replied = Signal(object)
    name = ""  # `Request.to` says to whom a question goes

    def __init__(self, newest: Newest) -> None:
        super().__init__()
        self._newest = newest

    @Slot(object)
    def take(self, request: Request) -> None:
        if not self._newest.is_current(request.number):
            return
        try:
            self._answer(request)
        except Exception as error:
            self._fail(request, error)

    def _answer(self, request: Request) -> None:
        raise NotImplementedError

    def _reply(self, reply: Reply) -> None:
        self.replied.emit(reply)

    def _fail(self, request: Request, error: Exception) -> None:
        if isinstance(error, Superseded | Cancelled):
            self._reply(Finished(request.number, request, "cancelled"))
        elif isinstance(error, ModelError):
            log.info("%s: %s", type(error).__name__, error.message)
            fetch = isinstance(error, NeedsDownload)
            self._reply(Failed(request.number, request, error.message, error.advice, error.details, fetch))
        elif isinstance(error, BrokenLogits):
            log.info("%s", error)
            advice = "The weights of this model are damaged. Choose another one in the Model menu."
            self._reply(Failed(request.number, request, str(error), advice))
        elif isinstance(error, OSError):
            log.info("%s", error)
            advice = "Check that the folder exists, may be written to and has room."
            self._reply(Failed(request.number, request, f"{error.strerror or error}.", advice))
        else:
            log.error("%s failed", type(request).__name__, exc_info=error)
            message = f"Something went wrong that should not have: {error or type(error).__name__}."
            advice = "Your text is safe. Try again; Help → Log has the details."
            details = "".join(traceback.format_exception(error))
            self._reply(Failed(request.number, request, message, advice, details))

    def _checkpoint(self, request: Request, doing: str = "") -> "Checkpoint":
        return Checkpoint(self, request, doing)


class Checkpoint:
    """Called with the share done: stops what is no longer wanted, tells the window after 0.2 s.

    Without words for what is done it tells nothing: some answers fill themselves in where one looks.
    """

    def __init__(self, worker: Worker, request: Request, doing: str) -> None:
        self._worker, self._request, self._doing = worker, request, doing
        self._told = time.monotonic() + 0.2

    def __call__(self, share: float) -> None:
        self.check()
        if not self._doing:
            return
        now = time.monotonic()
        if now - self._told > 0.1:
            self._told = now
            self._worker._reply(Progress(self._request.number, self._doing, share))

    def check(self) -> None:
        if not self._worker._newest.is_current(self._request.number):
            raise Superseded
