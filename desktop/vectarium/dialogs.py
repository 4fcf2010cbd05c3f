"""Small windows with text to read: help, details of an error, the log, the keys, about."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

import vectarium
from vectarium.actions import keyboard_rows

LIBRARIES = (
    ("PySide6-Essentials", "Qt for Python", "LGPL-3.0"),
    ("torch", "PyTorch", "BSD-3-Clause"),
    ("tokenizers", "Tokenizers", "Apache-2.0"),
    ("huggingface_hub", "Hugging Face Hub", "Apache-2.0"),
    ("safetensors", "safetensors", "Apache-2.0"),
    ("numpy", "NumPy", "BSD-3-Clause"),
    ("numba", "Numba", "BSD-2-Clause"),
    ("psutil", "psutil", "BSD-3-Clause"),
    ("platformdirs", "platformdirs", "MIT"),
)
PANE_KEYS = (
    ("Text on top", "Esc lets go of the selected token"),
    ("List of next tokens", "→ draws a token, ← takes it back, Enter chooses the marked one"),
    (
        "Writing",
        "→ and Space draw a token, ← takes it back, Ctrl and ← → select, Return opens a token's card; "
        "F2 or any letter edits the text at the caret, Esc lets the keys write again",
    ),
    ("Multiverse", "arrows walk, Return goes there, + and − zoom, 0 shows all"),
    (
        "Side by side",
        "→ and Space draw a token in every column, ← takes one back, Ctrl+Space plays, Space pauses",
    ),
    ("Branches", "arrows walk, C compares, F2 renames, Del deletes"),
    ("Grid of heads", "arrows walk"),
    ("One head", "arrows move, + and − zoom, 0 shows all, Enter holds a cell"),
    (
        "Cloud",
        "arrows turn, Shift and arrows move, + and − zoom, Home resets, Space turns slowly, "
        "1 2 3 look along an axis",
    ),
    ("Embeddings", "Ctrl+F finds a word"),
)
LOG_TAIL = 200_000  # characters


def show_help(parent: QWidget, title: str, text: str) -> None:
    """`text` is simple rich text."""
    dialog, layout = _dialog(parent, title, 560, 420)
    browser = QTextBrowser()
    browser.setOpenExternalLinks(True)
    browser.setHtml(text)
    layout.insertWidget(0, browser)
    _run(dialog)


def show_text(parent: QWidget, title: str, text: str) -> None:
    """Text as it is, in a fixed-width font, to read and to copy."""
    dialog, layout = _dialog(parent, title, 820, 520)
    field = QPlainTextEdit(text)
    field.setReadOnly(True)
    field.setProperty("role", "log")
    field.setAccessibleName(title)
    field.moveCursor(field.textCursor().MoveOperation.End)
    layout.insertWidget(0, field)
    copy = QPushButton("Copy all")
    copy.setToolTip("Copy this text, for instance into a report")
    copy.clicked.connect(field.selectAll)
    copy.clicked.connect(field.copy)
    buttons = dialog.findChild(QDialogButtonBox)
    if buttons is not None:
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
    _run(dialog)


def show_log(parent: QWidget, path: Path | None) -> None:
    """The end of the log file."""
    if path is None:
        show_text(parent, "Log", "No log is kept: its folder cannot be written.")
        return
    try:
        text = path.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]
    except OSError as error:
        text = f"{path} could not be read: {error}"
    show_text(parent, f"Log: {path}", text or "Nothing was noted down so far.")


def show_keyboard(parent: QWidget) -> None:
    rows = "".join(
        f"<tr><td style='padding: 3px 18px 3px 0'><b>{keys}</b></td><td>{tip}</td></tr>"
        for keys, tip in keyboard_rows()
    )
    more = "".join(f"<p><b>{place}</b>: {keys}</p>" for place, keys in PANE_KEYS)
    show_help(parent, "Keyboard", f"<table>{rows}</table>{more}")


def show_about(parent: QWidget) -> None:
    rows = "".join(
        f"<tr><td style='padding: 2px 18px 2px 0'>{name}</td>"
        f"<td style='padding-right: 18px'>{_version(package)}</td><td>{licence}</td></tr>"
        for package, name, licence in LIBRARIES
    )
    show_help(
        parent,
        "About Vectarium",
        f"<h3>Vectarium {vectarium.__version__}</h3>"
        "<p>A planetarium for transformers: see GPT-2 think, on your own computer.</p>"
        "<p>MIT licence. Every number on screen is computed by the loaded model for the text on screen.</p>"
        f"<p>Python {platform.python_version()}, Qt {qVersion()}, "
        f"{platform.system()} {platform.machine()}</p>"
        f"<table>{rows}</table>"
        "<p>Type: Inter and JetBrains Mono, SIL Open Font License 1.1. "
        "Word vectors: GloVe, Public Domain Dedication and License.</p>",
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _dialog(parent: QWidget, title: str, width: int, height: int) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    zoom = getattr(getattr(parent, "look", None), "zoom", 1.0)
    room = parent.screen().availableSize()
    dialog.resize(min(round(width * zoom), room.width() - 80), min(round(height * zoom), room.height() - 80))
    layout = QVBoxLayout(dialog)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    layout.addWidget(buttons)
    return dialog, layout


def _run(dialog: QDialog) -> None:
    dialog.exec()
    dialog.deleteLater()
