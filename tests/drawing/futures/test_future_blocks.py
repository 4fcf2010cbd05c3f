"""The blocks by themselves: where they lie, what they say, and that it can be read."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from vectarium import futures
from vectarium.drawing.futures.future_blocks import FutureBlocks, fill
from vectarium.drawing.palette import DARK, LIGHT, Look, contrast
from vectarium.futures import Known
from vectarium.ranking import rank
from vectarium.sampling import SamplingSettings
from writing_steps import VOCABULARY, logits

LABELS = tuple(f"␣w{token}" for token in range(VOCABULARY))


@pytest.fixture
def blocks(qtbot):
    nothing = np.empty(0, np.int32)
    known = {(): Known(rank(logits(1)), nothing)}
    while missing := futures.missing(futures.blocks(known, SamplingSettings(), 3, 0.005, 7), known, levels=3):
        known |= {path: Known(rank(logits(path[-1])), nothing) for path in missing}
    widget = FutureBlocks(Look())
    qtbot.addWidget(widget)
    widget.resize(700, 560)
    found = futures.blocks(known, SamplingSettings(), 3, 0.005, 7)
    widget.set_blocks(found, LABELS, 3, frozenset(), "a hint")
    widget.show()
    qtbot.waitExposed(widget)
    widget.setFocus()
    return widget


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("probability", [0.0, 0.01, 0.3, 0.7, 1.0])
def test_labels_can_be_read_on_every_block(theme, probability):
    assert contrast(theme.text, fill(theme, probability)) >= 4.5
    assert contrast(theme.window, theme.query) >= 4.5  # on the path that is pointed at


def test_every_point_belongs_to_the_block_that_is_drawn_there(blocks):
    for index, block in enumerate(blocks._blocks):
        rect = blocks.rect_of(index)
        assert rect.height() == pytest.approx(block.height * (560 - 26 - 34))
        if rect.height() > 2:
            assert blocks.block_at(rect.center()) == index
    assert blocks.block_at(QPointF(350, 5)) is None


def test_pointing_names_the_path_and_how_its_probability_comes_about(blocks, qtbot):
    deepest = max(
        (i for i, b in enumerate(blocks._blocks) if b.level == 2 and not b.others),
        key=lambda i: blocks._blocks[i].height,
    )
    with qtbot.waitSignal(blocks.hovered) as hovered:
        qtbot.mouseMove(blocks, blocks.rect_of(deepest).center().toPoint())
    path = blocks._blocks[deepest].path
    assert hovered.args == [path]
    assert blocks.path_name(deepest) == "".join(LABELS[token] for token in path)
    assert blocks.factors_of(deepest).count("×") == 2
    joint = 100 * blocks._blocks[deepest].height
    assert blocks.accessibleDescription() == f"{blocks.path_name(deepest)}: {joint:.1f} %"


def test_what_is_pointed_at_stays_so_when_more_blocks_come(blocks, qtbot):
    whole = blocks._blocks
    first = next(i for i, b in enumerate(whole) if b.level == 1)
    fewer = tuple(b for b in whole if b.level < 2 and (b.parent != whole[first].parent or b.parent is None))
    blocks.set_blocks(fewer, LABELS, 3, frozenset(), "a hint")
    pointed = next(i for i, b in enumerate(fewer) if b.level == 1 and not b.others)
    with qtbot.waitSignal(blocks.hovered):
        qtbot.mouseMove(blocks, blocks.rect_of(pointed).center().toPoint())
    said = blocks.accessibleDescription()
    assert said.startswith(blocks.path_name(pointed))
    blocks.set_blocks(whole, LABELS, 3, frozenset(), "a hint")
    assert blocks.accessibleDescription() == said
    blocks.set_blocks((), LABELS, 3, frozenset(), "a hint")
    assert blocks.accessibleDescription() == "a hint"


def test_the_keys_walk_to_every_block(blocks, qtbot):
    reached = set()
    qtbot.keyClick(blocks, Qt.Key.Key_Home)
    for level in range(3):
        qtbot.keyClick(blocks, Qt.Key.Key_Home)
        for _ in range(level):
            qtbot.keyClick(blocks, Qt.Key.Key_Right)
        for _ in range(len(blocks._blocks)):
            reached.add(blocks._at())
            qtbot.keyClick(blocks, Qt.Key.Key_Down)
    assert reached == set(range(len(blocks._blocks)))
    deepest = blocks._at()
    qtbot.keyClick(blocks, Qt.Key.Key_Left)
    assert blocks._at() == blocks._blocks[deepest].parent


def test_return_chooses_a_path_and_no_bundle_of_others(blocks, qtbot):
    chosen = []
    blocks.chosen.connect(chosen.append)
    qtbot.keyClick(blocks, Qt.Key.Key_Return)
    qtbot.keyClick(blocks, Qt.Key.Key_Right)
    qtbot.keyClick(blocks, Qt.Key.Key_Return)
    others = next(i for i, b in enumerate(blocks._blocks) if b.others and b.level == 0)
    qtbot.mouseClick(blocks, Qt.MouseButton.LeftButton, pos=blocks.rect_of(others).center().toPoint())
    assert chosen == [blocks._blocks[0].path]
    qtbot.mouseClick(blocks, Qt.MouseButton.LeftButton, pos=blocks.rect_of(1).center().toPoint())
    assert chosen[1:] == [blocks._blocks[1].path]


def test_zooming_holds_the_point_and_shows_all_again(blocks, qtbot):
    qtbot.keyClick(blocks, Qt.Key.Key_Home)
    for _ in range(3):
        qtbot.keyClick(blocks, Qt.Key.Key_Down)
    at = blocks._at()
    before = blocks.rect_of(at)
    for _ in range(6):
        qtbot.keyClick(blocks, Qt.Key.Key_Plus)
    assert blocks.rect_of(at).height() == pytest.approx(before.height() * 1.4**6)
    assert blocks._area().top() <= blocks.rect_of(at).center().y() <= blocks._area().bottom()
    qtbot.keyClick(blocks, Qt.Key.Key_0)
    assert blocks.rect_of(at) == before


def test_dragging_moves_a_closer_look_and_chooses_nothing(blocks, qtbot):
    chosen = []
    blocks.chosen.connect(chosen.append)
    for _ in range(4):
        qtbot.keyClick(blocks, Qt.Key.Key_Plus)
    before = blocks.rect_of(0).top()
    qtbot.mousePress(blocks, Qt.MouseButton.LeftButton, pos=QPointF(100, 300).toPoint())
    qtbot.mouseMove(blocks, QPointF(100, 200).toPoint())
    qtbot.mouseRelease(blocks, Qt.MouseButton.LeftButton, pos=QPointF(100, 200).toPoint())
    assert blocks.rect_of(0).top() < before
    assert chosen == []
