"""The line for expressions: which word is completed, and where an error stands."""

import pytest
from PySide6.QtCore import Qt

from vectarium.drawing.palette import Look
from vectarium.drawing.space.completion_list import caret_of, set_caret
from vectarium.drawing.space.expression_box import ExpressionBox
from vectarium.messages_vectors import Completions


@pytest.fixture
def box(qtbot) -> ExpressionBox:
    box = ExpressionBox(Look(), "king - man + woman", "Expression")
    qtbot.addWidget(box)
    box.resize(400, 60)
    box.show()
    qtbot.waitExposed(box)
    box.activateWindow()
    box.line.setFocus()
    qtbot.waitUntil(box.line.hasFocus)
    return box


def completions(typed: str, *words: str) -> Completions:
    return Completions(1, "words", typed, tuple(range(len(words))), words, words)


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("kin", "kin"),
        ("king - wom", "wom"),
        ("2*ca", "ca"),
        ("(cat + do", "do"),
        ('"New Yo', "New Yo"),
        ("king−m", "m"),
    ],
)
def test_the_word_at_the_caret_is_completed(box, qtbot, typed, word):
    with qtbot.waitSignal(box.typed) as asked:
        box.line.setText(typed)
        box.line.textEdited.emit(typed)  # as if typed, with signs that no key of a test has
    assert asked.args == [word]


def test_a_finished_quotation_is_left_alone(box, qtbot):
    qtbot.keyClicks(box.line, '" king')
    with qtbot.assertNotEmitted(box.typed):
        qtbot.keyClicks(box.line, '"')


def test_return_asks_for_the_value(box, qtbot):
    qtbot.keyClicks(box.line, "cat")
    with qtbot.waitSignal(box.entered) as entered:
        qtbot.keyClick(box.line, Qt.Key.Key_Return)
    assert entered.args == ["cat"]


def test_an_error_shows_its_place_and_escape_takes_it_away(box, qtbot):
    box.set_text("king - <b>")
    box.show_problem("“<b>” is no word. Did you mean “b”?", 7, 10, ("b", '"New York"'))
    assert "&lt;b&gt;" in box.problem.text()
    assert "underline" in box.problem.text()
    with qtbot.waitSignal(box.entered) as entered:
        box.problem.linkActivated.emit('"New York"')
    assert entered.args == ['king - "New York"']
    box.show_problem("This quote is never closed.", 0, 4, ())
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert box.problem.isHidden()


def test_old_completions_do_not_open(box, qtbot):
    box.line.setText("queen")
    box.show_completions(completions("kin", "king"))
    assert not box.completions.is_open


def test_a_word_is_completed_where_the_caret_stands_also_behind_an_emoji(box):
    box.line.setText("🙂 + kin − 👑")
    set_caret(box.line, 7)
    assert caret_of(box.line) == 7
    box.show_completions(completions("kin", "king"))
    assert box.completions.labels == ("king",)
    box.completions.taken.emit("king")
    assert box.text == "🙂 + king − 👑"
    assert caret_of(box.line) == 8
    box.completions.close()


def test_an_example_fills_the_line(box, qtbot):
    box.set_examples((("king - man + woman", "queen"), ("tower", "")))
    with qtbot.waitSignal(box.chosen) as chosen:
        box.examples.menu().actions()[0].trigger()
    assert chosen.args == ["king - man + woman", "queen"]
    assert box.text == "king - man + woman"
