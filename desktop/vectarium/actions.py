"""The menus as data: what each command is called, what it does, its key and its one sentence."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from vectarium.words import WORDS_TIP

SEPARATOR = None


@dataclass(frozen=True)
class Command:
    """`act` is the name of the method of `Commands` to call, which finds `argument` in its sender's data."""

    name: str
    act: str
    tip: str
    keys: tuple[str | QKeySequence.StandardKey, ...] = ()
    argument: object = None
    checkable: bool = False


@dataclass(frozen=True)
class Menu:
    name: str
    entries: tuple["Command | Menu | None", ...]


Key = QKeySequence.StandardKey

HUB_MODELS = (  # name, name on the hub, megabytes of its weights
    ("DistilGPT-2 · 82 M", "distilgpt2", 353),
    ("GPT-2 small · 124 M", "gpt2", 548),
    ("GPT-2 medium · 355 M", "gpt2-medium", 1_520),
    ("GPT-2 large · 774 M", "gpt2-large", 3_247),
    ("GPT-2 XL · 1.6 B", "gpt2-xl", 6_432),
)
DEVICE_NAMES = (
    ("Automatic", "auto"),
    ("NVIDIA GPU (CUDA)", "cuda"),
    ("Apple GPU (MPS)", "mps"),
    ("Processor (CPU)", "cpu"),
)

MENUS = (
    Menu(
        "&File",
        (
            Command(
                "&New text", "new_text", "Start with an empty text; undo brings the old one back", (Key.New,)
            ),
            Command("&Open …", "open_document", "Open a document that was saved before", (Key.Open,)),
            Command("&Save as …", "save_document", "Save the text with all its branches", (Key.Save,)),
            SEPARATOR,
            Command(
                "&Export pictures and data …",
                "export",
                "Save every pane, the tokens and all numbers",
                ("Ctrl+E",),
            ),
            SEPARATOR,
            Command(
                "&Quit", "close", "Close Vectarium; the text is there again next time", (Key.Quit, "Ctrl+Q")
            ),
        ),
    ),
    Menu(
        "&Edit",
        (
            Command("&Undo", "undo", "Take back the last edit, draw or choice", (Key.Undo,)),
            Command("&Redo", "redo", "Do again what was taken back", (Key.Redo, "Ctrl+Y")),
            SEPARATOR,
            Command(
                "Sample one &token", "sample_one", "Draw one token and put it after the text", ("Alt+Right",)
            ),
            Command("&Take it back", "undo", "Undo the last token", ("Alt+Left",)),
            Command(
                "&Write on / stop",
                "toggle_writing",
                "Let the model write until it is stopped",
                ("Ctrl+Return",),
            ),
            SEPARATOR,
            Command("&Follow the end", "follow_end", "Let no token be selected, so that the last one counts"),
            Command("Go to the te&xt", "focus_text", "Put the caret into the text", ("Ctrl+L",)),
        ),
    ),
    Menu(
        "&View",
        (
            Command("Zoom &in", "zoom_in", "Make everything larger", (Key.ZoomIn, "Ctrl+=")),
            Command("Zoom &out", "zoom_out", "Make everything smaller", (Key.ZoomOut,)),
            Command("&100 %", "zoom_reset", "Back to the normal size", ("Ctrl+0",)),
            SEPARATOR,
            Command("Wor&ds", "set_words", WORDS_TIP, ("Ctrl+Shift+W",), checkable=True),
            Command("&Light theme", "set_light", "Dark on light, for bright rooms", checkable=True),
            Command(
                "&Full screen", "set_full_screen", "Hide everything but Vectarium", ("F11",), checkable=True
            ),
            SEPARATOR,
            Command("&Reset workspace", "reset_workspace", "Put the panes back where they were at first"),
        ),
    ),
    Menu(
        "&Model",
        (
            Command(
                "&Storyteller · comes with the app", "load_model", "A small GPT-2 for stories", (), "bundled"
            ),
            *(
                Command(name, "load_model", f"Use {source}; asks before it downloads anything", (), source)
                for name, source, _ in HUB_MODELS
            ),
            SEPARATOR,
            Command("Other &name …", "ask_model_name", "Use any model of GPT-2's architecture from the hub"),
            Command("&Folder …", "ask_model_folder", "Use a model from a folder on this computer"),
            SEPARATOR,
            Command(
                "&Exact writing",
                "set_exact",
                "Write with weights that are not rounded; off takes what is fastest and says so",
                checkable=True,
            ),
            Menu(
                "&Device",
                tuple(
                    Command(name, "set_device", f"Run the model on: {name}", (), device, checkable=True)
                    for name, device in DEVICE_NAMES
                ),
            ),
        ),
    ),
    Menu(
        "&Help",
        (
            Command("&Keyboard", "show_keyboard", "All keys in one list", ("F1",)),
            Command("&Log", "show_log", "What the app noted down, for a report"),
            SEPARATOR,
            Command("&About Vectarium", "show_about", "Versions and licences"),
        ),
    ),
)


def fill_menu_bar(bar: QMenuBar, commands: QObject) -> tuple[dict[str, QAction], dict[str, QMenu]]:
    """Make `MENUS` in `bar`: the actions by ``act`` or ``act:argument``, and the menus by name."""
    actions: dict[str, QAction] = {}
    menus = {menu.name: bar.addMenu(menu.name) for menu in MENUS}
    for menu in MENUS:
        _fill(menus[menu.name], menu, commands, actions)
    return actions, menus


def _fill(into: QMenu, menu: Menu, commands: QObject, made: dict[str, QAction]) -> None:
    into.setToolTipsVisible(True)
    for entry in menu.entries:
        if entry is SEPARATOR:
            into.addSeparator()
        elif isinstance(entry, Menu):
            _fill(into.addMenu(entry.name), entry, commands, made)
        else:
            action = into.addAction(entry.name)
            action.setToolTip(entry.tip)
            # Some systems have a key of their own for a command, some the one that is named beside it.
            action.setShortcuts(list(dict.fromkeys(QKeySequence(key) for key in entry.keys)))
            action.setCheckable(entry.checkable)
            action.setData(entry.argument)
            method: Callable[..., None] = getattr(commands, entry.act)
            (action.toggled if entry.checkable and entry.argument is None else action.triggered).connect(
                method
            )
            key = entry.act if entry.argument is None else f"{entry.act}:{entry.argument}"
            made.setdefault(key, action)


def keyboard_rows() -> list[tuple[str, str]]:
    """Every command that has a key: the key as this system writes it, and the sentence."""
    rows: list[tuple[str, str]] = []
    for menu in MENUS:
        for entry in menu.entries:
            if isinstance(entry, Command) and entry.keys:
                rows.append(
                    (QKeySequence(entry.keys[0]).toString(QKeySequence.SequenceFormat.NativeText), entry.tip)
                )
    return rows
