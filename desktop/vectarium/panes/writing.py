"""The Writing pane: the text as prose, how each of its tokens came about, and the branches it has."""

from pathlib import Path

from PySide6.QtCore import QRect, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent, QShowEvent

from vectarium.documents import steps_table
from vectarium.documents.tree import Node
from vectarium.drawing.frame import CALM_MS, FRAME_MS, Frame
from vectarium.drawing.marker_walk import motion_is_wanted
from vectarium.drawing.palette import Look
from vectarium.drawing.writing.flight import Flight
from vectarium.drawing.writing.step_card import StepCard
from vectarium.drawing.writing.writing_view import WritingView
from vectarium.messages import Finished, Generate
from vectarium.panes.pane import Pane, Table
from vectarium.session import step_views
from vectarium.session.chatting import Chatting
from vectarium.session.session import NextToken, Selection, Session
from vectarium.session.token_coloring import TokenColoring
from vectarium.session.token_details import TokenDetails
from vectarium.session.tokens import Tokens
from vectarium.session.writing import ENDLESS

EXAMPLE = "Once upon a time, there was a"
SIDE_FROM = 560  # pixels at 100 %: a narrower pane has no room for the side


class WritingPane(Pane):
    """Composes the widgets; what it decides is which token they speak of."""

    title = "Writing"
    key = "writing"
    help = (
        "<p>The text as the model writes it. Tokens that the model wrote stand on a colour: how likely the "
        "model itself found them (or their rank, or how undecided it was), without penalty and cuts, at "
        "temperature 1. Typed tokens have a line in that colour below; dotted ones you chose among the "
        "model's.</p>"
        "<p><b>→</b> or <b>Space</b> writes one token, <b>←</b> takes one back, <b>Ctrl+Return</b> lets "
        "the model write on. Rest the mouse on a token (or hold Ctrl) for the ten most likely at its place; "
        "click one of them to branch off. Click a token to select it in every pane; drag over a stretch for "
        "its perplexity. <b>Ctrl+←</b> and <b>Ctrl+→</b> select with the keyboard, <b>Return</b> opens the "
        "card, <b>Esc</b> follows the end.</p>"
        "<p><b>Edit</b>: begin to type, paste or delete, double-click a word or press <b>F2</b>, and the "
        "keys are the text's; the caret goes wherever you click. What the model wrote before stays as a "
        "branch. <b>Esc</b>, or the model when it writes, ends it.</p>"
        "<p><b>Branches</b>: every text you left. Arrow keys walk, F2 renames, C compares, Del deletes. "
        "<b>Dice</b>: the tokens that could be drawn, as wide as they were likely, and the random number "
        "that fell on one.</p><p>When the text outgrows the context, the model no "
        "longer sees its beginning: the oldest quarter of the context drops out at a time, and is drawn in "
        "grey.</p>"
    )

    def __init__(self, session: Session, look: Look, show_draws: bool = True) -> None:
        super().__init__(look)
        self._session = session
        self._nodes: tuple[Node, ...] = ()
        self._stale = True
        self._repaint = Frame(self)
        self._repaint.due.connect(self._show_if_stale)
        self._repaint_side = Frame(self, FRAME_MS, CALM_MS)
        self._repaint_side.due.connect(self._show_side)
        self._told_stretch = False
        self._build(look)
        self.show_draws.setChecked(show_draws)
        self._listen()
        self._show_now()

    def _build(self, look: Look) -> None:
        view = WritingView(look, self.tools, self.body)
        self.text, self.legend, self.chart, self.bar = view.text, view.legend, view.chart, view.bar
        self.chat, self.side, self.side_button = view.chat, view.side, view.side_button
        self._modes, self.color_button = view.modes, view.color_button
        self.edit_button = view.edit_button
        self.chatting = Chatting(self._session, self.chat)
        self.coloring = TokenColoring(self._session, view)
        self.details = TokenDetails(self._session, self.text, self.side, StepCard(look, self))
        self.card = self.details.card
        self.menu.addSeparator()
        self.header.optional = (self.info, self.side_button, self.edit_button, self.color_button)
        self.menu.addMenu(self.color_button.menu())
        self.show_draws = QAction("Show the draw at a slow pace", self, checkable=True)
        self.menu.addAction(self.show_draws)
        self._flight = Flight(look, self)
        self.menu.addSeparator()
        self.menu.addAction("Save text as plain text …", self._ask_text)
        self.menu.addAction("Save text as Markdown …", self._ask_markdown)
        self.setFocusProxy(self.text)
        self.text.take_key = self._take_key

    def _listen(self) -> None:
        session, writing = self._session, self._session.writing
        session.tokens_changed.connect(self._tokens_changed)
        session.selection_changed.connect(self._selection_changed)
        session.hover_changed.connect(self.text.set_lit)
        session.link_changed.connect(self.text.set_link)
        session.next_token_changed.connect(self._next_token_changed)
        self.coloring.changed.connect(self._outdated)
        session.generating_changed.connect(self._generating_changed)
        session.finished.connect(self._finished)
        writing.changed.connect(self._seed_changed)
        writing.repeated.connect(self._repeated)
        self.text.clicked.connect(self._clicked)
        self.text.hovered.connect(session.set_hover)
        self.text.stretch_changed.connect(self._stretch_changed)
        self.text.edited.connect(self._edited)
        self.text.undo_asked.connect(session.undo)
        self.text.redo_asked.connect(session.redo)
        self.text.editing_changed.connect(self.edit_button.setChecked)
        self.edit_button.clicked.connect(self._edit_clicked)
        self.bar.play_asked.connect(self.play_or_pause)
        self.bar.step_asked.connect(self.step)
        self.bar.back_asked.connect(writing.take_back)
        self.bar.stop_asked.connect(writing.stop)
        self.bar.pace_changed.connect(writing.set_pace)
        self.side.tree.node_chosen.connect(self._node_chosen)
        self.side.renamed.connect(writing.rename_branch)
        self.side.tree.delete_asked.connect(writing.delete_branch)
        self.side.seed.seed_changed.connect(writing.set_seed)
        self.side.seed.repeat_asked.connect(writing.repeat)
        self.side_button.toggled.connect(self._place_side)
        self._modes.idClicked.connect(self._mode_clicked)
        self.show_draws.toggled.connect(self._set_watch)
        self._set_watch()
        self.chatting.answer_due.connect(self._write)
        self.chatting.changed.connect(self._show_now)
        self.side.seed.show_seed(writing.seed, writing.fixed)

    def set_look(self, look: Look) -> None:
        self.look = look
        self._place_side()
        self.coloring.show(look.theme, self.chatting.headings)

    # What the session says

    @Slot(object)
    def _tokens_changed(self, tokens: Tokens) -> None:
        self._stale = True
        if self._session.generating or tokens.pending is not None:
            self.info.setText("")  # it spoke of another text
        self._repaint.soon(at_once=not self._session.streams)

    @Slot()
    def _show_if_stale(self) -> None:
        if self._stale and self.isVisible():
            self._show_now()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_if_stale()

    @Slot()
    def _show_now(self) -> None:
        self._stale = False
        session, tokens = self._session, self._session.tokens
        if not tokens.text:
            self.card.close_card()
            if not self.chatting.on and not self.text.editing:
                self.show_empty(
                    "The model writes on from a beginning of yours. Write one above, or try this one.",
                    f"“{EXAMPLE} …”",
                    self._show_example,
                )
                return
        self.show_body()
        self.coloring.look_up()
        self.details.numbers = self.coloring.numbers
        self.text.set_text(tokens.text, tokens.spans)
        self.coloring.show(self.look.theme, self.chatting.headings)
        self.text.set_selected(session.selection.token)
        self._show_side_soon()
        self._show_context()
        self._update_buttons()
        self.chatting.show()
        self._stretch_changed(self.text.stretch)

    def _show_side_soon(self) -> None:
        """At once, unless text streams in."""
        if self._session.streams:
            self._repaint_side.soon(at_once=True)
        else:
            self._show_side()

    @Slot()
    def _show_side(self) -> None:
        if not self.side.isVisible() or self._session.vocabulary is None:
            return
        labels, document = self._session.vocabulary.labels, self._session.document
        if self._session.tokens.pending is None:
            drawn, self._nodes = step_views.tree_nodes(document, labels)
            ends = sum(node.leaf is not None for node in drawn)
            self.side.show_tree(drawn, step_views.branch_summary(document, ends))
        self.details.show_dice()

    def _show_context(self) -> None:
        session = self._session
        if session.model is None:
            return
        count, known = len(session.tokens), session.next_token
        seen_from = known.seen_from if known is not None else 0
        end = (
            min(known.seen_to, count) if known is not None and session.selection.token is not None else count
        )
        seen = min(end - min(seen_from, end), session.model.context)
        self.bar.meter.show_context(seen, session.model.context, end - seen)

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        self.text.set_selected(selection.token)
        self.details.show_dice()

    @Slot(object)
    def _next_token_changed(self, known: NextToken | None) -> None:
        self._stale = True
        self._repaint.soon(at_once=False)

    @Slot()
    def _outdated(self) -> None:
        self._stale = True
        self._show_if_stale()

    @Slot(bool)
    def _generating_changed(self, generating: bool) -> None:
        if generating:
            self._set_watch()
            # Space pauses now, and is no letter.
            self.text.set_editing(False)
        self._update_buttons()

    @Slot()
    def _update_buttons(self) -> None:
        session = self._session
        ready = session.model is not None and bool(len(session.tokens)) and session.tokens.pending is None
        self.bar.set_state(
            running=session.generating, can_write=ready, can_take_back=session.writing.can_take_back
        )
        self.side.seed.repeat.setEnabled(ready and session.writing.can_repeat)

    @Slot(object)
    def _finished(self, finished: Finished) -> None:
        request = finished.request
        told = isinstance(request, Generate) and not request.uniforms  # of a repetition, how it compares
        if told and finished.why not in ("", "cancelled"):
            self.info.setText(finished.why)

    @Slot()
    def _seed_changed(self) -> None:
        self.side.seed.show_seed(self._session.writing.seed, self._session.writing.fixed)

    @Slot(int, int)
    def _repeated(self, same: int, count: int) -> None:
        if same == count:
            said = f"The same {count:,} tokens came again."
        else:
            said = f"The first {same:,} of {count:,} tokens came again; the settings have changed since."
        self.side.seed.said.setText(said)
        self.info.setText(said)

    # What the user does

    def _show_example(self) -> None:
        self._session.edit_text(EXAMPLE)

    @Slot()
    def play_or_pause(self) -> None:
        """Write on at the end of the text, or pause."""
        if self._session.generating:
            self._session.writing.pause()
        else:
            self._write()

    @Slot()
    def step(self) -> None:
        """Write one token at the end of the text."""
        self.info.setText("")
        self._session.writing.start(count=1)

    @Slot()
    def _write(self) -> None:
        self.info.setText("")
        stops = self.side.seed.stop_texts + self.chatting.stops
        self._session.writing.start(count=self.side.seed.length.value() or ENDLESS, stops=stops)

    @Slot(object)
    def _edited(self, text: str) -> None:
        self._session.edit_text(text)
        self._show_now()  # the caret waits for nothing

    @Slot(bool)
    def _edit_clicked(self, editing: bool) -> None:
        self.text.set_editing(editing)
        self.text.setFocus()

    @Slot(object)
    def _clicked(self, token: int | None) -> None:
        if self._session.tokens.pending is None:
            self._session.select(token)

    @Slot(int)
    def _node_chosen(self, index: int) -> None:
        node = self._nodes[index]
        session = self._session
        session.writing.show_branch(node.leaf if node.leaf is not None else node.branch)
        if node.leaf is None and node.end and node.end <= len(session.tokens):
            session.select(node.end - 1)
        else:
            session.select(None)

    @Slot(object)
    def _stretch_changed(self, stretch: tuple[int, int] | None) -> None:
        if stretch is not None:
            self.info.setText(self.coloring.perplexity_in_words(stretch))
        elif self._told_stretch:
            self.info.setText("")  # it spoke of a stretch that is no longer selected
        self._told_stretch = stretch is not None

    def _take_key(self, event: QKeyEvent) -> bool:
        """What a key does in the text; False if it is none of the pane's."""
        session, key = self._session, event.key()
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and len(session.tokens):
            step = 1 if key == Qt.Key.Key_Right else -1
            session.select(min(max(session.position + step, 0), len(session.tokens) - 1))
        elif key == Qt.Key.Key_Space and session.generating:
            session.writing.pause()
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Space):
            self.step()
        elif key == Qt.Key.Key_Left:
            session.writing.take_back()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not control and len(session.tokens):
            self.details.open_card(session.position)
        elif key == Qt.Key.Key_Escape:
            self.card.close_card()
            session.select(None)
        else:
            return False
        return True

    # A draw at a slow pace

    @Slot()
    def _set_watch(self) -> None:
        self._session.writing.watch = self.show_draws.isChecked() and motion_is_wanted(self)

    @Slot(str, QRect, int)
    def fly_in(self, label: str, begin: QRect, milliseconds: int) -> None:
        """Let a token that was drawn at a place of the screen fly to the end of the text."""
        view, end = self.text.viewport(), self.text.end_rect()
        if self.isVisible() and not self.is_empty and view.rect().contains(end.center()):
            end.moveTopLeft(view.mapToGlobal(end.topLeft()))
            self._flight.start(label, begin, end, self.window(), milliseconds)

    # Modes

    @Slot(int)
    def _mode_clicked(self, index: int) -> None:
        self.chatting.set_on(index == 1)

    # Room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.card.close_card()
        self._place_side()

    @Slot()
    def _place_side(self) -> None:
        self.side.fit(self.width())
        wide = self.width() >= self.look.px(SIDE_FROM)
        self.side.setVisible(wide and self.side_button.isChecked())
        self.side_button.setEnabled(wide)
        self._show_side_soon()

    # Data

    def _ask_text(self) -> None:
        self.path_asked.emit("Save the text", "text.txt", self.save_text)

    def _ask_markdown(self) -> None:
        self.path_asked.emit("Save the text and its draws", "text.md", self.save_markdown)

    def save_text(self, path: Path) -> None:
        """Write the text alone. Raises OSError if the file cannot be written."""
        path.write_text(self._session.text, encoding="utf-8", errors="surrogateescape", newline="")

    def save_markdown(self, path: Path) -> None:
        """Write the text with its draws as a table. Raises OSError if the file cannot be written."""
        session = self._session
        if session.vocabulary is not None:
            model = session.model.name if session.model is not None else ""
            content = steps_table.markdown(session.text, session.document.branch, session.vocabulary, model)
            path.write_text(content, encoding="utf-8", errors="replace", newline="")

    def tables(self) -> list[Table]:
        """The draws of the text looked at."""
        vocabulary, branch = self._session.vocabulary, self._session.document.branch
        if vocabulary is None or not branch.generated_up_to(len(branch)):
            return []
        return [Table("steps", steps_table.COLUMNS, lambda: steps_table.rows(branch, vocabulary))]
