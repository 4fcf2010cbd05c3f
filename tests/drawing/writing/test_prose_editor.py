"""Prose under the mouse and the keyboard: read with keys for the model, or edited anywhere."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QInputMethodEvent
from PySide6.QtTest import QTest

from drawing.painted import drawn_and_changed
from vectarium.drawing.palette import DARK, Look
from vectarium.drawing.writing.prose_editor import ProseEditor
from vectarium.drawing.writing.prose_painting import Marks

TEXT = "Once upon a time there was a little girl\nwho had a big red ball and a small dog named Spot"
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


def spans(text: str) -> np.ndarray:
    return np.array([piece.span() for piece in re.finditer(r" ?[^\s]+|\s", text)], np.int64).reshape(-1, 2)


@pytest.fixture(params=[1.0, 2.0], ids=["100 %", "200 %"])
def prose(request, qtbot):
    prose = ProseEditor(Look(DARK, request.param))
    qtbot.addWidget(prose)
    prose.edited.connect(lambda text: prose.set_text(text, spans(text)))
    prose.resize(round(420 * request.param), 400)
    prose.show()
    qtbot.waitExposed(prose)
    prose.activateWindow()
    prose.setFocus()
    qtbot.waitUntil(prose.hasFocus)
    prose.set_text(TEXT, spans(TEXT))
    return prose


def click(prose, token: int) -> None:
    rect = prose.token_rects(token)[0].toRect()
    middle = QPoint(rect.center().x(), rect.center().y())
    QTest.mouseClick(prose.viewport(), Qt.MouseButton.LeftButton, pos=middle)


def test_while_it_is_read_the_keys_of_the_model_are_not_the_texts(prose):
    taken = []
    prose.take_key = lambda event: taken.append(event.key()) or event.key() in (KEY.Key_Space, KEY.Key_Right)
    for key in (KEY.Key_Space, KEY.Key_Right):
        QTest.keyClick(prose, key)
    assert taken == [KEY.Key_Space, KEY.Key_Right]
    assert (prose.text, prose.editing) == (TEXT, False)


def test_a_click_and_a_letter_edit_there_and_escape_ends_it(prose, qtbot):
    prose.take_key = lambda event: event.key() in (KEY.Key_Space, KEY.Key_Right, KEY.Key_Left)
    begin = prose.token_rects(2)[0]  # " a"
    with qtbot.waitSignal(prose.clicked) as clicked:
        at = QPoint(round(begin.left()) + 1, round(begin.center().y()))
        QTest.mouseClick(prose.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert clicked.args == [2]
    with qtbot.waitSignal(prose.editing_changed) as changed:
        QTest.keyClicks(prose, "n")
    assert changed.args == [True]
    QTest.keyClicks(prose, " x")
    assert prose.text == TEXT.replace("upon a", "uponn x a")
    QTest.keyClick(prose, KEY.Key_Left)
    QTest.keyClick(prose, KEY.Key_Backspace)
    assert prose.text == TEXT.replace("upon a", "uponnx a")
    QTest.keyClick(prose, KEY.Key_Escape)
    QTest.keyClick(prose, KEY.Key_Space)
    assert prose.text == TEXT.replace("upon a", "uponnx a")
    assert not prose.editing


def test_typing_without_a_click_goes_to_the_end(prose):
    QTest.keyClicks(prose, "!")
    assert prose.text == TEXT + "!"
    prose.set_editing(False)
    QTest.keyClick(prose, KEY.Key_Backspace)
    assert prose.text == TEXT
    QTest.keyClick(prose, KEY.Key_Return)
    assert prose.text == TEXT + "\n"


def test_every_place_of_the_caret_is_drawn_apart_and_found_again_by_a_click(prose):
    prose.set_editing(True)
    places = set()
    for caret in range(len(TEXT) + 1):
        prose._select(prose._cursor.moved(caret))
        rect = prose.caret_rect()
        places.add((rect.x(), rect.y()))
        assert prose.character_at(rect.center()) == caret
    assert len(places) == len(TEXT) + 1


def test_up_down_home_and_end_move_between_and_along_lines(prose):
    prose.set_editing(True)
    prose._select(prose._cursor.moved(3))
    first = prose.caret_rect()
    QTest.keyClick(prose, KEY.Key_Down)
    assert prose.caret_rect().y() > first.y()
    QTest.keyClick(prose, KEY.Key_Up)
    assert prose._cursor.caret == 3
    QTest.keyClick(prose, KEY.Key_End)
    assert prose.caret_rect().y() == first.y()
    assert prose.caret_rect().x() > first.x()
    QTest.keyClick(prose, KEY.Key_Down)
    QTest.keyClick(prose, KEY.Key_Home)
    assert prose.caret_rect().y() > first.y()
    assert prose.caret_rect().x() == prose._pad


def test_page_keys_scroll_while_it_is_read_and_while_it_is_edited(prose):
    text = TEXT * 20
    prose.set_text(text, spans(text))
    bar = prose.verticalScrollBar()
    for editing in (False, True):
        prose.set_editing(editing)
        bar.setValue(0)
        QTest.keyClick(prose, KEY.Key_PageDown)
        assert bar.value() == min(bar.pageStep(), bar.maximum())


def test_selecting_by_character_cutting_and_pasting(prose):
    prose.set_editing(True)
    prose._select(prose._cursor.moved(0))
    for _ in range(5):
        QTest.keyClick(prose, KEY.Key_Right, SHIFT)
    QTest.keyClick(prose, KEY.Key_X, CTRL)
    assert QGuiApplication.clipboard().text() == "Once "
    QTest.keyClick(prose, KEY.Key_End, CTRL)
    QTest.keyClick(prose, KEY.Key_V, CTRL)
    assert prose.text == TEXT[5:] + "Once "


def test_a_double_click_edits_with_the_word_selected(prose):
    rect = prose.token_rects(1)[0].toRect()
    QTest.mouseDClick(prose.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert prose.editing
    assert prose._cursor.selected == "upon"
    QTest.keyClicks(prose, "over")
    assert prose.text == TEXT.replace("upon", "over")


def test_a_drag_takes_whole_tokens_while_it_is_read_and_keeps_them_while_text_streams(prose):
    view = prose.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=prose.token_rects(1)[0].center().toPoint())
    QTest.mouseMove(view, prose.token_rects(2)[0].center().toPoint())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=prose.token_rects(2)[0].center().toPoint())
    assert prose.stretch == (1, 3)
    assert prose._cursor.selected == " upon a"
    prose.set_text(TEXT + " more", spans(TEXT + " more"))
    assert prose.stretch == (1, 3)
    prose.set_text("Another text", spans("Another text"))
    assert prose.stretch is None


def test_an_input_method_composes_at_the_caret(prose):
    QGuiApplication.sendEvent(prose, QInputMethodEvent("か", []))
    assert prose.text == TEXT
    assert not prose.grab().isNull()
    commit = QInputMethodEvent()
    commit.setCommitString("漢")
    QGuiApplication.sendEvent(prose, commit)
    assert prose.text == TEXT + "漢"
    assert prose.editing


def test_undo_and_redo_are_asked_for_while_it_is_edited(prose, qtbot):
    prose.set_editing(True)
    with qtbot.waitSignal(prose.undo_asked):
        QTest.keyClick(prose, KEY.Key_Z, CTRL)
    with qtbot.waitSignal(prose.redo_asked):
        QTest.keyClick(prose, KEY.Key_Z, CTRL | SHIFT)


def test_more_room_gives_larger_letters(prose):
    small = prose.font_of_text.pixelSize()
    prose.resize(prose.width() * 2, prose.height())
    assert prose.font_of_text.pixelSize() > small


STORY = " ".join(f"word{number}" for number in range(60))


@pytest.mark.parametrize("count", [20, 33, 34, 35, 36, 37])
def test_text_at_the_end_is_drawn_without_what_stands_above_it(prose, qtbot, count):
    words = STORY.split(" ")

    def show(number):
        text = " ".join(words[:number])
        prose.set_text(text, spans(text))
        kinds = np.arange(number, dtype=np.int8) % 2
        prose.set_marks(Marks(kinds, (QColor("red"), QColor("blue")), np.zeros(number, bool)))

    prose.resize(prose.width(), 3000)
    show(count)
    drawn, changed = drawn_and_changed(prose.viewport(), qtbot, lambda: show(count + 1))
    assert changed.any()
    assert not (changed & ~drawn).any()
    assert not drawn[: int(prose.token_rects(count)[0].top()) - 3 * prose.line_step()].any()


@pytest.mark.parametrize("other", ["color", "seen", "shorter", "scrolled"])
def test_what_changes_further_up_is_drawn_too(prose, qtbot, other):
    count = 60
    marks = Marks(np.zeros(count, np.int8), (QColor("red"), QColor("blue")), np.zeros(count, bool))
    prose.resize(prose.width(), 200 if other == "scrolled" else 3000)
    prose.set_text(STORY, spans(STORY))
    prose.set_marks(marks)

    def change():
        if other == "color":
            prose.set_marks(replace(marks, classes=(np.arange(count) == 4).astype(np.int8)))
        elif other == "seen":
            prose.set_marks(replace(marks, seen_from=9))
        elif other == "shorter":
            prose.set_text(STORY[:90], spans(STORY[:90]))
        else:
            text = STORY + " and" * 20
            prose.set_text(text, spans(text))

    drawn, changed = drawn_and_changed(prose.viewport(), qtbot, change)
    assert changed.any()
    assert not (changed & ~drawn).any()
