"""The line that finds a point: what it offers, and what is taken."""

import pytest
from PySide6.QtCore import Qt

from vectarium.drawing.palette import Look
from vectarium.drawing.space.search_box import SearchBox
from vectarium.messages_vectors import Completions


@pytest.fixture
def box(qtbot) -> SearchBox:
    box = SearchBox(Look())
    qtbot.addWidget(box)
    box.show()
    qtbot.waitExposed(box)
    box.activateWindow()
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    yield box
    box.completions.close()


def found(typed: str, *, alike: bool = False, **rows: int | None) -> Completions:
    names = tuple(rows)
    return Completions(1, "words", typed, tuple(rows.values()), names, names, alike)


def test_every_key_asks(box, qtbot):
    asked: list[str] = []
    box.typed.connect(asked.append)
    qtbot.keyClicks(box, " ki")
    assert asked == [" ", " k", " ki"]
    box.setText("␣k")
    assert box.word == " k"


def test_the_list_is_walked_with_the_keyboard(box, qtbot):
    qtbot.keyClicks(box, "ki")
    box.show_completions(found("ki", king=7, kite=9))
    assert box.completions.labels == ("king", "kite")
    popup = box.completions.popup
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Down)
    with qtbot.waitSignal(box.chosen) as chosen:
        qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert chosen.args == [9]
    assert not box.completions.is_open


def test_a_click_takes_an_entry(box, qtbot):
    qtbot.keyClicks(box, "ki")
    box.show_completions(found("ki", king=7, kite=9))
    popup = box.completions.popup
    place = popup.visualRect(popup.model().index(1, 0)).center()
    with qtbot.waitSignal(box.chosen) as chosen:
        qtbot.mouseClick(popup.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [9]


def test_return_takes_the_first_also_before_it_is_there(box, qtbot):
    qtbot.keyClicks(box, "ki")
    box.show_completions(found("ki", king=7, kite=9))
    with qtbot.waitSignal(box.chosen) as chosen:
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert chosen.args == [7]
    box.clear()
    qtbot.keyClicks(box, "ka")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    with qtbot.waitSignal(box.chosen) as chosen:
        box.show_completions(found("ka", kaput=3))
    assert chosen.args == [3]


def test_a_word_of_several_tokens_is_an_expression(box, qtbot):
    qtbot.keyClicks(box, "octopuses")
    box.show_completions(found("octopuses", octopuses=None))
    with qtbot.waitSignal(box.entered) as entered:
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert entered.args == ["octopuses"]


def test_what_is_only_spelt_alike_has_to_be_chosen(box, qtbot):
    qtbot.keyClicks(box, "kign")
    with qtbot.waitSignal(box.missed) as missed:
        box.show_completions(found("kign"))
    assert missed.args == ["kign"]
    assert "begins" in box.completions.labels[0]
    box.show_completions(found("kign", alike=True, king=7))
    assert box.completions.labels[1:] == ("king",)
    with qtbot.assertNotEmitted(box.chosen):
        qtbot.keyClick(box, Qt.Key.Key_Return)


def test_old_completions_do_not_open_and_escape_clears(box, qtbot):
    qtbot.keyClicks(box, "q")
    box.show_completions(found("k", king=7))
    assert not box.completions.is_open
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert box.text() == ""
