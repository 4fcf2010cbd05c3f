"""From a keystroke to the last pane repainted: `keystroke_run MODEL FOLDER`.

Prints seconds of the whole application, and then of transformers' forward pass over the same tokens, whose
weights would take the application's place in the processor's cache:
`{"60": […], "200": […], "fresh 64": […], "fresh 1024": […], "peer": {"60": […], …}}`.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from benchmarks import peers, shapes
from benchmarks.watched_app import Painted, WatchedApp, say, text_of

QUIET = 0.15  # seconds without a repaint, more than panes wait to put changes together
LOOK = 0.01  # seconds: looking more often would take a core from the model
TYPED = " a cat and"
FRESH = ("Then", "Today", "Now", "Here", "There")
LONG = ("Once", "Now", "Today")


class Peer:
    """transformers on the same text: one more token with its cache, or all of them."""

    def __init__(self, folder: Path) -> None:
        self._network = shapes.open_network(folder)
        self._threads = peers.CORES

    def seconds(self, ids: list[int], known: int) -> float:
        import torch

        with torch.inference_mode():
            torch.set_num_threads(self._threads)
            tokens = torch.tensor([ids])
            cache = self._network(tokens[:, :known], use_cache=True).past_key_values if known else None
            begun = time.perf_counter()
            # As a user would: the logits of the last position are all that is asked for.
            self._network(tokens[:, known:], past_key_values=cache, use_cache=True, logits_to_keep=1)
            return time.perf_counter() - begun


def measure(model: str, folder: Path) -> None:
    watched = WatchedApp(model, folder, text_of("Once", 60, Path(model)))
    session = watched.session
    watched.settle()
    painted = Painted([*watched.window.panes.values(), watched.app.strip])
    watched.qt.installEventFilter(painted)

    def seconds_of(act: Callable[[], object]) -> float:
        begun = painted.last = time.perf_counter()
        act()
        # Last what takes longest: to look whether all is settled keeps the window from its work.
        while time.perf_counter() - painted.last < QUIET or not watched.settled:
            watched.wait(LOOK)
        return painted.last - begun

    found: dict[str, list[float]] = {}
    texts: dict[str, list[tuple[list[int], int]]] = {}  # token ids, and how many of them were known before
    editor = watched.app.strip.editor
    for count in (60, 200):
        session.edit_text(text_of("Once", count, Path(model)))
        watched.settle()
        editor.setFocus()
        QTest.keyClick(editor, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
        found[str(count)], texts[str(count)] = [], []
        for key in TYPED:
            watched.settle()
            found[str(count)].append(seconds_of(partial(QTest.keyClick, editor, key)))
            ids = session.tokens.ids.tolist()
            texts[str(count)].append((ids, len(ids) - 1))
    for name, firsts, count in (("fresh 64", FRESH, 64), ("fresh 1024", LONG, 1024)):
        found[name], texts[name] = [], []
        for first in firsts:
            watched.settle()
            text = text_of(first, count, Path(model))
            found[name].append(seconds_of(partial(session.edit_text, text)))
            texts[name].append((session.tokens.ids.tolist(), 0))
    watched.close()
    peer = Peer(Path(model))
    say(**found, peer={name: [peer.seconds(*text) for text in known] for name, known in texts.items()})


def main(model: str, folder: str) -> None:
    measure(model, Path(folder))
