"""Everything on screen as files: pictures of the window and the panes, the tokens, the numbers."""

import json
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from vectarium.documents import document_file, steps_table
from vectarium.files import write_csv
from vectarium.main_window import MainWindow
from vectarium.messages import ExportTrace, Failed, Finished, Generate, LoadModel, Run
from vectarium.session.session import NextToken, Session
from vectarium.session.tokens import Tokens
from vectarium.vocabulary import Vocabulary

SETTLE_MS = 150  # after the last answer, for panes that repaint with a delay


class Export(QObject):
    """Waits until every pane has what it shows, then writes it. One object for one export."""

    done = Signal(str)  # empty, or one line that says what went wrong

    def __init__(self, session: Session, window: MainWindow, folder: Path) -> None:
        super().__init__()
        self._session, self._window, self.folder = session, window, folder
        self._asked = False
        self._left = list(window.workspaces)
        self._present: str | None = None  # the workspace to come back to
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._write)
        session.next_token_changed.connect(self._go_on)
        session.finished.connect(self._finished)
        session.failed.connect(self._failed)

    @Slot()
    def start(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._end(f"{self.folder} cannot be made: {error.strerror or error}.")
            return
        self._go_on()

    @Slot()
    def _go_on(self) -> None:
        known, tokens = self._session.next_token, self._session.tokens
        if self._asked or known is None or tokens.pending is not None or len(known.ids) != len(tokens):
            return
        if self._session.generating:
            return
        self._asked = True
        self._session.export_trace(self.folder / "trace.safetensors")

    @Slot(object)
    def _finished(self, finished: Finished) -> None:
        if isinstance(finished.request, ExportTrace):
            self._settle.start()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        if isinstance(failure.request, ExportTrace | LoadModel | Run | Generate):
            self._end(f"{failure.message} {failure.advice}")

    @Slot()
    def _write(self) -> None:
        """The next workspace, once its panes have what they show; after the last one, the end."""
        window = self._window
        if not all(pane.settled for pane in window.panes.values() if pane.isVisible()):
            self._settle.start()
            return
        try:
            if self._present is None:
                self._present = window.workspace
                self._write_numbers()
            else:
                self._write_workspace()
            if self._left:
                window.open_workspace(self._left.pop(0).name)
                self._settle.start()
                return
            window.open_workspace(self._present)
            QApplication.processEvents()
            self._save_window("window.png")
        except OSError as error:
            self._end(f"The export into {self.folder} failed: {error.strerror or error}.")
            return
        self._end("")

    def _write_numbers(self) -> None:
        session = self._session
        vocabulary, known = session.vocabulary, session.next_token
        assert vocabulary is not None
        assert known is not None
        write_tokens(self.folder / "tokens.json", session.tokens, vocabulary)
        write_distribution(self.folder / "distribution.csv", known, vocabulary)
        branch = session.document.branch
        if branch.generated_up_to(len(branch)):
            document_file.save(self.folder / "session.json", session.saved())
            steps_table.write(self.folder / "steps.csv", branch, vocabulary)

    def _write_workspace(self) -> None:
        self._save_window(f"workspace-{self._window.workspace.lower()}.png")
        for key, pane in self._window.panes.items():
            if pane.isVisible():
                pane.save_picture(self.folder / f"{key}.png")
                pane.export(self.folder)

    def _save_window(self, name: str) -> None:
        if not self._window.grab().save(str(self.folder / name)):
            raise OSError(f"{name} could not be written")

    def _end(self, problem: str) -> None:
        self._settle.stop()
        for signal, slot in (
            (self._session.next_token_changed, self._go_on),
            (self._session.finished, self._finished),
            (self._session.failed, self._failed),
        ):
            signal.disconnect(slot)
        self.done.emit(problem)


def write_tokens(path: Path, tokens: Tokens, vocabulary: Vocabulary) -> None:
    """``{"text", "tokens": [{"id", "text", "bytes"}]}``, bytes in hex. Raises OSError."""
    content = {
        "text": tokens.text,
        "tokens": [
            {"id": token, "text": vocabulary.plain(token), "bytes": vocabulary.token_bytes[token].hex()}
            for token in tokens.ids.tolist()
        ],
    }
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def write_distribution(path: Path, known: NextToken, vocabulary: Vocabulary) -> None:
    """The model's own probabilities of the whole vocabulary, most likely first. Raises OSError."""
    ranking = known.ranking
    numbers = zip(
        ranking.order.tolist(), ranking.logits.tolist(), ranking.model_probability.tolist(), strict=True
    )
    rows = (
        (rank, token, vocabulary.plain(token), logit, probability)
        for rank, (token, logit, probability) in enumerate(numbers, start=1)
    )
    write_csv(path, ("rank", "id", "text", "logit", "probability"), rows)
