"""The Multiverse pane: the next few tokens as nested blocks, reshaped by the sliders, to be walked into."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from vectarium.drawing.choice_button import ChoiceButton, toggle
from vectarium.drawing.distribution_rows import percent
from vectarium.drawing.frame import Frame
from vectarium.drawing.futures.future_blocks import FutureBlocks
from vectarium.drawing.palette import Look
from vectarium.drawing.rows import ShrinkingRow
from vectarium.drawing.sampling_controls import SamplingControls
from vectarium.futures import Block
from vectarium.messages_futures import Path as TokenPath
from vectarium.panes.pane import Pane, Table
from vectarium.session.futures import LEAST, LEVELS, FuturesReading
from vectarium.session.session import Session
from vectarium.session.step_views import settings_in_short
from vectarium.vocabulary import Vocabulary

EXAMPLE = "Once upon a time, there was a"
MOST_LEVELS = 6
LEASTS = (0.005, 0.01, 0.02, 0.05)
BLOCKS_LEAST = 300  # pixels at 100 %: a lower pane shows the temperature alone
BLOCKS_LOWEST = 150  # and a still lower one none of the sliders
ROW, ROWS = 36, 7.5  # pixels that a slider takes at 100 %, and how many there are, with the words


class MultiversePane(Pane):
    """Shows what its reading finds, and takes the text where the user clicks."""

    title = "Multiverse"
    key = "multiverse"
    help = (
        "<p>All that the model could write next, a few tokens deep. Each column is one token further. A "
        "block is as high as its token and those before it are likely <i>together</i>; its number is the "
        "token's own probability at that place, with the present sampling. Tokens too unlikely for a block "
        "of their own are gathered in a hatched one, with their number and what they hold together. Under "
        "top-k, top-p or min-p, cut tokens are not there at all.</p>"
        "<p>Move the sliders, and the blocks change at once. Point at a block to read its whole path and how "
        "its probability comes about; <b>click</b> it to go there: a branch, and undo brings the old text "
        "back.</p><p>The wheel zooms, dragging moves. With the keyboard: arrows walk, <b>Return</b> goes "
        "there, <b>+</b> and <b>−</b> zoom, <b>0</b> shows all. The blocks follow the selected token, or the "
        "end of the text.</p>"
    )

    def __init__(self, session: Session, look: Look) -> None:
        super().__init__(look)
        self._session = session
        self.reading = FuturesReading(session, self)
        self._text = np.empty(0, np.int32)
        self._repaint = Frame(self)
        self._repaint.due.connect(self._show)
        self._build(look)
        self._listen()
        self._say_waiting()

    def _build(self, look: Look) -> None:
        self.levels = ChoiceButton("Depth", "How many tokens deep the blocks go")
        self.levels.set_choices(tuple((n, f"{n} tokens") for n in range(2, MOST_LEVELS + 1)), LEVELS)
        self.least = ChoiceButton("Smallest block", "How likely a path has to be for a block of its own")
        self.least.set_choices(tuple((share, f"≥ {100 * share:g} %") for share in LEASTS), LEAST)
        self.sliders = toggle("Sliders", "Show the sliders of the sampling below the blocks")
        self.sliders.setChecked(True)
        row = ShrinkingRow()
        for button in (self.levels, self.least, self.sliders):
            row.add(button)
            menu = button.menu()
            if menu is not None:
                menu.setTitle(button.accessibleName().partition(":")[0])
                self.menu.insertMenu(self.menu.actions()[0], menu)
        self.tools.addWidget(row)
        self.blocks = FutureBlocks(look)
        self.controls = SamplingControls(look, self._session.sampling)
        self._controls = QWidget()
        self._margins = QVBoxLayout(self._controls)
        self._margins.addWidget(self.controls)
        self._layout = QVBoxLayout(self.body)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.blocks, 1)
        self._layout.addWidget(self._controls)
        self.setFocusProxy(self.blocks)
        self.set_look(look)

    def _listen(self) -> None:
        session = self._session
        session.vocabulary_changed.connect(self._vocabulary_changed)
        session.sampling_changed.connect(self.controls.set_settings)
        session.model_changed.connect(self._say_waiting)
        session.tokens_changed.connect(self._tokens_changed)
        self.reading.changed.connect(self._show_soon)
        self.reading.failed.connect(self.show_empty)
        self.controls.changed.connect(session.set_sampling)
        self.levels.chosen.connect(self._shape_chosen)
        self.least.chosen.connect(self._shape_chosen)
        self.sliders.toggled.connect(self._arrange)
        self.blocks.chosen.connect(self.go_to)

    def set_look(self, look: Look) -> None:
        self.look = look
        self._layout.setContentsMargins(0, look.px(2), 0, 0)
        margin = look.px(12)
        self._margins.setContentsMargins(margin, margin // 2, margin, margin)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    @Slot()
    def _arrange(self) -> None:
        """The sliders make way for the blocks where the pane is low."""
        px, row = self.look.px, self.look.px(ROW)
        all_of_them = self.height() - ROWS * row >= px(BLOCKS_LEAST)
        room = all_of_them or self.height() - 1.5 * row >= px(BLOCKS_LOWEST)
        self.controls.show_temperature_alone(not all_of_them)
        self.sliders.setEnabled(room)
        self._controls.setVisible(room and self.sliders.isChecked())

    # Only while it is seen

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.reading.want(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.reading.want(False)

    @property
    def settled(self) -> bool:
        return self.reading.settled and not self._repaint.isActive()

    # Showing

    @Slot(object)
    def _vocabulary_changed(self, vocabulary: Vocabulary) -> None:
        self.controls.set_vocabulary_size(len(vocabulary))

    @Slot()
    def _tokens_changed(self) -> None:
        if not self._session.text:
            self._say_waiting()

    @Slot()
    def _say_waiting(self) -> None:
        if self._session.model is None:
            self.show_empty("The model is starting. What it could write next will appear here.")
        elif not self._session.text:
            self.show_empty(
                "All that the model could write next, as blocks as high as they are likely. "
                "Write something above, or try this beginning.",
                f"“{EXAMPLE} …”",
                self._show_example,
            )

    def _show_example(self) -> None:
        self._session.edit_text(EXAMPLE)

    @Slot()
    def _show_soon(self) -> None:
        self._repaint.soon(at_once=not self._session.generating)

    @Slot()
    def _show(self) -> None:
        reading, vocabulary = self.reading, self._session.vocabulary
        if not reading.blocks or vocabulary is None:
            self._say_waiting()
            return
        if not np.array_equal(self._text, reading.text):
            self._text = reading.text
            self.blocks.forget_place()
        drawn_with = settings_in_short(self._session.sampling)
        hint = f"Heights: probability at {drawn_with}. Click to go there."
        if self._session.generating:
            hint = "The model is writing; the blocks go on when it pauses."
        self.blocks.set_blocks(reading.blocks, vocabulary.labels, reading.levels, reading.waiting, hint)
        self.info.setText(self._summary(reading.blocks))
        self.info.setToolTip(
            "The blocks on screen, and what the paths of full length hold together: the rest is hatched"
        )
        self.show_body()

    def _summary(self, blocks: tuple[Block, ...]) -> str:
        count = sum(not block.others for block in blocks)
        last = self.reading.levels - 1
        whole = sum(b.height for b in blocks if not b.others and (b.level == last or b.ends))
        return f"{count:,} blocks · paths {percent(min(1.0, whole))}"

    # What the user does

    @Slot()
    def _shape_chosen(self) -> None:
        levels, least = self.levels.key, self.least.key
        assert isinstance(levels, int)
        assert isinstance(least, float)
        self.reading.set_shape(levels, least)

    @Slot(object)
    def go_to(self, path: TokenPath) -> None:
        """Put the tokens of a path after the text that the blocks follow."""
        text, session = self.reading.text, self._session
        if session.tokens.pending is None and np.array_equal(session.tokens.ids[: len(text)], text):
            session.writing.follow(len(text), self.reading.steps(path))

    # Data

    def export(self, folder: Path) -> None:
        if self.tables():
            self.save_csv(folder / f"{self.key}.csv")
            self.save_json(folder / f"{self.key}.json")

    def tables(self) -> list[Table]:
        """The blocks, level by level."""
        blocks, vocabulary = self.reading.blocks, self._session.vocabulary
        if not blocks or vocabulary is None:
            return []
        columns = ("level", "path", "ids", "rank", "tokens", "probability", "joint")
        return [Table("multiverse", columns, lambda: _rows(blocks, vocabulary))]


def _rows(blocks: tuple[Block, ...], vocabulary: Vocabulary) -> Iterator[tuple[object, ...]]:
    """Level and rank count from 1. `tokens` is 1, or how many a gathered block stands for; its path is that
    before it. `probability` is given the path before, `joint` that of the whole path."""
    for block in blocks:
        path = "".join(vocabulary.labels[token] for token in block.path)
        ids = " ".join(map(str, block.path))
        count = block.others or 1
        yield block.level + 1, path, ids, block.rank + 1, count, block.probability, block.height
