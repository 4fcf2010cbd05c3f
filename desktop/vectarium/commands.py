"""What the menu entries do: one method each, named in `vectarium.actions`."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QInputDialog

from vectarium import dialogs
from vectarium.actions import HUB_MODELS
from vectarium.documents import document_file
from vectarium.documents.document_file import DocumentFileError
from vectarium.drawing.palette import DARK, LIGHT, Look
from vectarium.main_window import MainWindow
from vectarium.messages import Failed, LoadModel, ModelLoaded
from vectarium.session.precision import Precision
from vectarium.session.session import Session
from vectarium.settings import MOST_RECENT


class Commands(QObject):
    """Connects the window's commands to the session."""

    export_asked = Signal(object)  # Path of a folder

    def __init__(self, session: Session, precision: Precision, log_path: Path | None) -> None:
        super().__init__()
        self._session, self._precision = session, precision
        self._log_path = log_path
        self.device = "auto"
        self.recent: tuple[str, ...] = ()
        self.source = ""
        self.window: MainWindow

    def attach(self, window: MainWindow) -> None:
        """Called once the window is there."""
        self.window = window
        self._session.history_changed.connect(self._history_changed)
        self._session.model_changed.connect(self._model_changed)
        self._session.failed.connect(self._failed)
        self._precision.changed.connect(self._precision_changed)
        self._precision_changed()
        self._history_changed()
        self._show_recent()

    # File

    @Slot()
    def new_text(self) -> None:
        self._session.edit_text("")

    @Slot()
    def open_document(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self.window, "Open", str(Path.home()), "Vectarium documents (*.vectarium.json *.json)"
        )
        if chosen:
            self.open_path(Path(chosen))

    def open_path(self, path: Path) -> None:
        """Show the document in a file; a damaged one changes nothing."""
        try:
            self._session.open(document_file.load(path))
            self._remember(path)
        except DocumentFileError as error:
            self.window.say(f"{error} Your text is unchanged.")
        except OSError as error:
            self.window.say(f"{path} could not be read: {error.strerror or error}. Your text is unchanged.")

    def _remember(self, path: Path) -> None:
        name = str(path.resolve())
        others = tuple(other for other in self.recent if other != name)
        self.recent = (name, *others)[:MOST_RECENT]
        self._show_recent()

    def _show_recent(self) -> None:
        menu = self.window.recent_menu
        menu.clear()
        for name in self.recent:
            action = menu.addAction(Path(name).name, self._open_recent)
            action.setData(name)
            action.setToolTip(name)
        menu.setEnabled(bool(self.recent))

    @Slot()
    def _open_recent(self) -> None:
        self.open_path(Path(self.sender().data()))  # type: ignore[attr-defined]

    @Slot()
    def save_document(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self.window, "Save as", str(Path.home() / "text.vectarium.json"), "Vectarium documents (*.json)"
        )
        if chosen:
            try:
                document_file.save(Path(chosen), self._session.saved())
                self._remember(Path(chosen))
            except OSError as error:
                self.window.say(
                    f"{chosen} could not be written: {error.strerror or error}. Choose another place."
                )

    @Slot()
    def export(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self.window, "Export into a folder", str(Path.home()))
        if chosen:
            self.export_asked.emit(Path(chosen))

    @Slot()
    def close(self) -> None:
        self.window.close()

    # Edit

    @Slot()
    def undo(self) -> None:
        self._session.undo()

    @Slot()
    def redo(self) -> None:
        self._session.redo()

    @Slot()
    def sample_one(self) -> None:
        self._session.sample_one()

    @Slot()
    def toggle_writing(self) -> None:
        if self._session.generating:
            self._session.stop_generating()
        else:
            self._session.generate()

    @Slot()
    def follow_end(self) -> None:
        self._session.select(None)

    @Slot()
    def focus_text(self) -> None:
        self.window.focus_text()

    # View

    @Slot()
    def zoom_in(self) -> None:
        self.window.zoom_in()

    @Slot()
    def zoom_out(self) -> None:
        self.window.zoom_out()

    @Slot()
    def zoom_reset(self) -> None:
        self.window.zoom_reset()

    @Slot(bool)
    def set_light(self, light: bool) -> None:
        self.window.apply_look(Look(LIGHT if light else DARK, self.window.look.zoom))

    @Slot(bool)
    def set_words(self, words: bool) -> None:
        self._session.set_words(words)

    @Slot(bool)
    def set_full_screen(self, full: bool) -> None:
        self.window.set_full_screen(full)

    @Slot()
    def reset_workspace(self) -> None:
        self.window.reset_workspace()

    # Model

    @Slot()
    def load_model(self) -> None:
        self._load(self.sender().data())  # type: ignore[attr-defined]

    @Slot()
    def ask_model_name(self) -> None:
        name, agreed = QInputDialog.getText(
            self.window, "Model from the hub", "Name of a model of GPT-2's architecture, such as gpt2:"
        )
        if agreed and name.strip():
            self._load(name.strip())

    @Slot()
    def ask_model_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self.window, "Model from a folder", str(Path.home()))
        if chosen:
            self._load(chosen)

    @Slot()
    def set_device(self) -> None:
        self.device = self.sender().data()  # type: ignore[attr-defined]
        self._mark_device()
        self._load(self.source)

    @Slot(bool)
    def set_exact(self, exact: bool) -> None:
        self._precision.set_exact(exact)

    @Slot()
    def _precision_changed(self) -> None:
        self.window.actions_by_name["set_exact"].setChecked(self._precision.exact)

    def _load(self, source: str, *, download: bool = False) -> None:
        self.window.notice.hide()
        self._session.load_model(source, self.device, download=download)

    def _mark_device(self) -> None:
        for name, action in self.window.actions_by_name.items():
            if name.startswith("set_device:"):
                action.setChecked(name == f"set_device:{self.device}")

    @Slot()
    def cancel(self) -> None:
        """Stop what the model is doing."""
        self._session.cancel_all()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self.source = model.source
        self._mark_device()
        if model.notices:
            self.window.say(" ".join(model.notices))

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        if isinstance(failure.request, LoadModel) and failure.needs_download:
            self._offer_download(failure.request.source)
            return
        self.window.say(f"{failure.message} {failure.advice}", failure.details)
        first = isinstance(failure.request, LoadModel) and self._session.model is None
        if first and failure.request.source != "bundled":  # type: ignore[attr-defined]
            self._session.load_model("bundled", self.device)

    def _offer_download(self, name: str) -> None:
        size = next((f" ({megabytes:,} MB)" for _, known, megabytes in HUB_MODELS if known == name), "")
        question = f"{name} is not on this computer yet. Download it from the Hugging Face hub{size}?"
        if self.window.ask("Download a model", question, "Download"):
            self._load(name, download=True)
        elif self._session.model is None:
            self._load("bundled")

    @Slot()
    def _history_changed(self) -> None:
        for name, enabled in (
            ("undo", self._session.history.can_undo),
            ("redo", self._session.history.can_redo),
        ):
            self.window.actions_by_name[name].setEnabled(enabled)

    # Help

    @Slot()
    def show_keyboard(self) -> None:
        dialogs.show_keyboard(self.window)

    @Slot()
    def show_log(self) -> None:
        dialogs.show_log(self.window, self._log_path)

    @Slot()
    def show_about(self) -> None:
        dialogs.show_about(self.window)
