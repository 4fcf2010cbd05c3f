"""The token strip with the mouse and the keyboard, without a model: every word is a box."""

import re

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest

from drawing.painted import drawn_and_changed
from vectarium.drawing.palette import DARK, LIGHT, Look
from vectarium.drawing.text.token_editor import TokenEditor
from vectarium.drawing.text.token_layout import Boxes, flow

TEXT = "one two three four five six seven eight nine ten"


def boxes_of(text: str) -> Boxes:
    pieces = list(re.finditer(r" ?\S+|\s+", text))
    return Boxes(
        tuple(piece.group().replace(" ", "␣") for piece in pieces),
        np.arange(len(pieces)),
        np.array([piece.span() for piece in pieces], np.int64).reshape(-1, 2),
    )


@pytest.fixture(params=[1.0, 2.0], ids=["100 %", "200 %"])
def editor(request, qtbot):
    editor = TokenEditor(Look(DARK, request.param), str)
    qtbot.addWidget(editor)
    editor.edited.connect(lambda text: editor.set_boxes(text, boxes_of(text)))
    editor.resize(500, 150)
    editor.show()
    qtbot.waitExposed(editor)
    editor.activateWindow()
    editor.setFocus()
    qtbot.waitUntil(editor.hasFocus)
    editor.set_boxes(TEXT, boxes_of(TEXT))
    return editor


def keys(editor, *sequence):
    for key in sequence:
        if isinstance(key, str):
            QTest.keyClicks(editor, key)
        elif isinstance(key, tuple):
            QTest.keyClick(editor, key[0], key[1])
        else:
            QTest.keyClick(editor, key)


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


def test_typing_goes_to_the_caret(editor):
    keys(editor, (KEY.Key_End, CTRL), " eleven", (KEY.Key_Home, CTRL), "zero ")
    assert editor.text == "zero " + TEXT + " eleven"


def test_return_is_a_new_line_and_tab_leaves(editor):
    keys(editor, (KEY.Key_End, CTRL), KEY.Key_Return, "x")
    assert editor.text == TEXT + "\nx"


def test_deleting_letters_words_and_selections(editor):
    keys(editor, (KEY.Key_End, CTRL), KEY.Key_Backspace)
    assert editor.text == TEXT[:-1]
    keys(editor, (KEY.Key_Backspace, CTRL))
    assert editor.text == TEXT[: TEXT.rindex("ten")]
    keys(
        editor,
        (KEY.Key_Home, CTRL),
        KEY.Key_Delete,
        (KEY.Key_Right, SHIFT),
        (KEY.Key_Right, SHIFT),
        KEY.Key_Delete,
    )
    assert editor.text.startswith(" two")


def test_combined_characters_are_taken_whole(editor, qtbot):
    for text in ("e\u0301", "👩\u200d🔬", "👍🏽", "\U0001f1e9\U0001f1ea"[:1]):
        editor.set_boxes(text, boxes_of(text))
        keys(editor, (KEY.Key_End, CTRL), KEY.Key_Backspace)
        assert editor.text == ""


def test_typing_beside_stray_bytes_keeps_them(editor):
    editor.set_boxes("a\udccdb", boxes_of("a\udccdb"))
    keys(editor, (KEY.Key_End, CTRL), KEY.Key_Left, "x")
    assert editor.text == "a\udccdxb"


def test_copy_cut_and_paste(editor):
    keys(editor, (KEY.Key_Home, CTRL), (KEY.Key_Right, SHIFT), (KEY.Key_Right, SHIFT), (KEY.Key_Right, SHIFT))
    keys(editor, (KEY.Key_X, CTRL))
    assert editor.text == TEXT[3:]
    assert QGuiApplication.clipboard().text() == "one"
    keys(editor, (KEY.Key_End, CTRL), (KEY.Key_V, CTRL), (KEY.Key_A, CTRL), (KEY.Key_C, CTRL))
    assert editor.text == TEXT[3:] + "one"
    assert QGuiApplication.clipboard().text() == editor.text


@pytest.mark.parametrize("box", [0, 3, 9])
def test_a_click_selects_the_box_under_the_mouse(editor, qtbot, box):
    editor.set_selected(box)  # scrolls to it
    with qtbot.waitSignal(editor.clicked) as clicked:
        QTest.mouseClick(editor.viewport(), Qt.MouseButton.LeftButton, pos=editor.box_rect(box).center())
    assert clicked.args == [box]
    start, end = boxes_of(TEXT).spans[box]
    assert start <= editor._cursor.caret <= end


def test_a_double_click_marks_the_token(editor):
    centre = editor.box_rect(1).center()
    QTest.mouseDClick(editor.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert editor._cursor.selected == " two"


def test_dragging_marks_text(editor):
    first, last = editor.box_rect(0), editor.box_rect(1)
    QTest.mousePress(
        editor.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(first.left() + 1, first.center().y())
    )
    QTest.mouseMove(editor.viewport(), last.center())
    QTest.mouseMove(editor.viewport(), QPoint(last.right(), last.center().y()))
    QTest.mouseRelease(editor.viewport(), Qt.MouseButton.LeftButton)
    assert editor._cursor.selected == "one two"


def test_up_and_down_move_between_lines(editor):
    assert editor._flow.lines > 1
    keys(editor, (KEY.Key_Home, CTRL), KEY.Key_Down)
    line = editor._flow.line_of(editor._box_of_character(editor._cursor.caret))
    assert line == 1
    keys(editor, KEY.Key_Up)
    assert editor._flow.line_of(editor._box_of_character(editor._cursor.caret)) == 0


def test_every_place_of_the_caret_is_found_again_by_a_click(editor):
    for caret in range(len(TEXT)):
        editor._set_cursor(editor._cursor.moved(caret))
        assert editor.character_at(editor.caret_rect().center()) == caret


def test_an_input_method_shows_what_is_composed_and_commits_it(editor):
    keys(editor, (KEY.Key_End, CTRL))
    composing = QInputMethodEvent("か", [])
    QGuiApplication.sendEvent(editor, composing)
    assert editor.text == TEXT
    assert editor._preedit == "か"
    commit = QInputMethodEvent()
    commit.setCommitString("漢")
    QGuiApplication.sendEvent(editor, commit)
    assert editor.text == TEXT + "漢"
    assert editor._preedit == ""


def test_escape_lets_go(editor, qtbot):
    with qtbot.waitSignal(editor.released):
        keys(editor, KEY.Key_Escape)


def test_undo_and_redo_are_asked_for(editor, qtbot):
    with qtbot.waitSignal(editor.undo_asked):
        keys(editor, (KEY.Key_Z, CTRL))
    with qtbot.waitSignal(editor.redo_asked):
        keys(editor, (KEY.Key_Z, CTRL | SHIFT))


def test_hovering_tells_which_box(editor, qtbot):
    editor.set_selected(2)  # scrolls to it
    with qtbot.waitSignal(editor.hovered, check_params_cb=lambda box: box == 2):
        QTest.mouseMove(editor.viewport(), editor.box_rect(2).center())
    with qtbot.waitSignal(editor.hovered, check_params_cb=lambda box: box is None):
        QGuiApplication.sendEvent(editor.viewport(), QEvent(QEvent.Type.Leave))


def test_a_megabyte_is_laid_out_and_painted(editor, qtbot):
    text = "word " * 200_000
    editor.set_boxes(text, boxes_of(text))
    editor.verticalScrollBar().setValue(editor.verticalScrollBar().maximum())
    image = editor.grab().toImage()
    assert not image.isNull()
    assert editor._flow.line_starts[-1] == 200_000 or editor._flow.line_starts[-1] == 200_001


def test_a_theme_and_a_zoom_repaint_everything(editor):
    dark = editor.grab().toImage()
    editor.set_look(Look(LIGHT, 1.5))
    light = editor.grab().toImage()
    assert dark != light


def test_the_flow_never_passes_the_edge():
    widths = np.array([30, 50, 200, 10, 10, 90, 400, 5], np.int64)
    lines = flow(np.minimum(widths, 220), 10, 220)
    assert lines.left.tolist()[0] == 0
    assert (lines.left + lines.width <= 220).all()
    assert lines.line_starts[0] == 0
    assert lines.line_starts[-1] == len(widths)
    assert all(lines.left[start] == 0 for start in lines.line_starts[:-1])


@pytest.mark.parametrize("count", range(20, 26))
def test_boxes_at_the_end_are_drawn_without_those_in_the_lines_above(editor, qtbot, count):
    words = " ".join(f"word{number}" for number in range(40)).split(" ")

    def show(number):
        text = " ".join(words[:number])
        boxes = boxes_of(text)
        editor.set_boxes(text, boxes)
        editor.set_marks(np.arange(len(boxes)) >= 3, (0, 0))

    editor.clearFocus()
    editor.resize(editor.width(), 3000)
    show(count)
    drawn, changed = drawn_and_changed(editor.viewport(), qtbot, lambda: show(count + 1))
    assert changed.any()
    assert not (changed & ~drawn).any()
    assert (~drawn[: editor.box_rect(count - 1).top()]).all()


@pytest.mark.parametrize("other", ["written", "seen", "text", "scrolled"])
def test_boxes_that_change_are_drawn_wherever_they_are(editor, qtbot, other):
    editor.clearFocus()
    long = TEXT + " eleven" * 40
    marks = np.zeros(50, bool), (0, 50)
    if other == "scrolled":
        editor.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        editor.set_boxes(TEXT, boxes_of(TEXT))
    else:
        editor.resize(editor.width(), 3000)
        editor.set_boxes(long, boxes_of(long))
        editor.set_marks(*marks)

    def change():
        if other == "written":
            editor.set_marks(np.arange(50) == 1, (0, 50))
        elif other == "seen":
            editor.set_marks(marks[0], (4, 50))
        elif other == "text":
            editor.set_boxes(long.replace("two", "2"), boxes_of(long.replace("two", "2")))
        else:
            editor.set_boxes(long, boxes_of(long))

    drawn, changed = drawn_and_changed(editor.viewport(), qtbot, change)
    assert changed.any()
    assert not (changed & ~drawn).any()


def test_text_that_streams_in_has_all_its_room_from_the_second_line_on(editor):
    editor.resize(500, 3000)

    def height(count, streams):
        text = " ".join(["word"] * count)
        editor.set_boxes(text, boxes_of(text), streams)
        return editor.sizeHint().height()

    typed = [height(count, streams=False) for count in range(1, 60)]
    lowest, two_lines, highest = sorted(set(typed))
    assert height(1, streams=False) == lowest
    streamed = [height(count, streams=True) for count in range(1, 60)]
    assert [*map(streamed.count, (lowest, highest))] == [typed.count(lowest), 59 - typed.count(lowest)]
    count = typed.index(two_lines) + 1
    assert height(count, streams=True) == highest
    assert height(count, streams=False) == two_lines  # when it has come to its end
