"""The right side of the Attention pane: the selected head as matrix, lines, what it moves, or a worksheet."""

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from vectarium.attention.head_captions import EVERY_TOKEN, SINK_FROM, Shown, caption, described
from vectarium.attention.head_measures import FIRST_TOKEN, without_first
from vectarium.attention.head_numbers import MASKED, SOFTMAX, arithmetic, stage_values
from vectarium.attention.worksheet import MOST_TOKENS
from vectarium.drawing.heads.head_lines import HeadLines, Lines
from vectarium.drawing.heads.head_moves import HeadMoves
from vectarium.drawing.heads.head_panel import MATRIX, HeadPanel
from vectarium.drawing.heads.head_switches import HeadSwitches
from vectarium.drawing.heads.head_view_painting import Matrix
from vectarium.drawing.heads.head_worksheet import HeadWorksheet
from vectarium.drawing.palette import Look
from vectarium.messages_attention import HeadRead, PatternsRead
from vectarium.panes.attention_views import moves_of, sheet_of
from vectarium.session.attention_reading import AttentionReading
from vectarium.session.session import Session
from vectarium.words import by_words

LINES, MOVES, BY_HAND = 1, 2, 3


class AttentionHead(QObject):
    """Fills `panel` from what `reading` knows."""

    wants_changed = Signal()  # another view needs other answers

    def __init__(
        self, session: Session, reading: AttentionReading, switches: HeadSwitches, look: Look, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._reading, self._switches = session, reading, switches
        self._held: tuple[int, int] | None = None
        self._pointed: tuple[int, int] | None = None
        self._weights: npt.NDArray[np.float32] | None = None
        self._starts: npt.NDArray[np.int64] | None = None  # [word] its first token, where words are shown
        self._painted: HeadRead | PatternsRead | None = None
        self.lines, self.moves, self.sheet = HeadLines(look), HeadMoves(look), HeadWorksheet(look)
        self.panel = HeadPanel(
            look,
            (
                ("Lines", "The weights as lines from queries to keys", self.lines),
                ("What moves", "What the head adds to the selected token, and from where", self.moves),
                (
                    "By hand",
                    f"The head worked out step by step for the first {MOST_TOKENS} tokens",
                    self.sheet,
                ),
            ),
        )
        self.panel.matrix.pointed.connect(self._cell_pointed)
        self.panel.matrix.clicked.connect(self._cell_clicked)
        self.lines.pointed.connect(self._token_pointed)
        self.panel.stage_changed.connect(self.show_all)
        self.panel.view_changed.connect(self._view_changed)
        reading.moves_changed.connect(self.show_moves)

    @property
    def matrix(self) -> Matrix | None:
        return self.panel.matrix.matrix

    def clear(self) -> None:
        """Another model: nothing is known of it."""
        self._held = self._pointed = self._painted = None
        self.panel.matrix.show_matrix(None)
        self.lines.show_lines(None)
        self.moves.show_moves(None)
        self.sheet.show_sheet(None)

    @property
    def current(self) -> HeadRead | PatternsRead | None:
        """What is large: the selected head, or several in one where a view can show that."""
        several = self._reading.added and self.panel.view in (MATRIX, LINES)
        return self._reading.together if several else self._reading.head

    @property
    def weights(self) -> npt.NDArray[np.float32] | None:
        """The pattern as it is shown, [query, key] of tokens or words."""
        return self._weights

    def labels_of(self, shown: HeadRead | PatternsRead) -> tuple[str, ...]:
        assert self._session.vocabulary is not None
        labels = self._session.vocabulary.labels
        return tuple(labels[token] for token in shown.seen.tokens.tolist())

    @Slot()
    def show_all(self) -> None:
        """Show what is known in the view that is open."""
        shown = self.current
        if shown is None or self._session.vocabulary is None:
            return
        alone, words = isinstance(shown, HeadRead), self._session.words
        reason = "Words have no scores of their own" if alone else "Several heads in one have no scores"
        self.panel.set_stages_enabled(alone and not words, f"{reason}: only the weights are shown")
        self._show_matrix(shown)
        self._name(shown)
        self.mark()
        self._explain()
        if self.panel.view == MOVES:
            self.show_moves()
        elif self.panel.view == BY_HAND:
            self._show_sheet(shown)

    def _show_matrix(self, shown: HeadRead | PatternsRead) -> None:
        vocabulary = self._session.vocabulary
        assert vocabulary is not None
        self._painted = shown
        stage, labels, weights = self.panel.stage, self.labels_of(shown), shown.pattern
        if isinstance(shown, HeadRead) and self._switches.sink.isChecked():
            weights = without_first(weights)
        self._starts = None
        if self._in_words(shown):
            tokens = shown.seen.tokens
            self._starts = vocabulary.word_starts(tokens)
            labels = vocabulary.word_labels(tokens, self._starts)
            if isinstance(shown, HeadRead):
                weights = by_words(weights, self._starts)
        self._weights = values = weights
        if isinstance(shown, HeadRead) and stage != SOFTMAX:
            values = stage_values(shown, stage)
        if self._held is not None and max(self._held) >= len(labels):
            self._held = None
        matrix = Matrix(values, labels, stage == SOFTMAX, stage in (MASKED, SOFTMAX), stage == MASKED)
        self.panel.matrix.show_matrix(matrix)
        self.panel.matrix.set_held(self._held)
        if self.panel.view == LINES:
            self.lines.show_lines(Lines(weights, labels, self._apart(shown)))
        self.panel.set_note(self._about(shown, matrix))

    def _in_words(self, shown: HeadRead | PatternsRead) -> bool:
        """Several heads come as they were asked for, one in full, to be treated here."""
        return self._session.words if isinstance(shown, HeadRead) else shown.treatment.words

    def _hides_sink(self, shown: HeadRead | PatternsRead) -> bool:
        return self._switches.sink.isChecked() if isinstance(shown, HeadRead) else shown.treatment.hide_sink

    def _apart(self, shown: HeadRead | PatternsRead) -> tuple[tuple[str, npt.NDArray[np.float32]], ...]:
        """The patterns of several heads by name."""
        if not isinstance(shown, PatternsRead) or shown.each is None:
            return ()
        names = [f"{layer}·{head}" for layer, head in shown.heads]
        return tuple(zip(names, shown.each, strict=True))

    def show_measures(self) -> None:
        """Say of the head that is painted what its measures say, now that they are there."""
        shown, matrix = self._painted, self.matrix
        if shown is not None and matrix is not None:
            self._name(shown)
            self.panel.set_note(self._about(shown, matrix))

    def _name(self, shown: HeadRead | PatternsRead) -> None:
        panel, of_weights = self.panel, self.panel.view == LINES or self._of_weights
        panel.does.setToolTip("")
        hidden = " · first token hidden" if of_weights and self._hides_sink(shown) else ""
        if isinstance(shown, PatternsRead):
            kind = "Maximum" if shown.maximum else "Mean"
            panel.does.setText(", ".join(f"{layer}·{head}" for layer, head in shown.heads))
            panel.set_name(f"{kind} of {len(shown.heads)} heads{hidden}")
        else:
            measures, does = self._measures(shown), ""
            if measures is not None:
                does, numbers = described(*measures)
                panel.does.setToolTip(numbers)
            panel.does.setText(does)
            panel.set_name(f"Layer {shown.layer} · head {shown.head}{hidden}")
        panel.matrix.setAccessibleDescription(f"{panel.name.text()}: {panel.does.text()}")

    @property
    def _of_weights(self) -> bool:
        """Whether the matrix shows weights, not scores."""
        return self.panel.view == MATRIX and self.panel.stage == SOFTMAX

    def _measures(self, shown: HeadRead) -> tuple[npt.NDArray[np.float64], bool] | None:
        """The measures of a head for its own text, once they are there, and whether the sink is hidden."""
        heads = self._reading.heads
        if heads is None or heads.ready <= shown.layer or not shown.seen.same(heads.seen):
            return None
        return heads.measures[:, shown.layer, shown.head], heads.treatment.hide_sink

    def _about(self, shown: HeadRead | PatternsRead, matrix: Matrix) -> str:
        """Which way the picture runs, and what was done to it."""
        hidden, words, view = self._hides_sink(shown), self._starts is not None, self.panel.view
        if view in (MOVES, BY_HAND):
            return EVERY_TOKEN if hidden or words else ""
        measures = self._measures(shown) if isinstance(shown, HeadRead) else None
        about = caption(
            Shown(
                self._switches.queries_down,
                None if matrix.weights else matrix.limit,
                matrix.infinity,
                hidden,
                words,
                isinstance(shown, PatternsRead) and shown.maximum,
                measures is not None and bool(measures[0][FIRST_TOKEN] >= SINK_FROM),
            )
        )
        return about if view == MATRIX else about.partition(". ")[2]  # lines run no way

    @Slot()
    def show_moves(self) -> None:
        """What the head moves to the selected token, once it is known."""
        found, vocabulary, selection = self._reading.moves, self._session.vocabulary, self._session.selection
        if (
            found is None
            or vocabulary is None
            or (found.layer, found.head) != (selection.layer, selection.head)
        ):
            self.moves.show_moves(None)
            return
        self.moves.show_moves(moves_of(found, vocabulary.labels))

    def _show_sheet(self, shown: HeadRead | PatternsRead) -> None:
        sheet = None
        if isinstance(shown, HeadRead):
            sheet = sheet_of(shown, self.labels_of(shown), self._switches.queries_down)
        self.sheet.show_sheet(sheet)

    @Slot(int)
    def _view_changed(self, view: int) -> None:
        self._reading.moves_wanted, self._reading.each_wanted = view == MOVES, view == LINES
        if view != MATRIX:
            self._pointed = None
        self.wants_changed.emit()
        self.show_all()

    # Pointing

    def place(self, token: int) -> int | None:
        """Where a token of the text is in the matrix."""
        shown = self.current
        if shown is None or not shown.seen.start <= token < shown.seen.end:
            return None
        place = token - shown.seen.start
        return place if self._starts is None else int(np.searchsorted(self._starts, place, side="right")) - 1

    def token_at(self, place: int) -> int | None:
        """The token of the text at a place in the matrix."""
        shown = self.current
        if shown is None or (self._starts is not None and place >= len(self._starts)):
            return None
        if self._starts is None:
            return shown.seen.start + place
        ends = np.append(self._starts[1:], shown.seen.end - shown.seen.start)
        return shown.seen.start + int(ends[place]) - 1  # what comes after a word comes after its last token

    def mark(self) -> None:
        """Frame the selected token's row or column."""
        position = self._session.position
        marked = self.place(position) if position >= 0 else None
        self.panel.matrix.set_marked(marked)
        self.lines.set_marked(marked)

    @Slot(object)
    def _cell_pointed(self, cell: tuple[int, int] | None) -> None:
        self._pointed = cell
        tokens = None if cell is None else (self.token_at(cell[0]), self.token_at(cell[1]))
        self._session.set_hover(None if tokens is None else tokens[1])
        self._session.set_link(None if tokens is None or None in tokens else tokens)  # type: ignore[arg-type]
        self._explain()

    @Slot(object)
    def _token_pointed(self, place: int | None) -> None:
        self._session.set_hover(None if place is None else self.token_at(place))

    @Slot(int, int)
    def _cell_clicked(self, query: int, key: int) -> None:
        self._held = None if self._held == (query, key) else (query, key)
        self.panel.matrix.set_held(self._held)
        self._explain()

    def _explain(self) -> None:
        """The arithmetic of the cell pointed at, or of the one that is held."""
        cell, shown, matrix = self._pointed or self._held, self.current, self.matrix
        saying = self.panel.arithmetic
        if cell is None or shown is None or matrix is None or max(cell) >= len(matrix.labels):
            saying.say()
            self.panel.show_cell("")
            return
        query, key = (matrix.labels[index] for index in cell)
        if isinstance(shown, HeadRead) and self._starts is None:
            found = arithmetic(shown, *cell, without_first=self._switches.sink.isChecked())
            saying.show_arithmetic(found, query, key, self._switches.queries_down)
            numbers = f"q·k {found.dot:.2f}, scaled {found.scaled:.2f}".replace("-", "−")
            self.panel.show_cell(f"{query} → {key}: {numbers}, weight {100 * found.weight:.1f} %")
        else:
            line = f"{query} → {key}: {100 * float(matrix.values[cell]):.1f} %"
            saying.say(line)
            self.panel.show_cell(line)
