"""Keeps the document on disk while it is worked on: a crash or a kill costs a few seconds at most."""

import logging
import threading
import time
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Qt, QTimer, Signal, Slot

from vectarium.documents import document_file
from vectarium.documents.document import Branch, Document
from vectarium.documents.document_file import DocumentFileError, Saved
from vectarium.documents.step_archive import StepArchive
from vectarium.session.session import Session

log = logging.getLogger(__name__)

INTERVAL_MS = 1500
LONGEST_INTERVAL_MS = 10_000
REST = 4  # times as long as a document took to write, it is not written again
TOGETHER = 8  # steps that are archived at once
BREATH = 0.001  # seconds for the window, twice as long as those take
MOST_WINDOWS = 20


class Autosave(QObject):
    """Each running instance has a file of its own: the first free of `session-1.json`, `session-2.json` …"""

    trouble = Signal(str)
    _written = Signal(str)  # what went wrong, or nothing

    def __init__(self, folder: Path, session: Session) -> None:
        super().__init__()
        self._session = session
        self._folder = folder
        self._lock: QLockFile | None = None
        self.path: Path | None = None
        self._archive: StepArchive | None = None
        self._failing = False
        self._took_ms = 0
        self._writing: threading.Thread | None = None
        self._hurry = threading.Event()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._save)
        self._written.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        session.tokens_changed.connect(self._changed)
        session.selection_changed.connect(self._changed)

    def claim(self) -> bool:
        """Take the first file that no other instance holds; False if none can be had."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.info("Autosave folder %s: %s", self._folder, error)
            return False
        for index in range(1, MOST_WINDOWS + 1):
            lock = QLockFile(str(self._folder / f"session-{index}.lock"))
            if lock.tryLock(0):
                self._lock = lock
                self.path = self._folder / f"session-{index}.json"
                self._archive = self._new_archive()
                return True
        return False

    def _new_archive(self) -> StepArchive | None:
        try:
            return StepArchive(self._folder)
        except OSError as error:
            log.info("Steps stay in memory: %s", error)
            return None

    def recover(self) -> str:
        """Show what was there when the app ended last; a sentence for the user if that failed."""
        if self.path is None:
            return f"Nothing can be autosaved in {self._folder}: check that this folder may be written to."
        if not self.path.exists():
            return ""
        try:
            self._session.restore(document_file.load(self.path))
        except (DocumentFileError, OSError) as error:
            aside = self.path.with_suffix(".damaged.json")
            log.info("%s", error)
            try:
                self.path.replace(aside)
            except OSError:
                return f"The last text could not be opened. {error}"
            return f"The last text could not be opened and was put aside as {aside}. {error}"
        return ""

    @Slot()
    def _changed(self) -> None:
        if not self._timer.isActive():
            self._wait()

    def _wait(self) -> None:
        """A long document is not written all the time."""
        self._timer.start(min(max(INTERVAL_MS, REST * self._took_ms), LONGEST_INTERVAL_MS))

    @Slot()
    def _save(self) -> None:
        """Write the document in a thread of its own: a long one takes longer than a frame."""
        if self._writing is not None and self._writing.is_alive():
            self._wait()
        elif self.path is not None:
            self._writing = threading.Thread(
                target=self._write_gently,
                args=(self.path, self._session.saved(), self._session.history.documents),
                name="autosave",
            )
            self._writing.start()

    def _write_gently(self, path: Path, saved: Saved, earlier: tuple[Document, ...]) -> None:
        """Beside a window that needs Python's lock: steps, which take longest, are archived with pauses."""
        looked_at = saved.document.branch
        try:
            if self._archive is not None:
                for document in (saved.document, *earlier):
                    self._archive_gently(self._archive, document, looked_at)
        except OSError as error:
            log.info("Steps stay in memory: %s", error)
        self._write(path, saved)

    def _archive_gently(self, archive: StepArchive, document: Document, looked_at: Branch) -> None:
        for branch in document.branches:
            if isinstance(branch.kept, tuple):
                new = [step for step in branch.kept if step is not None and step.archived is None]
                for begin in range(0, len(new), TOGETHER):
                    archive.keep(*new[begin : begin + TOGETHER])
                    self._hurry.wait(BREATH)
                if branch is not looked_at:
                    branch.leave_to(archive)
        self._hurry.wait(BREATH)

    def _write(self, path: Path, saved: Saved) -> None:
        begun = time.monotonic()
        try:
            document_file.save(path, saved, self._archive)
        except OSError as error:
            log.info("Autosave: %s", error)
            self._written.emit(error.strerror or str(error))
        else:
            self._written.emit("")
        self._took_ms = round(1000 * (time.monotonic() - begun))

    @Slot(str)
    def _tell(self, problem: str) -> None:
        """A failure is told once, until it works again."""
        if problem and not self._failing and self.path is not None:
            self.trouble.emit(
                f"The text cannot be autosaved ({problem}). Make room or check the folder "
                f"{self.path.parent}; saving goes on by itself then."
            )
        self._failing = bool(problem)

    def save_now(self) -> None:
        """Write the document before returning."""
        self._timer.stop()
        if self._writing is not None:
            self._hurry.set()
            self._writing.join()
            self._hurry.clear()
        if self.path is not None:
            self._write(self.path, self._session.saved())

    def keep_copy(self, saved: Saved) -> Path | None:
        """Write `saved` beside the autosave file, for a document that is about to be left."""
        if self.path is None:
            return None
        path = self.path.with_name(f"before-{self.path.stem}.json")
        try:
            document_file.save(path, saved)
        except OSError as error:
            log.info("%s: %s", path, error)
            return None
        return path

    def close(self) -> None:
        """Save, and let another instance have the file."""
        self.save_now()
        if self._lock is not None:
            self._lock.unlock()
