"""The exercise with the keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from vectarium.drawing.heads.head_exercise import HeadExercise
from vectarium.drawing.palette import Look


@pytest.fixture
def exercise(qtbot):
    exercise = HeadExercise(Look())
    qtbot.addWidget(exercise)
    exercise.resize(600, 900)
    exercise.show()
    return exercise


def type_into(qtbot, table, row, column, text):
    table.setCurrentCell(row, column)
    if table.findChild(QLineEdit) is None:  # it opens by itself where the cell was not the current one
        table.editItem(table.item(row, column))
    editor = table.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: table.findChild(QLineEdit) is None)


def test_each_number_is_marked(exercise, qtbot):
    value = float((exercise.exercise.query_matrix @ exercise.exercise.embeddings)[0, 1])
    table = exercise.tables[0]
    type_into(qtbot, table, 0, 1, f"{value:.0f}")
    assert table.item(0, 1).text().endswith("✓")
    type_into(qtbot, table, 0, 2, "77")
    assert table.item(0, 2).text().endswith("✗")
    assert exercise.score.text().endswith("1 not yet")
    assert exercise.score.text().startswith("1 of ")


def test_own_integers_change_the_answers(exercise, qtbot):
    exercise.fill()
    total = exercise.score.text()
    type_into(qtbot, exercise.given["embeddings"], 0, 0, "9")
    assert exercise.exercise.embeddings[0, 0] == 9
    type_into(qtbot, exercise.given["embeddings"], 0, 0, "99")
    assert "too large" in exercise.score.text()
    assert exercise.exercise.embeddings[0, 0] == 9
    assert exercise.given["embeddings"].item(0, 0).text() == "9"
    exercise.fill()
    assert exercise.score.text() == total


@pytest.mark.parametrize("queries_down", [False, True])
def test_answers_are_right_and_clear_empties(exercise, queries_down):
    exercise.set_queries_down(queries_down)
    exercise.fill()
    right, _, total = exercise.score.text().partition(" of ")
    assert total == f"{right} right"
    exercise.clear()
    assert exercise.score.text().startswith("0 of ")
    exercise.renew()
    assert exercise.score.text().startswith("0 of ")
