"""One path for everything that goes wrong unexpectedly: the log file, and a signal for the window."""

import logging
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

log = logging.getLogger("vectarium")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class ErrorReporting(QObject):
    """Takes over the log and Python's and Qt's last resorts, and gives them back with `restore`."""

    unexpected = Signal(str, str)  # what happened, traceback
    _handler: RotatingFileHandler | None = None

    def install(self, path: Path) -> Path | None:
        """Log to `path`, at most three files of 1 MB; the path, or None where nothing can be written."""
        self._hooks = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._report
        threading.excepthook = self._report_thread
        qInstallMessageHandler(_log_qt)
        logging.captureWarnings(True)
        root = logging.getLogger()
        root.setLevel(logging.INFO)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handler = RotatingFileHandler(path, maxBytes=1_000_000, backupCount=2, encoding="utf-8")
        except OSError:
            self._handler = None
            return None
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root.addHandler(self._handler)
        return path

    def restore(self) -> None:
        sys.excepthook, threading.excepthook = self._hooks
        qInstallMessageHandler(None)
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    def _report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.error("Unexpected", exc_info=(kind, error, trace))
        text = "".join(traceback.format_exception(kind, error, trace))
        # Python keeps the last traceback. If the error was in painting, Qt needs the painter to end.
        traceback.clear_frames(trace)
        self.unexpected.emit(f"{kind.__name__}: {error}" if str(error) else kind.__name__, text)

    def _report_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._report(args.exc_type, args.exc_value, args.exc_traceback)


def _log_qt(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    logging.getLogger("qt").log(_LEVELS[kind], "%s", message)
