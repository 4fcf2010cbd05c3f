"""The strip on top: the text being looked at, its tokens, and examples to start from."""

import html
import json
import re
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from vectarium.drawing.palette import Look
from vectarium.drawing.text.token_editor import TokenEditor
from vectarium.drawing.text.token_layout import Boxes
from vectarium.session.session import NextToken, Selection, Session
from vectarium.session.tokens import Tokens
from vectarium.vocabulary import Vocabulary, visible

_PIECES = re.compile(r" ?\S+|\s+")
PLACEHOLDER = "Write here, paste a text, or pick an example"


class TextStrip(QWidget):
    """Listens to the session and edits its text."""

    def __init__(self, session: Session, look: Look, examples: Path) -> None:
        """`examples` is a JSON list of objects with `title` and `text`."""
        super().__init__()
        self.setObjectName("stripBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self._vocabulary: Vocabulary | None = None
        self.editor = TokenEditor(look, self._tip)
        self.editor.set_placeholder(PLACEHOLDER)
        name = QLabel("Text")
        name.setProperty("role", "secondary")
        name.setBuddy(self.editor)
        self.examples = QToolButton()
        self.examples.setText("Examples ▾")
        self.examples.setToolTip("Texts from lectures on transformers, to start from")
        self.examples.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.examples)
        for example in json.loads(examples.read_text(encoding="utf-8")):
            action = menu.addAction(example["title"])
            action.setData(example["text"])
            action.setToolTip(example["text"])
        menu.setToolTipsVisible(True)
        menu.triggered.connect(self._example_chosen)
        self.examples.setMenu(menu)
        self._layout = QHBoxLayout(self)
        self._layout.addWidget(name)
        self._layout.addWidget(self.editor, 1)
        self._layout.addWidget(self.examples)
        session.tokens_changed.connect(self._tokens_changed)
        session.vocabulary_changed.connect(self._vocabulary_changed)
        session.selection_changed.connect(self._selection_changed)
        session.hover_changed.connect(self.editor.set_lit)
        session.link_changed.connect(self.editor.set_link)
        session.next_token_changed.connect(self._next_token_changed)
        self.editor.edited.connect(session.edit_text)
        self.editor.clicked.connect(self._clicked)
        self.editor.hovered.connect(self._hovered)
        self.editor.released.connect(self._released)
        self.editor.undo_asked.connect(session.undo)
        self.editor.redo_asked.connect(session.redo)
        self.setFocusProxy(self.editor)
        self.set_look(look)

    def set_look(self, look: Look) -> None:
        self._layout.setContentsMargins(look.px(14), look.px(10), look.px(12), look.px(10))
        self._layout.setSpacing(look.px(10))

    @Slot(object)
    def _vocabulary_changed(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary

    @Slot(object)
    def _tokens_changed(self, tokens: Tokens) -> None:
        labels = self._vocabulary.labels if self._vocabulary is not None else ()
        self.editor.set_boxes(tokens.text, boxes_of(tokens, labels))
        self._mark()

    @Slot(object)
    def _next_token_changed(self, known: NextToken | None) -> None:
        self._mark()

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        self.editor.set_selected(selection.token)

    def _mark(self) -> None:
        tokens, known = self._session.tokens, self._session.next_token
        generated = frozenset(index for index, step in enumerate(tokens.steps) if step is not None)
        seen = (0, 0)
        if tokens.pending is None and known is not None and len(known.ids) == len(tokens):
            seen = (known.seen_from, known.seen_to)
        self.editor.set_marks(generated, seen)

    @Slot(int)
    def _clicked(self, box: int) -> None:
        if self._session.tokens.pending is None:
            last = box == len(self._session.tokens) - 1
            self._session.select(None if last and self._session.selection.token is None else box)

    @Slot(object)
    def _hovered(self, box: int | None) -> None:
        if self._session.tokens.pending is None:
            self._session.set_hover(box)

    @Slot()
    def _released(self) -> None:
        self._session.select(None)

    @Slot(object)
    def _example_chosen(self, action: object) -> None:
        self._session.edit_text(action.data())  # type: ignore[attr-defined]
        self._session.select(None)
        self.editor.setFocus()

    def _tip(self, box: int) -> str:
        """What a box is, in full."""
        tokens, vocabulary = self._session.tokens, self._vocabulary
        if vocabulary is None or box >= len(tokens):
            return ""
        token = int(tokens.ids[box])
        data = vocabulary.token_bytes[token]
        lines = [
            f"<b>{html.escape(vocabulary.labels[token])}</b>",
            f"token {token}, number {box + 1:,} of {len(tokens):,}",
            f"bytes {data.hex(' ').upper()}",
        ]
        if (step := tokens.steps[box]) is not None:
            how = "chosen by you" if step.uniform is None else f"drawn with u = {step.uniform:.3f}"
            lines.append(f"{how}: rank {step.rank + 1:,}, probability {100 * step.probability:.3g} %")
        return "<br>".join(lines)


def boxes_of(tokens: Tokens, labels: tuple[str, ...]) -> Boxes:
    """A box for each token; the stretch that has none yet is boxed by words."""
    names = tuple(labels[token] for token in tokens.ids.tolist())
    if tokens.pending is None:
        return Boxes(names, tokens.ids.astype(np.int64), tokens.spans)
    start, end = tokens.pending
    pieces = list(_PIECES.finditer(tokens.text, start, end))
    before = int(np.searchsorted(tokens.spans[:, 0], start, side="left"))
    spans = np.array([piece.span() for piece in pieces], np.int64).reshape(-1, 2)
    return Boxes(
        names[:before] + tuple(visible(piece.group()) for piece in pieces) + names[before:],
        np.concatenate([tokens.ids[:before], np.full(len(pieces), -1), tokens.ids[before:]]).astype(np.int64),
        np.concatenate([tokens.spans[:before], spans, tokens.spans[before:]]),
    )
