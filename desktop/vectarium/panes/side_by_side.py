"""The Side by side pane: one text continued with different settings, or two of its branches."""

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout

from vectarium.documents import steps_table
from vectarium.drawing.choice_button import ChoiceButton, toggle
from vectarium.drawing.frame import Frame
from vectarium.drawing.futures.columns_view import ColumnsView
from vectarium.drawing.futures.comparison_view import ComparisonView
from vectarium.drawing.palette import Look
from vectarium.drawing.rows import ShrinkingRow
from vectarium.drawing.writing.step_card import StepCard
from vectarium.drawing.writing.token_colors import MODES
from vectarium.panes.pane import Pane, Table
from vectarium.session.columns_filling import ColumnsFilling
from vectarium.session.comparing import Comparing
from vectarium.session.comparison_filling import COLUMNS, ComparisonFilling
from vectarium.session.session import Session
from vectarium.session.side_by_side import FEWEST, MOST, SideBySide

EXAMPLE = "Once upon a time, there was a"
LEGEND_FROM = 280  # pixels at 100 %: a lower pane has no room for it
SETTINGS, BRANCHES = range(2)
USES = (
    ("Settings", "One text continued with different settings"),
    ("Branches", "Two branches of the text, from where they part"),
)


class SideBySidePane(Pane):
    """Shows one use of the columns at a time; makes their widgets when they are first looked at."""

    title = "Side by side"
    key = "side_by_side"
    help = (
        "<p><b>Settings</b>: the text on screen, continued several times at once, each time with settings of "
        "its own: at temperature 0, 1 and 5 at first. All columns step together: a token each. <b>T</b> is a "
        "column's temperature; the button beside it has all its settings. Changes act from the next token "
        "on. With the <b>common seed</b> all columns draw with the same random numbers, so that they differ "
        "by their settings alone; the same seed and settings write the same again.</p>"
        "<p>Rest the mouse on a token (or hold Ctrl) for the distribution it was drawn from; choose another "
        "there, and that column goes on from it. <b>Keep</b> makes a column the text: a branch, and undo "
        "brings the old text back. Another text or another model clears the columns.</p>"
        "<p><b>→</b> or <b>Space</b> writes a token in every column, <b>←</b> takes one back, "
        "<b>Ctrl+Space</b> plays, <b>Space</b> pauses.</p>"
        "<p><b>Branches</b>: the text looked at beside another of its branches, from where they part, with "
        "the token that differs framed, its probability in both, and how likely each was as a whole. The "
        "tree of branches in Writing offers the comparison too (right click, or C).</p>"
    )

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(look)
        self._session = session
        self.columns = SideBySide(session, self)
        self.comparing = Comparing(session, self)
        self._use, self._mode = SETTINGS, MODES[0]
        self._filling: tuple[ColumnsFilling, ComparisonFilling] | None = None
        self._repaint = Frame(self)
        self._repaint.due.connect(self._show_if_seen)
        self._build_tools()
        self.columns.changed.connect(self._show_soon)
        self.comparing.changed.connect(self._show_soon)
        session.vocabulary_changed.connect(self._show_soon)
        session.history_changed.connect(self._show_soon)
        self._say_waiting()

    def _build_tools(self) -> None:
        row = ShrinkingRow()
        self.uses = QButtonGroup(self)
        for index, (name, tip) in enumerate(USES):
            button = toggle(name, tip)
            button.setChecked(index == self._use)
            self.uses.addButton(button, index)
            row.add(button)
        self.count = ChoiceButton("Columns", "How many continuations stand side by side; clears them")
        counts = tuple((count, f"{count} columns") for count in range(FEWEST, MOST + 1))
        self.count.set_choices(counts, len(self.columns.columns))
        self.colors = ChoiceButton("Colour", "What the colours of the tokens mean")
        self.colors.set_choices(tuple((mode, f"colour: {mode}") for mode in MODES), self._mode)
        first = self.menu.actions()[0]
        for name, index in (("One text with different settings", SETTINGS), ("Two branches", BRANCHES)):
            action = self.menu.addAction(name, self._use_chosen)
            action.setData(index)
            self.menu.insertAction(first, action)
        for choice in (self.count, self.colors):
            row.add(choice)
            choice.menu().setTitle(choice.accessibleName().partition(":")[0])
            self.menu.insertMenu(first, choice.menu())
        self.menu.insertSeparator(first)
        self.tools.addWidget(row)
        self.uses.idClicked.connect(self.use)
        self.count.chosen.connect(self._count_chosen)
        self.colors.chosen.connect(self._colors_chosen)

    @property
    def filling(self) -> tuple[ColumnsFilling, ComparisonFilling]:
        """What fills the two views, which are made now if they were not yet."""
        if self._filling is None:
            self.card = StepCard(self.look, self)
            self.view, self.comparison = ColumnsView(self.look), ComparisonView(self.look)
            # A stack would be as high as the higher of the two, seen or not.
            layout = QVBoxLayout(self.body)
            layout.setContentsMargins(0, 0, 0, 0)
            for view in (self.view, self.comparison):
                layout.addWidget(view)
                view.hide()
            self._filling = (
                ColumnsFilling(self._session, self.columns, self.view, self.card),
                ComparisonFilling(self._session, self.comparing, self.comparison, self.card),
            )
        return self._filling

    def set_look(self, look: Look) -> None:
        self.look = look
        self._show_if_seen()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._filling is not None:
            self.card.close_card()
            self._make_room()

    def _make_room(self) -> None:
        """Where there is little of it, the texts need it more than what explains them."""
        roomy = self.height() >= self.look.px(LEGEND_FROM)
        for view in (self.view, self.comparison):
            view.legend.setVisible(roomy and self._mode != MODES[-1])
            for column in view.columns:
                column.show_facts(roomy)

    # Only while it is seen

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_if_seen()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.columns.pause()

    @property
    def settled(self) -> bool:
        return not self._repaint.isActive() and not self.columns.running

    # Showing

    def _say_waiting(self) -> None:
        if self._session.model is None:
            self.show_empty("The model is starting. Your text, continued in several ways, will appear here.")
        else:
            self.show_empty(
                "One text, continued with different settings side by side. Write a beginning above, or try "
                "this one.",
                f"“{EXAMPLE} …”",
                self._show_example,
            )

    def _show_example(self) -> None:
        self._session.edit_text(EXAMPLE)

    def _say_one_branch(self) -> None:
        self.show_empty(
            "Two branches of your text stand here side by side, from where they part. It has only one yet: "
            "choose another token in Writing, or keep one of several columns.",
            "One text with different settings",
            self._back_to_settings,
        )

    def _back_to_settings(self) -> None:
        self.use(SETTINGS)

    @Slot()
    def _show_soon(self) -> None:
        self._repaint.soon(at_once=not self.columns.running)

    @Slot()
    def _show_if_seen(self) -> None:
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        session = self._session
        if session.model is None or session.vocabulary is None or not session.text:
            self._say_waiting()
            return
        if self._use == BRANCHES and self.comparing.pair is None:
            self._say_one_branch()
            return
        self.filling[self._use].show(self._mode, self.look)
        self.view.setVisible(self._use == SETTINGS)
        self.comparison.setVisible(self._use == BRANCHES)
        self._make_room()
        self.count.choose(len(self.columns.columns))
        length = self.columns.length if self._use == SETTINGS else 0
        self.info.setText(f"{length:,} tokens each" if length else "")
        self.show_body()

    # What the user does

    @Slot(int)
    def use(self, use: int) -> None:
        """Show columns of different settings (0), or two branches (1)."""
        if use != self._use:
            self._use = use
            self.columns.pause()
            self.uses.button(use).setChecked(True)
            self.count.setEnabled(use == SETTINGS)
        self._show_if_seen()

    @Slot()
    def _use_chosen(self) -> None:
        self.use(self.sender().data())  # type: ignore[attr-defined]

    @Slot(int)
    def compare(self, branch: int) -> None:
        """Show a branch beside the one looked at."""
        self.comparing.choose(branch)
        self.use(BRANCHES)
        self.shown_asked.emit(self.key)

    @Slot(object)
    def _count_chosen(self, count: int) -> None:
        self.columns.set_count(count)

    @Slot(object)
    def _colors_chosen(self, mode: str) -> None:
        self._mode = mode
        self._show_if_seen()

    # Data

    def export(self, folder: Path) -> None:
        if self.tables():
            self.save_csv(folder / f"{self.key}.csv")
            self.save_json(folder / f"{self.key}.json")

    def tables(self) -> list[Table]:
        """Every token of every column, or of the two branches."""
        if self._session.vocabulary is None or self._filling is None:
            return []
        if self._use == BRANCHES:
            there = self.comparing.pair is not None
            return [Table("branches", COLUMNS, self.filling[1].rows)] if there else []
        if not self.columns.length:
            return []
        return [Table("columns", ("column", "seed", *steps_table.COLUMNS), self._rows)]

    def _rows(self) -> Iterator[tuple[object, ...]]:
        """Columns count from 1. The rest is that of `steps_table`."""
        columns, vocabulary = self.columns, self._session.vocabulary
        assert vocabulary is not None
        for index, column in enumerate(columns.columns):
            first = len(columns.base)
            for row in steps_table.rows(columns.branch(index), vocabulary):
                if isinstance(row[0], int) and row[0] >= first:
                    yield index + 1, columns.seed if columns.common else column.seed, *row
