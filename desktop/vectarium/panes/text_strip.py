"""The strip on top: the text being looked at, its tokens, and examples to start from."""

import html
import json
import re
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from vectarium.drawing.frame import Frame
from vectarium.drawing.palette import Look
from vectarium.drawing.text.token_editor import TokenEditor
from vectarium.drawing.text.token_layout import Boxes, grouped
from vectarium.session.session import NextToken, Selection, Session
from vectarium.session.tokens import Tokens
from vectarium.vocabulary import Vocabulary, visible
from vectarium.words import WORDS_TIP, Ints, edges_of, word_starts

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
        self._boxes = boxes_of(session.tokens, ())
        self._starts: Ints | None = None  # [box] the first token of each word, where words are shown
        self._behind = False  # what the session has is not shown yet
        self._repaint = Frame(self)
        self._repaint.due.connect(self._show_if_seen)
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
        self.words = QToolButton()
        self.words.setText("Words")
        self.words.setToolTip(f"{WORDS_TIP} (Ctrl+Shift+W)")
        self.words.setAccessibleName("Words")
        self.words.setProperty("role", "choice")
        self.words.setCheckable(True)
        self.words.setChecked(session.words)
        self.words.toggled.connect(session.set_words)
        self._layout = QHBoxLayout(self)
        self._layout.addWidget(name)
        self._layout.addWidget(self.editor, 1)
        self._layout.addWidget(self.words)
        self._layout.addWidget(self.examples)
        session.tokens_changed.connect(self._tokens_changed)
        session.vocabulary_changed.connect(self._vocabulary_changed)
        session.selection_changed.connect(self._selection_changed)
        session.words_changed.connect(self._words_changed)
        session.hover_changed.connect(self._hover_changed)
        session.link_changed.connect(self._link_changed)
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
        self._show_soon()

    @Slot(object)
    def _next_token_changed(self, known: NextToken | None) -> None:
        self._show_soon()

    def _show_soon(self) -> None:
        """With the next frame while text streams, else at once."""
        self._behind = True
        if self._session.streams:
            self._repaint.soon(at_once=False)
        else:
            self._show_newest()

    @Slot()
    def _show_if_seen(self) -> None:
        if self.isVisible() or not self._session.generating:
            self._show_newest()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_newest()

    def _show_newest(self) -> None:
        if not self._behind:
            return
        self._behind = False
        tokens, vocabulary = self._session.tokens, self._vocabulary
        self._boxes = boxes_of(tokens, vocabulary.labels if vocabulary is not None else ())
        self._starts = None
        if self._session.words and vocabulary is not None:
            self._boxes, self._starts = in_words(self._boxes, tokens, vocabulary)
        self.editor.set_boxes(tokens.text, self._boxes, streams=self._session.generating)
        self._mark()

    @Slot(bool)
    def _words_changed(self, words: bool) -> None:
        self.words.setChecked(words)
        self._behind = True
        self._selection_changed(self._session.selection)

    # From tokens to boxes and back

    def _box(self, token: int) -> int:
        return token if self._starts is None else int(np.searchsorted(self._starts, token, side="right")) - 1

    def _tokens_in(self, box: int) -> range:
        if self._starts is None:
            return range(box, box + 1)
        last = box + 1 == len(self._starts)
        end = len(self._session.tokens) if last else int(self._starts[box + 1])
        return range(int(self._starts[box]), end)

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        self._show_newest()
        self.editor.set_selected(None if selection.token is None else self._box(selection.token))

    @Slot(object)
    def _hover_changed(self, token: int | None) -> None:
        self._show_newest()
        self.editor.set_lit(None if token is None else self._box(token))

    @Slot(object)
    def _link_changed(self, link: tuple[int, int] | None) -> None:
        self._show_newest()
        self.editor.set_link(None if link is None else (self._box(link[0]), self._box(link[1])))

    def _mark(self) -> None:
        tokens, known = self._session.tokens, self._session.next_token
        drawn = np.fromiter((step is not None for step in tokens.steps), bool, len(tokens.steps)).nonzero()[0]
        if self._starts is not None:
            drawn = np.searchsorted(self._starts, drawn, side="right") - 1
        generated = np.zeros(len(self._boxes), bool)
        generated[drawn] = True
        seen = (0, 0)
        if tokens.pending is None and known is not None and len(tokens) and self._speaks_of(known, tokens):
            grown = len(tokens) - len(known.ids)  # written since: the model sees it too
            seen = (self._box(known.seen_from), self._box(known.seen_to + grown - 1) + 1)
        self.editor.set_marks(generated, seen)

    def _speaks_of(self, known: NextToken, tokens: Tokens) -> bool:
        """Whether what the model saw tells what it sees of `tokens`; those written since it may not know."""
        count = len(known.ids)
        if not self._session.generating or known.seen_to < count:
            return count == len(tokens)
        return count > 0 and np.array_equal(known.ids, tokens.ids[:count])

    @Slot(int)
    def _clicked(self, box: int) -> None:
        """Select a token, of a word the last one: what comes after the word comes after that."""
        if self._session.tokens.pending is None:
            token = self._tokens_in(box)[-1]
            last = token == len(self._session.tokens) - 1
            self._session.select(None if last and self._session.selection.token is None else token)

    @Slot(object)
    def _hovered(self, box: int | None) -> None:
        if self._session.tokens.pending is None:
            self._session.set_hover(None if box is None else self._tokens_in(box)[-1])

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
        tokens = self._session.tokens
        if self._vocabulary is None or tokens.pending is not None or not 0 <= box < len(self._boxes):
            return ""
        inside = self._tokens_in(box)
        word = [f"<b>{html.escape(self._boxes.labels[box])}</b>: a word of {len(inside)} tokens"]
        lines = [line for token in inside for line in self._about(token, tokens, self._vocabulary)]
        return "<br>".join((word if len(inside) > 1 else []) + lines)

    @staticmethod
    def _about(index: int, tokens: Tokens, vocabulary: Vocabulary) -> list[str]:
        token = int(tokens.ids[index])
        lines = [
            f"<b>{html.escape(vocabulary.labels[token])}</b>",
            f"token {token}, number {index + 1:,} of {len(tokens):,}",
            f"bytes {vocabulary.token_bytes[token].hex(' ').upper()}",
        ]
        if (step := tokens.steps[index]) is not None:
            how = "chosen by you" if step.uniform is None else f"drawn with u = {step.uniform:.3f}"
            lines.append(f"{how}: rank {step.rank + 1:,}, probability {100 * step.probability:.3g} %")
        return lines


def in_words(boxes: Boxes, tokens: Tokens, vocabulary: Vocabulary) -> tuple[Boxes, Ints]:
    """`boxes`, which are those of `tokens`, as words; and the first one of each word."""
    edges = np.empty((len(boxes), 2), np.int8)
    known = boxes.ids >= 0
    edges[known] = vocabulary.word_edges[boxes.ids[known]]
    bare = (tokens.text[start:end] for start, end in boxes.spans[~known].tolist())
    edges[~known] = edges_of(text.encode("utf-8", "surrogateescape") for text in bare)
    starts = word_starts(edges)
    ends = np.append(starts[1:], len(boxes))
    labels = (
        boxes.labels[start] if end == start + 1 else visible(tokens.text[left:right])
        for start, end, left, right in zip(
            starts.tolist(),
            ends.tolist(),
            boxes.spans[starts, 0].tolist(),
            boxes.spans[ends - 1, 1].tolist(),
            strict=True,
        )
    )
    return grouped(boxes, starts, labels), starts


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
