"""The composition root: the only place that builds the objects and connects them."""

import logging
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from vectarium import garbage, resources, settings
from vectarium.autosave import Autosave
from vectarium.commands import Commands
from vectarium.documents.document_file import Saved
from vectarium.documents.to_write import ToWrite
from vectarium.drawing.palette import THEMES, Look, load_fonts
from vectarium.error_reporting import ErrorReporting
from vectarium.export import Export
from vectarium.main_window import MainWindow
from vectarium.messages import ModelLoaded, Newest
from vectarium.panes.attention import AttentionPane
from vectarium.panes.embeddings import EmbeddingsPane
from vectarium.panes.multiverse import MultiversePane
from vectarium.panes.next_token import NextTokenPane
from vectarium.panes.pane import Pane
from vectarium.panes.side_by_side import SideBySidePane
from vectarium.panes.text_strip import TextStrip
from vectarium.panes.writing import WritingPane
from vectarium.places import Places
from vectarium.session.precision import Precision
from vectarium.session.session import Session
from vectarium.settings import Settings
from vectarium.status_bar import StatusBar
from vectarium.workers.process import WorkerProcess

if TYPE_CHECKING:
    from vectarium.workers.threads import WorkerThreads  # in this process only for tests

log = logging.getLogger(__name__)

CLOSE_MS = 1200


@dataclass(frozen=True)
class Options:
    """The command line; None is what the settings say."""

    model: str | None = None
    device: str | None = None
    prompt: str | None = None
    export: Path | None = None
    space: str | None = None  # of the Embeddings pane: words, tokens or context
    expression: str | None = None
    head: tuple[int, int] | None = None  # layer, head
    to_write: ToWrite | None = None


class App(QObject):
    """All objects of one running Vectarium. `close` ends them, also when the window is closed first."""

    def __init__(
        self,
        options: Options,
        places: Places,
        workers: "WorkerProcess | WorkerThreads | None" = None,
    ) -> None:
        """Without `workers` it starts a process of them."""
        super().__init__()
        self.options, self.places = options, places
        self._exporting = options.export is not None
        self.errors = ErrorReporting()
        self.log_path = self.errors.install(places.log)
        self.settings, lost = (Settings(), ()) if self._exporting else settings.load(places.settings)
        self.workers = workers or WorkerProcess(Newest(), resources.word_vectors(), places.cache)
        self.session = Session(self.workers.newest, self.settings.sampling)
        load_fonts(resources.folder() / "fonts")
        look = Look(THEMES[self.settings.theme], self.settings.zoom)
        self.session.set_words(self.settings.words)
        self.precision = Precision(self.session, self.settings.exact)
        self.commands = Commands(self.session, self.precision, self.log_path)
        self.commands.recent = self.settings.recent
        self.commands.device = options.device or self.settings.device
        self.commands.source = options.model or self.settings.model
        self._start_model()
        self.next_token = NextTokenPane(self.session, look, self.settings.distribution_rows)
        self.attention = AttentionPane(self.session, look, self.settings.convention)
        space = self.settings.embeddings.asked(options.space, options.expression)
        self.embeddings = EmbeddingsPane(self.session, look, space)
        self.writing = WritingPane(self.session, look, self.settings.show_draws)
        self.next_token.watched.landed.connect(self.writing.fly_in)
        side_by_side = SideBySidePane(self.session, look)
        self.writing.side.tree.compare_asked.connect(side_by_side.compare)
        panes: tuple[Pane, ...] = (
            self.embeddings,
            self.writing,
            self.attention,
            self.next_token,
            side_by_side,
            MultiversePane(self.session, look),
        )
        self.panes = {pane.key: pane for pane in panes}
        self.strip = TextStrip(self.session, look, resources.folder() / "examples" / "texts.json")
        self.status = StatusBar(self.session, self.precision, look)
        self.status.watch(self.workers.pid)
        self.window = MainWindow(look, self.strip, panes, self.status, self.commands)
        self.commands.attach(self.window)
        self.commands.export_asked.connect(self.export)
        self.autosave = Autosave(places.autosave, self.session)
        self._connect()
        self._show()
        for notice in (*lost, *self._recover()):
            self.window.say(notice)
        self._closed = False

    def _start_model(self) -> None:
        """Before there is a window: the model is opened while the window is made."""
        self.session.asked.connect(self.workers.take)
        self.workers.replied.connect(self.session.take, Qt.ConnectionType.QueuedConnection)
        self.workers.died.connect(self._workers_died, Qt.ConnectionType.QueuedConnection)
        self.session.load_model(
            self.commands.source, self.commands.device, download=self.options.model is not None
        )

    def _connect(self) -> None:
        self.errors.unexpected.connect(self._unexpected)
        self.status.cancel_asked.connect(self.commands.cancel)
        self.autosave.trouble.connect(self.window.say)
        self.session.document_left.connect(self._document_left)
        self.session.model_changed.connect(self._select_first_head)
        self.session.model_changed.connect(self._watch_memory)  # perhaps of another process than before
        self.session.next_token_changed.connect(self._write_on)
        self.session.words_changed.connect(self.window.actions_by_name["set_words"].setChecked)
        self.window.closing.connect(self._window_closing)

    def _show(self) -> None:
        look = self.window.look
        icon = resources.folder() / "icons" / "vectarium.svg"
        self.window.setWindowIcon(QIcon(str(icon)))
        self.window.resize(self.window.sizeHint())
        if self.settings.geometry:
            self.window.restoreGeometry(QByteArray(self.settings.geometry))
        if self._exporting:
            self.window.resize(1920, 1080)
        self.window.layouts = dict(self.settings.layouts)
        self.window.actions_by_name["set_light"].setChecked(look.theme.name == "light")
        self.window.actions_by_name["set_words"].setChecked(self.session.words)
        self.window.apply_look(look)
        self.window.open_workspace(self.settings.workspace)
        self.window.show()
        self.window.focus_text()

    def _recover(self) -> tuple[str, ...]:
        notice = ""
        if not self._exporting:
            self.autosave.claim()
            notice = self.autosave.recover()
        if self.options.prompt is not None:
            self.session.edit_text(self.options.prompt)
        return (notice,) if notice else ()

    @Slot(object)
    def _select_first_head(self, model: ModelLoaded) -> None:
        """The head that the command line asks for, once it is known how many there are."""
        wanted, self.options = self.options.head, replace(self.options, head=None)
        if wanted is None:
            return
        if wanted[0] < model.layers and wanted[1] < model.heads:
            self.session.select_head(*wanted)
        else:
            self.window.say(
                f"There is no head {wanted[0]}.{wanted[1]} in {model.name}: its {model.layers} layers and "
                f"{model.heads} heads are counted from 0."
            )

    @Slot()
    def _write_on(self) -> None:
        """Write what the command line asks for, once the prompt has been read."""
        wanted = self.options.to_write
        if wanted is None or self.session.next_token is None or self.session.tokens.pending is not None:
            return
        self.options = replace(self.options, to_write=None)
        self.session.set_sampling(wanted.settings)
        if wanted.seed is not None:
            self.session.writing.set_seed(wanted.seed, fixed=True)
        self.session.writing.start(count=wanted.count)

    # While it runs

    @Slot(object)
    def export(self, folder: Path) -> Export:
        """Write everything on screen into a folder; `Export.done` says how it went."""
        self._export = Export(self.session, self.window, folder)
        self._export.done.connect(self._exported)
        QTimer.singleShot(0, self._export, self._export.start)
        return self._export

    @Slot(str)
    def _exported(self, problem: str) -> None:
        if not self._exporting:
            self.window.say(problem or f"Pictures and data are in {self._export.folder}.")

    @Slot(str, str)
    def _unexpected(self, what: str, details: str) -> None:
        self.window.say(
            f"Something went wrong that should not have ({what}). Your text is safe; go on, or start again.",
            details,
        )

    @Slot(str, bool)
    def _workers_died(self, message: str, again: bool) -> None:
        self.window.say(message)
        self.status.watch(None)
        if again:
            self.session.load_model(self.commands.source, self.commands.device)
        else:
            self.status.show_model_gone()

    @Slot()
    def _watch_memory(self) -> None:
        self.status.watch(self.workers.pid)

    @Slot(object)
    def _document_left(self, saved: Saved) -> None:
        path = self.autosave.keep_copy(saved)
        if path is not None:
            self.window.say(
                "The new model has other tokens, so the text was tokenized afresh. "
                f"What {saved.model} had drawn is kept in {path}; File → Open brings it back."
            )

    # The end

    @Slot()
    def _window_closing(self) -> None:
        self.session.stop_generating()  # what has arrived is text, and is kept
        if not self._exporting:
            self.autosave.close()
            self._save_settings()

    def _save_settings(self) -> None:
        try:
            settings.save(
                self.places.settings,
                replace(
                    self.settings,
                    theme=self.window.look.theme.name,
                    zoom=self.window.look.zoom,
                    model=self.commands.source,
                    device=self.commands.device,
                    exact=self.precision.exact,
                    workspace=self.window.workspace,
                    distribution_rows=self.next_token.row_limit,
                    show_draws=self.writing.show_draws.isChecked(),
                    convention=self.attention.switches.convention,
                    words=self.session.words,
                    recent=self.commands.recent,
                    sampling=self.session.sampling,
                    embeddings=self.embeddings.settings,
                    geometry=bytes(self.window.saveGeometry().data()),
                    layouts=self.window.saved_layouts(),
                ),
            )
        except OSError as error:
            log.info("Settings could not be saved: %s", error)

    def close(self, patience_ms: int = CLOSE_MS) -> bool:
        """Stop the workers; False if one was in the middle of something that cannot be interrupted."""
        if self._closed:
            return True
        self._closed = self.workers.close(patience_ms)
        self.errors.restore()
        return self._closed


def run(options: Options, places: Places, workers: WorkerProcess | None = None) -> int:
    """Run until the window is closed or the export is done; the exit code."""
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName("Vectarium")
    qt.setDesktopFileName("vectarium")
    qt.setStyle("Fusion")
    app = App(options, places, workers)
    garbage.collect_only_at(app.session.model_changed)
    problems: list[str] = []
    if options.export is not None:
        exporting = app.export(options.export)
        exporting.done.connect(problems.append)
        exporting.done.connect(qt.quit)
    code = qt.exec()
    app.window.hide()
    if problems and problems[0]:
        print(f"vectarium: {problems[0]}", file=sys.stderr)
        code = 1
    if not app.close():
        # A thread is inside a library call that cannot be interrupted; everything is saved already.
        logging.shutdown()
        os._exit(code)
    return code
