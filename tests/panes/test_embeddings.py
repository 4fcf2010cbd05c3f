"""The Embeddings pane in the running application, with the mouse and the keyboard."""

import csv
import json

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QTextCursor
from PySide6.QtWidgets import QMenu

from vectarium.drawing.palette import LIGHT, Look, apply_look
from vectarium.drawing.space.nearest_panel import ordinal
from vectarium.panes.embeddings import EmbeddingsPane

PROMPT = "Once upon a time there was a cat"


@pytest.fixture
def app(start_app, qtbot):
    app = start_app(prompt=PROMPT)
    app.window.open_workspace("Space")
    pane = app.panes["embeddings"]
    qtbot.waitUntil(lambda: pane.settled and pane.reading.evaluated is not None, timeout=30_000)
    return app


@pytest.fixture
def pane(app) -> EmbeddingsPane:
    return app.panes["embeddings"]


@pytest.fixture
def settle(qtbot, pane):
    def wait() -> None:
        qtbot.waitUntil(lambda: pane.settled, timeout=30_000)

    return wait


def type_expression(qtbot, pane: EmbeddingsPane, text: str) -> None:
    pane.box.line.setFocus()
    pane.box.line.selectAll()
    qtbot.keyClicks(pane.box.line, text)
    qtbot.keyClick(pane.box.line, Qt.Key.Key_Return)


def names(pane: EmbeddingsPane) -> list[str]:
    return [bar.name for bar in pane.panels.nearest.bars.bars]


def test_opens_with_the_lectures_example_worked_out(pane):
    assert pane.box.text == "king - man + woman"
    assert names(pane)[0] == "queen"
    assert len(names(pane)) == 10
    assert "1st" in pane.panels.nearest.verdict.text()
    assert len(pane.cloud.cloud.points) == len(pane.reading.opened.words) > 60_000
    roles = [arrow.role for arrow in pane.cloud.scene.arrows]
    assert roles == ["term", "difference", "chain", "chain", "miss"]
    pane.view.chain.trigger()
    assert [arrow.role for arrow in pane.cloud.scene.arrows] == ["term", "difference", "miss"]
    assert "PC 1" in pane.info.text()


def test_typing_an_expression_shows_its_neighbours(pane, qtbot, settle):
    type_expression(qtbot, pane, "Italy - Germany + Hitler")
    settle()
    assert names(pane)[0] == "mussolini"
    assert pane.cloud.scene.marks[0].text.startswith("mussolini  misses by 3.0")
    assert [arrow.role for arrow in pane.cloud.scene.arrows][-1] == "miss"
    qtbot.mouseClick(pane.panels.nearest.own, Qt.MouseButton.LeftButton)
    assert "hitler" in names(pane)
    qtbot.mouseClick(pane.panels.nearest.own, Qt.MouseButton.LeftButton)
    assert "hitler" not in names(pane)


def test_an_error_stands_in_its_place_and_a_near_word_mends_it(pane, qtbot, settle):
    type_expression(qtbot, pane, "king - womman")
    qtbot.waitUntil(lambda: not pane.box.problem.isHidden())
    settle()
    assert "womman" in pane.box.problem.text()
    pane.box.problem.linkActivated.emit("woman")
    settle()
    assert pane.box.problem.isHidden()
    assert pane.reading.evaluated.text == "king - woman"


def test_an_expected_word_shows_where_it_lies(pane, qtbot, settle):
    expected = pane.panels.nearest.expected
    expected.setFocus()
    expected.selectAll()
    qtbot.keyClicks(expected, "princess")
    qtbot.keyClick(expected, Qt.Key.Key_Return)
    settle()
    place = names(pane).index("princess") + 1
    assert ordinal(place) in pane.panels.nearest.verdict.text()
    assert any("princess" in mark.text and mark.role == "found" for mark in pane.cloud.scene.marks)
    expected.selectAll()
    qtbot.keyClicks(expected, "quxxq")
    qtbot.keyClick(expected, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "quxxq" in pane.panels.nearest.verdict.text())


def test_completion_comes_while_typing(pane, qtbot):
    line = pane.box.line
    line.setFocus()
    line.clear()
    qtbot.keyClicks(line, "king - quee")
    offered = pane.box.completions
    qtbot.waitUntil(lambda: "queen" in offered.labels and offered.is_open)
    offered.taken.emit("queen")
    assert line.text() == "king - queen"
    offered.close()


def test_a_word_is_found_by_its_name(pane, qtbot, settle):
    pane.cloud.setFocus()
    qtbot.keySequence(pane.cloud, "Ctrl+F")
    assert pane.search.hasFocus()
    qtbot.keyClicks(pane.search, "wikipedi")
    qtbot.waitUntil(lambda: pane.search.completions.labels[:1] == ("wikipedia",))
    qtbot.keyClick(pane.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: pane.reading.evaluated.text == "wikipedia")
    settle()
    marks = [mark for mark in pane.cloud.scene.marks if mark.strong]
    assert [mark.text for mark in marks] == ["wikipedia"]
    x, y = pane.cloud.position_of(marks[0].row)
    assert 0 < x < pane.cloud.width()
    assert 0 < y < pane.cloud.height()
    pane.search.clear()
    qtbot.keyClicks(pane.search, "wikkipedia")
    qtbot.waitUntil(lambda: "wikipedia" in pane.search.completions.labels)
    pane.search.completions.close()


def test_tokens_are_told_apart_by_their_space_and_folded_on_request(pane, qtbot, settle):
    pane.show_space("tokens")
    settle()
    pane.search.setFocus()
    qtbot.keyClicks(pane.search, "mat")
    qtbot.waitUntil(lambda: pane.search.completions.labels[:2] == ("mat", "␣mat"))
    qtbot.keyClick(pane.search, Qt.Key.Key_Escape)
    qtbot.keyClicks(pane.search, " mat")
    qtbot.waitUntil(lambda: pane.search.completions.labels[:1] == ("␣mat",))
    pane.search.completions.close()
    qtbot.mouseClick(pane.panels.nearest.folded, Qt.MouseButton.LeftButton)
    settle()
    pane.search.clear()
    pane.search.setFocus()
    qtbot.keyClicks(pane.search, "mat")
    qtbot.waitUntil(lambda: pane.search.completions.labels[:1] == ("mat and 1 twin",))
    pane.search.completions.close()


def test_what_was_found_in_one_space_is_no_point_of_another(pane, qtbot, settle):
    pane.search.setFocus()
    qtbot.keyClicks(pane.search, "mat")
    qtbot.waitUntil(lambda: pane.search.completions.labels[:1] == ("mat",))
    qtbot.keyClick(pane.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: pane.reading.evaluated.text == "mat")
    pane.show_space("tokens")
    settle()
    pane.search.setFocus()
    qtbot.keyClick(pane.search, Qt.Key.Key_Return)
    wanted = pane.reading.opened.words.index("mat")
    qtbot.waitUntil(lambda: pane.reading.evaluated is not None)
    qtbot.waitUntil(lambda: [term.row for term in pane.reading.evaluated.terms] == [wanted])


def test_a_click_on_a_point_shows_its_neighbours(pane, qtbot, settle):
    pane.cloud._flight.stop()
    pane.cloud.reset_view()
    projected = pane.cloud._project()
    for row in range(5000):
        x, y = round(float(projected.x[row])), round(float(projected.y[row]))
        if 120 < x < pane.cloud.width() - 120 and 120 < y < pane.cloud.height() - 120:
            meant = pane.cloud.row_at(x, y)
            break
    qtbot.mouseClick(pane.cloud, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
    settle()
    assert [term.row for term in pane.reading.evaluated.terms] == [meant]


def test_a_neighbour_of_the_list_is_looked_at_by_click(pane, qtbot, settle):
    bars = pane.panels.nearest.bars
    place = bars.visualRect(bars.model().index(2, 1)).center()
    wanted = names(pane)[2]
    qtbot.mouseClick(bars.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    assert pane.box.text == wanted


def test_a_token_selected_in_the_text_is_found_here_and_the_other_way_round(app, pane, qtbot, settle):
    pane.show_space("tokens")
    settle()
    app.session.select(3)
    settle()
    assert [term.row for term in pane.reading.evaluated.terms] == [int(app.session.tokens.ids[3])]
    pane.links.look_at(int(app.session.tokens.ids[1]))
    settle()
    assert app.session.selection.token == 1


def test_positions_are_a_space_too(pane, settle):
    pane.show_space("positions")
    settle()
    assert pane.reading.opened.ids_are == "position"
    assert len(pane.cloud.cloud.points) == 48


def test_tokens_in_context_are_paths_through_the_layers(app, pane, qtbot, settle):
    pane.show_space("context")
    qtbot.waitUntil(lambda: pane.settled and pane.reading.evaluated is not None, timeout=30_000)
    count = len(app.session.tokens)
    assert len(pane.cloud.scene.paths) == count
    strong = [path for path in pane.cloud.scene.paths if path.strong]
    assert len(strong) == 1
    assert strong[0].places.shape == (4, 3)
    assert len(strong[0].names) == 4
    app.session.select(2)
    qtbot.waitUntil(lambda: app.session.next_token.position == 2)
    settle()
    assert [path.text for path in pane.cloud.scene.paths if path.strong] == [
        app.session.vocabulary.labels[app.session.tokens.ids[2]]
    ]
    pane.layers.layer.setValue(0)
    settle()
    assert np.allclose(pane.cloud.cloud.points, pane.context.paths.places[0][0][:, :3])


def test_the_layers_are_played(pane, qtbot, settle):
    pane.show_space("context")
    qtbot.waitUntil(lambda: pane.settled and pane.reading.evaluated is not None, timeout=30_000)
    pane.layers._step.setInterval(10)
    seen: list[int] = []
    pane.layers.layer_changed.connect(seen.append)
    qtbot.mouseClick(pane.layers.play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not pane.layers.play.isChecked())
    assert seen == [0, 1, 2, 3]
    settle()


def test_further_texts_lie_beside_the_one_on_screen(app, pane, qtbot, settle):
    pane.show_space("context")
    settle()
    pane.layers.texts_chosen.emit(("the mat", "a cat sat"))
    qtbot.waitUntil(lambda: pane.context.paths is not None and len(pane.context.paths.places) == 3)
    settle()
    assert len({path.role for path in pane.cloud.scene.paths if path.strong}) == 3


def test_an_edited_text_moves_the_paths(app, pane, qtbot, settle):
    pane.show_space("context")
    settle()
    app.session.edit_text("a mat")
    qtbot.waitUntil(lambda: app.session.can_sample and pane.context.settled)
    qtbot.waitUntil(lambda: len(pane.cloud.scene.paths) == len(app.session.tokens))


def test_a_text_that_goes_takes_its_paths_along(app, pane, qtbot, settle):
    pane.show_space("context")
    settle()
    app.session.edit_text("")
    qtbot.waitUntil(lambda: pane.is_empty)
    assert pane.reading.opened is None


def test_of_a_long_text_the_selected_token_is_read(app, pane, qtbot, settle):
    app.session.edit_text("the cat sat on the mat " * 20)
    qtbot.waitUntil(lambda: app.session.can_sample)
    assert len(app.session.tokens) > 2 * 48
    pane.show_space("context")
    settle()
    assert pane.context.seen_from > 0
    app.session.select(3)
    qtbot.waitUntil(lambda: pane.context.seen_from == 0 and pane.settled)
    labels = app.session.vocabulary.labels
    assert [path.text for path in pane.cloud.scene.paths if path.strong] == [
        labels[app.session.tokens.ids[3]]
    ]


def test_other_components_and_an_axis_of_ones_own(pane, qtbot, settle):
    pane.view.columns_chosen.emit((3, 1, 0))
    assert np.array_equal(pane.cloud.cloud.points, pane.reading.opened.coordinates[:, [3, 1, 0]])
    assert pane.cloud.cloud.axes[0].name == "PC 4"
    pane.view.axis_asked.emit(0, "woman - man")
    settle()
    assert pane.cloud.cloud.axes[0].name == "woman - man"
    assert pane.cloud.scene.arrows
    pane.view.axis_asked.emit(1, "cats - cat")
    settle()
    pane.view.axis_asked.emit(2, "woman - man")
    settle()
    assert [axis.name for axis in pane.cloud.cloud.axes] == ["woman - man", "cats - cat", "woman - man"]
    row = pane.reading.opened.rows["queen"]
    assert pane.cloud.cloud.points[row, 0] == pane.cloud.cloud.points[row, 2]
    assert pane.cloud.scene.arrows
    pane.view.axis_asked.emit(0, "woman -")
    with qtbot.waitSignal(pane.message):
        pass


def test_an_axis_of_ones_own_runs_through_the_paths_too(app, pane, qtbot, settle):
    pane.show_space("context")
    qtbot.waitUntil(lambda: pane.settled and pane.reading.evaluated is not None, timeout=30_000)
    pane.view.axis_asked.emit(1, "cat - upon")
    qtbot.waitUntil(lambda: pane.cloud.cloud.axes[1].name == "cat - upon at layer 3")
    settle()
    assert pane.reading.evaluated.tip.size == 11
    path = next(path for path in pane.cloud.scene.paths if path.strong)
    assert np.allclose(path.places[:, 1], pane.context.paths.places[0][:, -1, 10])
    pane.context.set_basis("tokens")
    qtbot.waitUntil(lambda: pane.cloud.cloud.axes[0].name == "PC 1 of W_E")
    settle()
    assert pane.cloud.cloud.axes[1].name == "cat - upon at layer 3"
    with qtbot.waitSignal(pane.message) as said:
        pane.view.axis_asked.emit(0, "quxxq - cat -")
    assert "quxxq" in said.args[0]
    app.session.edit_text("a mat")  # has no cat, so the axis is that of W_E now
    qtbot.waitUntil(lambda: pane.cloud.cloud.axes[1].name == "cat - upon of W_E")
    settle()


def test_the_last_space_and_its_settings_are_there_again(start_app, qtbot, tmp_path):
    app = start_app(prompt=PROMPT)
    app.window.open_workspace("Space")
    pane = app.panes["embeddings"]
    qtbot.waitUntil(lambda: pane.settled and pane.reading.evaluated is not None, timeout=30_000)
    pane.show_space("tokens")
    qtbot.waitUntil(lambda: pane.settled and pane.reading.opened is not None, timeout=30_000)
    pane.evaluate("mat - cat")
    pane.panels.nearest.count.setValue(17)
    pane.panels.nearest.own.click()
    pane.panels.nearest.measure.choose("Euclid")
    pane.panels.nearest.asked.emit()
    qtbot.waitUntil(lambda: pane.settled)
    pane.panels.turn_to(2)
    pane.panels.comparison.words.setText("mat, cat")
    kept = pane.settings
    app.window.close()
    again = start_app(prompt=PROMPT)
    again.window.open_workspace("Space")
    pane = again.panes["embeddings"]
    qtbot.waitUntil(lambda: pane.settled and pane.reading.evaluated is not None, timeout=30_000)
    assert pane.settings == kept
    assert (kept.space, kept.expressions["tokens"]) == ("tokens", ("mat - cat", ""))
    assert pane.reading.evaluated.measure == "Euclid"
    assert len(names(pane)) == 17
    assert pane.panels.comparison.shown.labels == ("␣mat", "␣cat")


def test_the_selection_is_isolated(pane):
    pane.view.isolate.trigger()
    assert pane.cloud.scene.isolated
    pane.view.isolate.trigger()
    assert not pane.cloud.scene.isolated


def test_the_panels_beside_the_cloud(pane, qtbot, settle):
    pane.panels.turn_to(1)
    settle()
    readings = {each.name: each.value for each in pane.panels.direction.line.readings}
    assert readings["puppies"] > readings["puppy"]
    pane.panels.direction.sorted.click()
    values = [each.value for each in pane.panels.direction.line.readings]
    assert values == sorted(values)
    pane.panels.direction.direction.setText("cats - cattt")
    qtbot.keyClick(pane.panels.direction.direction, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "cattt" in pane.panels.direction.note.text())
    assert pane.panels.direction.direction.selectedText() == "cattt"
    pane.panels.turn_to(2)
    settle()
    assert pane.panels.comparison.shown.values.shape == (6, 6)
    pane.panels.turn_to(3)
    settle()
    assert "20,000" in pane.panels.angles.note.text()
    for theme_look in (Look(), Look(LIGHT, 2.0)):
        for index in range(4):
            pane.panels.turn_to(index)
            pane.panels.grab()
            apply_look(pane, theme_look)


def test_what_is_beside_the_cloud_is_saved_at_full_length(pane, settle, tmp_path):
    pane.panels.nearest.count.setValue(120)
    for index in range(4):
        pane.panels.turn_to(index)
        settle()
        pane.panels.save_picture(tmp_path / f"{index}.svg")
        assert (tmp_path / f"{index}.svg").read_text().count("<text") > (120 if index == 0 else 5)
    pane.panels.turn_to(0)
    pane.panels.save_picture(tmp_path / "list.png")
    assert QImage(str(tmp_path / "list.png")).height() > 120 * 20


def test_a_word_of_the_list_goes_to_the_direction_lab_and_the_matrix(pane, qtbot, settle):
    panels, bars = pane.panels, pane.panels.nearest.bars
    index = bars.model().index(0, 1)
    dragged = bars.model().mimeData([index])
    everywhere = Qt.DropAction.CopyAction, dragged, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QGuiApplication.sendEvent(panels.choice, QDragEnterEvent(QPoint(5, 5), *everywhere))
    assert panels.stack.currentWidget() is panels.direction
    words = panels.direction.words
    words.moveCursor(QTextCursor.MoveOperation.End)
    place = words.cursorRect().center()
    QGuiApplication.sendEvent(words.viewport(), QDragEnterEvent(place, *everywhere))
    QGuiApplication.sendEvent(words.viewport(), QDropEvent(place.toPointF(), *everywhere))
    assert words.toPlainText().endswith("four, queen")
    qtbot.waitUntil(lambda: "queen" in [each.name for each in panels.direction.line.readings])
    panels.turn_to(0)
    panels._offer(bars.visualRect(bars.model().index(1, 1)).center())
    menu = bars.findChild(QMenu)
    menu.actions()[1].trigger()
    menu.close()
    settle()
    assert panels.stack.currentWidget() is panels.comparison
    assert panels.comparison.shown.labels[-1] == "daughter"


def test_cancelling_says_so_and_offers_to_go_on(app, pane, qtbot, settle):
    pane.show_space("tokens")
    app.session.cancel_all()
    assert pane.is_empty
    assert pane.settled
    pane._empty._example.click()
    qtbot.waitUntil(lambda: pane.reading.opened is not None)
    settle()
    assert not pane.is_empty


def test_an_empty_expression_shows_the_cloud_alone(pane, qtbot):
    type_expression(qtbot, pane, " ")
    assert not pane.cloud.scene.marks
    assert names(pane) == []


def test_files_hold_the_points_and_the_neighbours(pane, tmp_path):
    pane.export(tmp_path)
    with (tmp_path / "points.csv").open(newline="", encoding="utf-8") as file:
        points = list(csv.DictReader(file))
    assert len(points) == len(pane.reading.opened.words)
    assert list(points[0]) == ["rank", "text", *(f"PC {number}" for number in range(1, 11))]
    assert points[7]["text"] == pane.reading.opened.words[7]
    assert float(points[7]["PC 3"]) == pytest.approx(float(pane.reading.opened.coordinates[7, 2]), rel=1e-6)
    with (tmp_path / "neighbours.csv").open(newline="", encoding="utf-8") as file:
        near = list(csv.DictReader(file))
    assert len(near) == 50
    assert near[0]["text"] == "king"
    assert near[0]["word of the expression"] == "True"
    assert near[1]["text"] == "queen"
    assert float(near[1]["cosine"]) == pytest.approx(0.861, abs=5e-4)
    with (tmp_path / "expression.csv").open(newline="", encoding="utf-8") as file:
        terms = list(csv.DictReader(file))
    assert [term["weight"] for term in terms] == ["1.0", "-1.0", "1.0", ""]
    assert terms[-1]["text"] == "king - man + woman"
    pane.files.save_neighbours(tmp_path / "ten.csv")
    lines = (tmp_path / "ten.csv").read_text().splitlines()
    assert len(lines) == 11
    assert lines[1].startswith("1,queen,")
    pane.files.save_expression(tmp_path / "value.csv")
    assert (tmp_path / "value.csv").read_text() == (tmp_path / "expression.csv").read_text()
    pane.save_json(tmp_path / "e.json")
    assert set(json.loads((tmp_path / "e.json").read_text())) >= {"points", "neighbours"}
    pane.save_picture(tmp_path / "e.svg")
    assert "<svg" in (tmp_path / "e.svg").read_text()[:400]


def test_an_expression_without_value_is_named_when_files_are_written(pane, qtbot, tmp_path):
    type_expression(qtbot, pane, "king - womman")
    qtbot.waitUntil(lambda: not pane.box.problem.isHidden())
    with pytest.raises(OSError, match=r"womman.*[^.]$"):
        pane.export(tmp_path)


def test_the_list_is_copied(pane, qtbot):
    bars = pane.panels.nearest.bars
    bars.setFocus()
    qtbot.keySequence(bars, "Ctrl+C")
    assert QGuiApplication.clipboard().text().splitlines()[0] == "1\tqueen\t0.861"
    index = bars.model().index(1, 1)
    assert bars.model().mimeData([index]).text() == f", {names(pane)[1]}"


def test_another_model_leaves_no_stale_points(app, pane, qtbot, settle, model_folder):
    pane.show_space("tokens")
    app.session.load_model(str(model_folder), "cpu")
    with qtbot.waitSignal(app.session.model_changed, timeout=60_000):
        pass
    qtbot.waitUntil(lambda: pane.settled and pane.reading.opened is not None, timeout=30_000)
    assert pane.reading.opened.labels == app.session.vocabulary.labels


def test_a_floated_and_docked_pane_keeps_its_cloud(app, pane, qtbot):
    dock = app.window._docks["embeddings"]
    before = pane.cloud.cloud
    dock.setFloating(True)
    qtbot.waitUntil(lambda: dock.isFloating() and pane.cloud.isVisible())
    pane.cloud.grab()
    dock.setFloating(False)
    qtbot.waitUntil(lambda: not dock.isFloating())
    assert pane.cloud.cloud is before
    picture = pane.cloud.grab().toImage()
    assert len({picture.pixel(x, picture.height() // 2) for x in range(0, picture.width(), 3)}) > 3


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (1021, "1,021st")]
)
def test_ordinals(number, text):
    assert ordinal(number) == text
