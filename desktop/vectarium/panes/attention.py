"""The Attention pane: every head of every layer, and one of them down to its arithmetic."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter

from vectarium.drawing.frame import CALM_MS, FRAME_MS, Frame
from vectarium.drawing.heads.head_switches import HeadSwitches
from vectarium.drawing.palette import Look
from vectarium.drawing.rows import ShrinkingRow
from vectarium.messages import Failed, LoadModel, ModelLoaded, Run
from vectarium.panes.attention_grid import AttentionGrid
from vectarium.panes.attention_head import AttentionHead
from vectarium.panes.attention_saving import SAVES, AttentionSaving
from vectarium.panes.pane import Pane, Table
from vectarium.session.attention_reading import AttentionReading
from vectarium.session.session import NextToken, Selection, Session
from vectarium.session.tokens import Tokens

EXAMPLE = "A fluffy blue creature roamed the verdant forest"


class AttentionPane(Pane):
    """The grid on the left, the selected head on the right."""

    title = "Attention"
    key = "attention"
    help = (
        "<p>Each small picture is the attention pattern of one head for your text: how much each token "
        "(query) takes from every token up to it (key). A row of pictures is a layer.</p>"
        "<p>Click a picture or walk with the arrow keys to see that head large; Shift and a click adds "
        "heads, whose mean or maximum is shown together. Point at a cell of the large picture to see how "
        "its number comes about, click to hold it; the wheel zooms, dragging moves, a double-click shows "
        "all.</p>"
        "<p><b>q·k</b>, <b>÷ √d</b>, <b>mask</b>, <b>softmax</b> are the steps to the weights. Pictures "
        "of more than 64 tokens are reduced by maximum, so that a single strong link stays visible.</p>"
        "<p><b>Words</b> sums the weights on the tokens of a word and averages those from them, here and in "
        "the text above (Ctrl+Shift+W). <b>Hide first-token sink</b> leaves the first token out and shares "
        "its weight among the others, in the pictures and in the measures that <b>sort</b> orders and "
        "filters heads by.</p>"
        "<p><b>Convention</b>: “video” draws keys down and queries across, with the softmax down each "
        "column, as in the visual lectures; “paper” draws the transpose, as papers and code do.</p>"
    )
    convention_changed = Signal(str)

    def __init__(self, session: Session, look: Look, convention: str = "video") -> None:
        super().__init__(look)
        self._session = session
        self.reading = AttentionReading(session, self)
        self.switches = HeadSwitches(self, convention)
        self.head = AttentionHead(session, self.reading, self.switches, look, self)
        self.panel = self.head.panel
        self._dirty_grid = self._dirty_head = False
        self._repaint_grid = Frame(self, FRAME_MS, CALM_MS)
        self._repaint_head = Frame(self, FRAME_MS, CALM_MS)
        self._repaint_grid.due.connect(self._show_dirty_grid)
        self._repaint_head.due.connect(self._show_dirty_head)
        self._asking = Frame(self, 2 * CALM_MS)  # all heads cost the model time
        self._asking.due.connect(self._ask)
        self._build(look)
        self._listen()
        self._agree()
        self.switches.words.setChecked(session.words)
        self._say_waiting()

    def _build(self, look: Look) -> None:
        row = ShrinkingRow()
        for button in self.switches.buttons():
            row.add(button)
        self.tools.addWidget(row)
        self.switches.fill(self.menu, self.menu.actions()[0])
        for text, name in SAVES:
            self.menu.addAction(text, partial(self._ask_where, name))
        self.heads = AttentionGrid(self.switches, look)
        self.grid = self.heads.grid
        self._saving = AttentionSaving(self.grid, self.head, self.reading)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.heads)
        self._split.addWidget(self.panel)
        self._split.splitterMoved.connect(self._split_moved)
        self._split_by_hand = False
        layout = QHBoxLayout(self.body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._split)

    @Slot()
    def _split_moved(self) -> None:
        self._split_by_hand = True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """The grid gets what it fills, within limits, until the user shares the room out otherwise."""
        room = self.width()
        if self._split_by_hand or room < 1:
            return
        wanted = self.heads.wanted_width(self.height())
        grid = round(0.4 * room) if wanted is None else round(min(max(wanted, 0.25 * room), 0.4 * room))
        if self._split.sizes()[0] != grid:
            self._split.setSizes([grid, room - grid])

    def _listen(self) -> None:
        session, reading, switches = self._session, self.reading, self.switches
        session.next_token_changed.connect(self._next_token_changed)
        session.tokens_changed.connect(self._tokens_changed)
        session.selection_changed.connect(self._selection_changed)
        session.hover_changed.connect(self._hover_changed)
        session.model_changed.connect(self._model_changed)
        session.failed.connect(self._failed)
        reading.heads_changed.connect(self._heads_changed)
        reading.head_changed.connect(self._head_changed)
        reading.heads_read.connect(self._ask_soon)
        reading.failed.connect(self.show_empty)
        self.grid.chosen.connect(self._head_chosen)
        self.grid.added.connect(self._head_added)
        self.head.wants_changed.connect(self._ask)
        self.head.sheet.path_asked.connect(self.path_asked)
        switches.words_changed.connect(session.set_words)
        session.words_changed.connect(self._words_changed)
        switches.order_changed.connect(self._show_grid)
        switches.sink_changed.connect(self._sink_changed)
        switches.together_changed.connect(self._together_changed)
        switches.convention_changed.connect(self._convention_changed)
        switches.dots_changed.connect(self._dots_changed)

    def set_look(self, look: Look) -> None:
        self.look = look

    # What the session says

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    @Slot()
    def _ask(self) -> None:
        if self.isVisible():
            self.reading.ask()

    @Slot(object)
    def _next_token_changed(self, known: NextToken | None) -> None:
        if known is None and not self._session.text:
            self.reading.forget()
            self._say_waiting()
        self._ask_soon()

    @Slot()
    def _ask_soon(self) -> None:
        if self._session.generating:
            self._asking.soon(at_once=True)
        else:
            self._ask()

    @Slot(object)
    def _tokens_changed(self, tokens: Tokens) -> None:
        if not tokens.text:
            self.reading.forget()
            self._say_waiting()
        elif not self._session.generating:
            self._ask()  # while the model computes what comes next

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        self._mark()
        self.head.mark()
        self._ask()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self.grid.show_heads(None)
        self.head.clear()
        self._say_waiting()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        first_load = isinstance(failure.request, LoadModel) and self._session.model is None
        if isinstance(failure.request, Run) or first_load:
            self.reading.forget()  # or what is known of an older text would come back with the next picture
            self.show_empty(f"{failure.message}\n{failure.advice}")

    @Slot(object)
    def _hover_changed(self, token: int | None) -> None:
        self.panel.matrix.set_lit(None if token is None else self.head.place(token))

    def _say_waiting(self) -> None:
        self.info.setText("")
        if self._session.model is None:
            self.show_empty("The model is starting. What its heads attend to will appear here.")
        elif not self._session.text:
            self.show_empty(
                "Write something above, and what every head of every layer attends to will appear here.",
                f"“{EXAMPLE}”",
                self._show_example,
            )
        else:
            self.show_empty("Reading the text …")

    def _show_example(self) -> None:
        self._session.edit_text(EXAMPLE)

    # Switches

    def _agree(self) -> None:
        down = self.switches.queries_down
        self.grid.set_queries_down(down)
        self.panel.matrix.set_queries_down(down)
        self.head.sheet.set_queries_down(down)

    @Slot()
    def _convention_changed(self) -> None:
        self._agree()
        self.head.show_all()
        self.convention_changed.emit(self.switches.convention)

    @Slot()
    def _dots_changed(self) -> None:
        self.panel.matrix.set_dots(self.switches.dots.isChecked())

    @Slot(bool)
    def _words_changed(self, words: bool) -> None:
        self.switches.words.setChecked(words)
        self._ask()
        self.head.show_all()

    @Slot()
    def _sink_changed(self) -> None:
        self.reading.hide_sink = self.switches.sink.isChecked()
        self._ask()
        self.head.show_all()

    @Slot()
    def _together_changed(self) -> None:
        self.reading.maximum = self.switches.maximum.isChecked()
        self._ask()

    @Slot(int, int)
    def _head_chosen(self, layer: int, head: int) -> None:
        alone = not self.reading.added
        self.reading.added = ()
        self._session.select_head(layer, head)
        if not alone:
            self._mark()
            self._ask()
            self.head.show_all()

    @Slot(int, int)
    def _head_added(self, layer: int, head: int) -> None:
        selection, added = self._session.selection, self.reading.added
        if (layer, head) == (selection.layer, selection.head):
            return
        one = (layer, head)
        self.reading.added = (
            tuple(other for other in added if other != one) if one in added else (*added, one)
        )
        self._mark()
        self._ask()
        self.head.show_all()

    def _mark(self) -> None:
        selection = self._session.selection
        self.grid.set_selected((selection.layer, selection.head), frozenset(self.reading.added))

    # Showing

    @Slot()
    def _heads_changed(self) -> None:
        self._dirty_grid = True
        self._show_soon(self._repaint_grid)

    @Slot()
    def _head_changed(self) -> None:
        self._dirty_head = True
        self._show_soon(self._repaint_head)

    def _show_soon(self, frame: Frame) -> None:
        """Calmly while text streams, else at once."""
        if self._session.streams:
            frame.soon(at_once=False)
        else:
            frame.due.emit()

    @Slot()
    def _show_dirty_grid(self) -> None:
        if self._dirty_grid:
            self._dirty_grid = False
            self._show_grid()

    @Slot()
    def _show_dirty_head(self) -> None:
        if self._dirty_head:
            self._dirty_head = False
            self.head.show_all()

    @Slot()
    def _show_grid(self) -> None:
        heads = self.reading.heads
        if heads is None:
            return
        self.show_body()
        self.heads.show_heads(heads)
        self._share_room()
        self._mark()
        self.head.show_measures()
        layers, count = heads.measures.shape[1:]
        self.info.setText(f"{layers} × {count} heads · {heads.seen.end - heads.seen.start:,} tokens")

    # Data

    @property
    def settled(self) -> bool:
        """Whether everything asked for is on screen."""
        return self.is_empty or not (self.reading.waiting or self._dirty_grid or self._dirty_head)

    def tables(self) -> list[Table]:
        return self._saving.tables()

    def export(self, folder: Path) -> None:
        self.save_json(folder / "attention.json")
        self._saving.export(self.look, folder)

    def _ask_where(self, name: str) -> None:
        """Save the grid, the large picture or the patterns alone."""
        self.path_asked.emit("Save attention", name, self._saving.saver(self.look, name))
