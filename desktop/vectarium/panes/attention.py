"""The Attention pane: every head of every layer, and one of them down to its arithmetic."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from vectarium.attention_reading import AttentionReading, Heads
from vectarium.drawing.head_grid import HeadGrid, Thumbnails
from vectarium.drawing.head_panel import HeadPanel
from vectarium.drawing.head_switches import HeadSwitches
from vectarium.drawing.head_view_painting import Matrix
from vectarium.drawing.palette import Look
from vectarium.drawing.rows import ShrinkingRow
from vectarium.head_measures import MEASURES, by_words, in_words, without_first, word_starts
from vectarium.head_numbers import MASKED, SOFTMAX, arithmetic, stage_values
from vectarium.messages import Failed, LoadModel, ModelLoaded, Run
from vectarium.messages_attention import HeadRead, PatternsRead
from vectarium.panes.pane import Pane, Table
from vectarium.session import NextToken, Selection, Session, Tokens

EXAMPLE = "A fluffy blue creature roamed the verdant forest"
REPAINT_MS = 33
SINK = (
    "A head that finds nothing to look for rests its weight on the first token: the attention sink. "
    "“Hide first-token sink” shows what is left."
)


class AttentionPane(Pane):
    """The grid on the left, the selected head on the right."""

    title = "Attention"
    key = "attention"
    help = (
        "<p>Each small picture is the attention pattern of one head for your text: how much each token (query) "
        "takes from every token up to it (key). A row of pictures is a layer.</p>"
        "<p>Click a picture or walk with the arrow keys to see that head large; Shift and a click adds heads, "
        "whose mean or maximum is shown together. Point at a cell of the large picture to see how its number "
        "comes about, click to hold it; the wheel zooms, dragging moves, a double-click shows all.</p>"
        "<p><b>q·k</b>, <b>÷ √d</b>, <b>mask</b>, <b>softmax</b> are the steps to the weights. Pictures of "
        "more than 64 tokens are reduced by maximum, so that a single strong link stays visible.</p>"
        "<p><b>Convention</b>: “video” draws keys down and queries across, with the softmax down each column, "
        "as in the visual lectures; “paper” draws the transpose, as papers and code do.</p>"
    )
    convention_changed = Signal(str)

    def __init__(self, session: Session, look: Look, convention: str = "video") -> None:
        super().__init__(look)
        self._session = session
        self.reading = AttentionReading(session, self)
        self.switches = HeadSwitches(self, convention)
        self._held: tuple[int, int] | None = None
        self._pointed: tuple[int, int] | None = None
        self._starts: npt.NDArray[np.int64] | None = None  # [word] its first token, where words are shown
        self._dirty = False
        self._repaint = QTimer(self)
        self._repaint.setSingleShot(True)
        self._repaint.setInterval(REPAINT_MS)
        self._repaint.timeout.connect(self._repaint_due)
        self._build(look)
        self._listen()
        self._agree()
        self._say_waiting()

    def _build(self, look: Look) -> None:
        row = ShrinkingRow()
        for button in self.switches.buttons():
            row.add(button)
        self.tools.addWidget(row)
        self.switches.fill(self.menu, self.menu.actions()[0])
        self.grid = HeadGrid(look)
        self.panel = HeadPanel(look, ())
        left = QWidget()
        self._left = QVBoxLayout(left)
        self._grid_note = QLabel()
        self._grid_note.setProperty("role", "small")
        self._grid_note.setWordWrap(True)
        self._left.addWidget(self.grid, 1)
        self._left.addWidget(self._grid_note)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(left)
        self._split.addWidget(self.panel)
        self._split.setSizes([450, 550])
        layout = QHBoxLayout(self.body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._split)
        self.set_look(look)

    def _listen(self) -> None:
        session, reading, switches = self._session, self.reading, self.switches
        session.next_token_changed.connect(self._next_token_changed)
        session.tokens_changed.connect(self._tokens_changed)
        session.selection_changed.connect(self._selection_changed)
        session.hover_changed.connect(self._hover_changed)
        session.model_changed.connect(self._model_changed)
        session.failed.connect(self._failed)
        reading.heads_changed.connect(self._show_soon)
        reading.head_changed.connect(self._show_soon)
        reading.failed.connect(self.show_empty)
        self.grid.chosen.connect(self._head_chosen)
        self.grid.added.connect(self._head_added)
        self.panel.matrix.pointed.connect(self._cell_pointed)
        self.panel.matrix.clicked.connect(self._cell_clicked)
        self.panel.stage_changed.connect(self._show_head)
        switches.words_changed.connect(self._show_head)
        switches.order_changed.connect(self._show_grid)
        switches.sink_changed.connect(self._sink_changed)
        switches.together_changed.connect(self._together_changed)
        switches.convention_changed.connect(self._convention_changed)
        switches.dots_changed.connect(self._dots_changed)

    def set_look(self, look: Look) -> None:
        self.look = look
        self._left.setContentsMargins(look.px(10), look.px(8), look.px(4), look.px(8))

    # What the session says

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        if self.isVisible():
            self.reading.ask()

    @Slot(object)
    def _next_token_changed(self, known: NextToken | None) -> None:
        if known is None and not self._session.text:
            self.reading.forget()
            self._say_waiting()
        self._ask()

    @Slot(object)
    def _tokens_changed(self, tokens: Tokens) -> None:
        if not tokens.text:
            self.reading.forget()
            self._say_waiting()

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        self._mark()
        self.panel.matrix.set_marked(self._marked())
        self._ask()

    @Slot(object)
    def _model_changed(self, model: ModelLoaded) -> None:
        self.grid.show_heads(None)
        self.panel.matrix.show_matrix(None)
        self._say_waiting()

    @Slot(object)
    def _failed(self, failure: Failed) -> None:
        first_load = isinstance(failure.request, LoadModel) and self._session.model is None
        if isinstance(failure.request, Run) or first_load:
            self.show_empty(f"{failure.message}\n{failure.advice}")

    @Slot(object)
    def _hover_changed(self, token: int | None) -> None:
        self.panel.matrix.set_lit(None if token is None else self._place(token))

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

    @Slot()
    def _convention_changed(self) -> None:
        self._agree()
        self._show_head()
        self.convention_changed.emit(self.switches.convention)

    @Slot()
    def _dots_changed(self) -> None:
        self.panel.matrix.set_dots(self.switches.dots.isChecked())

    @Slot()
    def _sink_changed(self) -> None:
        self.reading.hide_sink = self.switches.sink.isChecked()
        self._ask()
        self._show_head()

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
            self._show_head()

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
        self._show_head()

    def _mark(self) -> None:
        selection = self._session.selection
        self.grid.set_selected((selection.layer, selection.head), frozenset(self.reading.added))

    # Showing

    @Slot()
    def _show_soon(self) -> None:
        self._dirty = True
        if not self._repaint.isActive():
            self._repaint_due()

    @Slot()
    def _repaint_due(self) -> None:
        if self._dirty:
            self._dirty = False
            self._repaint.start()
            self._show_grid()
            self._show_head()

    @Slot()
    def _show_grid(self) -> None:
        heads = self.reading.heads
        if heads is None:
            return
        self.show_body()
        measures = heads.measures
        every = list(np.ndindex(measures.shape[1:]))[: heads.ready * measures.shape[2]]
        sort = self.switches.sort
        order = None
        if sort >= 0:
            values = measures[sort]
            least = self.switches.least if MEASURES[sort].weight else -np.inf
            listed = [head for head in every if not values[head] < least]
            order = tuple(sorted(listed, key=lambda head: -np.nan_to_num(values[head], nan=-np.inf)))
        self.grid.show_heads(
            Thumbnails(
                heads.cells,
                heads.ready,
                {head: in_words(measures[:, *head]) for head in every},
                {head: MEASURES[sort].text(measures[sort][head]) for head in every} if sort >= 0 else {},
                order,
                self.switches.averages.isChecked(),
            )
        )
        self._mark()
        self._grid_note.setText(self._about_grid(heads, order))
        self._grid_note.setVisible(bool(self._grid_note.text()))
        layers, count = measures.shape[1:]
        self.info.setText(f"{layers} × {count} heads · {heads.seen.end - heads.seen.start:,} tokens")

    def _about_grid(self, heads: Heads, order: tuple[object, ...] | None) -> str:
        notes = []
        if order is not None:
            how = MEASURES[self.switches.sort].how
            cut = f" {len(order):,} of {heads.measures[0].size:,} heads." if self.switches.least else ""
            notes.append(f"layer·head, {how[0].lower()}{how[1:]}{cut}")
        if heads.hide_sink:
            notes.append("First token hidden, the rest shared out again; the measures count all tokens.")
        if heads.tokens_a_cell > 1:
            notes.append(
                f"Each dot is the largest weight among {heads.tokens_a_cell} × {heads.tokens_a_cell} tokens."
            )
        return " ".join(notes)

    def _current(self) -> HeadRead | PatternsRead | None:
        """What is large: the selected head, or several in one."""
        return self.reading.together if self.reading.added else self.reading.head

    @Slot()
    def _show_head(self) -> None:
        shown = self._current()
        panel = self.panel
        if shown is None or self._session.vocabulary is None:
            return
        alone = isinstance(shown, HeadRead)
        vocabulary, tokens = self._session.vocabulary, shown.seen.tokens
        words = self.switches.words.isChecked()
        self._starts = word_starts([vocabulary.token_bytes[token] for token in tokens]) if words else None
        reason = "Only single heads have" if not alone else "Only tokens, not words, have"
        panel.set_stages_enabled(alone and not words, f"{reason} scores: show weights, or switch back.")
        stage = panel.stage
        values = stage_values(shown, stage) if alone else shown.pattern
        labels = tuple(vocabulary.labels[token] for token in tokens)
        if stage == SOFTMAX:
            if self.switches.sink.isChecked():
                values = without_first(values)
            if self._starts is not None:
                values = by_words(values, self._starts)
                ends = [*self._starts[1:].tolist(), len(labels)]
                labels = tuple("".join(labels[a:b]) for a, b in zip(self._starts, ends, strict=True))
        panel.matrix.show_matrix(
            Matrix(values, labels, stage == SOFTMAX, stage in (MASKED, SOFTMAX), stage == MASKED)
        )
        panel.matrix.set_marked(self._marked())
        self._name(shown)
        panel.note.setText(self._about_stage(values))
        if self._held is not None and max(self._held) >= len(labels):
            self._held = None
        panel.matrix.set_held(self._held)
        self._explain()

    def _name(self, shown: HeadRead | PatternsRead) -> None:
        heads = self.reading.heads
        if isinstance(shown, PatternsRead):
            kind = "Maximum" if shown.maximum else "Mean"
            self.panel.name.setText(f"{kind} of {len(shown.heads)} heads")
            self.panel.does.setText(", ".join(f"{layer}·{head}" for layer, head in shown.heads))
            return
        self.panel.name.setText(f"Layer {shown.layer} · head {shown.head}")
        does = ""
        if heads is not None and heads.ready > shown.layer and heads.seen.same(shown.seen):
            measures = heads.measures[:, shown.layer, shown.head]
            does = in_words(measures)
            if measures[1] >= 0.5 and not self.switches.sink.isChecked():
                self.panel.does.setToolTip(SINK)
                does += ", the attention sink"
        self.panel.does.setText(does)
        self.panel.matrix.setAccessibleDescription(f"{self.panel.name.text()}: {does}")

    def _about_stage(self, values: npt.NDArray[np.float32]) -> str:
        paper = self.switches.queries_down
        line = "row" if paper else "column"
        which = "Paper: queries down, keys across" if paper else "Video: keys down, queries across"
        stage = self.panel.stage
        if stage == SOFTMAX:
            text = f"{which}; the softmax makes each {line} sum to 100 %."
            if self.switches.sink.isChecked():
                text += " The first token is hidden and the rest shared out again."
            return text
        finite = np.abs(values[np.isfinite(values)])
        text = f"{which}. Blue is positive, red negative, full colour at ±{finite.max(initial=0):.1f}."
        return text + (" Later keys are −∞." if stage == MASKED else "")

    # Pointing

    def _place(self, token: int) -> int | None:
        """Where a token of the text is in the matrix."""
        shown = self._current()
        if shown is None or not shown.seen.start <= token < shown.seen.end:
            return None
        place = token - shown.seen.start
        if self._starts is not None:
            return int(np.searchsorted(self._starts, place, side="right")) - 1
        return place

    def _marked(self) -> int | None:
        return self._place(self._session.position) if self._session.position >= 0 else None

    @Slot(object)
    def _cell_pointed(self, cell: tuple[int, int] | None) -> None:
        self._pointed = cell
        shown = self._current()
        if cell is None or shown is None:
            self._session.set_hover(None)
        else:
            key = cell[1] if self._starts is None else int(self._starts[cell[1]])
            self._session.set_hover(shown.seen.start + key)
        self._explain()

    @Slot(int, int)
    def _cell_clicked(self, query: int, key: int) -> None:
        self._held = None if self._held == (query, key) else (query, key)
        self.panel.matrix.set_held(self._held)
        self._explain()

    def _explain(self) -> None:
        """The arithmetic of the cell pointed at, or of the one that is held."""
        cell, shown, panel = self._pointed or self._held, self._current(), self.panel
        matrix = panel.matrix.matrix
        if cell is None or shown is None or matrix is None or max(cell) >= len(matrix.labels):
            panel.arithmetic.say()
        elif isinstance(shown, HeadRead) and self._starts is None:
            found = arithmetic(shown, *cell, without_first=self.switches.sink.isChecked())
            labels = matrix.labels
            panel.arithmetic.show_arithmetic(
                found, labels[cell[0]], labels[cell[1]], self.switches.queries_down
            )
        else:
            weight = float(matrix.values[cell])
            panel.arithmetic.say(f"{matrix.labels[cell[0]]} → {matrix.labels[cell[1]]}: {100 * weight:.1f} %")

    # Data

    def tables(self) -> list[Table]:
        """The weights on screen, and the measures of every head."""
        matrix, heads = self.panel.matrix.matrix, self.reading.heads
        tables = []
        if matrix is not None:
            tables.append(
                Table(
                    "pattern",
                    ("query", "key", "query_token", "key_token", "value"),
                    lambda: (
                        (
                            query,
                            key,
                            matrix.labels[query],
                            matrix.labels[key],
                            float(matrix.values[query, key]),
                        )
                        for query in range(len(matrix.labels))
                        for key in range(query + 1)
                    ),
                )
            )
        if heads is not None:
            names = tuple(measure.name for measure in MEASURES)
            tables.append(
                Table(
                    "heads",
                    ("layer", "head", *names),
                    lambda: (
                        (
                            *head,
                            *(
                                None if np.isnan(value) else float(value)
                                for value in heads.measures[:, *head]
                            ),
                        )
                        for head in np.ndindex(heads.measures.shape[1:])
                    ),
                )
            )
        return tables
