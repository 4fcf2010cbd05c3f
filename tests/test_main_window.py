"""The window with keyboard and mouse: zoom, themes, workspaces, docks, notices, what each control says."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QMainWindow,
    QScrollBar,
)

from vectarium.actions import MENUS, Command, Menu
from vectarium.drawing.writing import prose_editor
from vectarium.drawing.writing.prose_editor import ProseEditor
from vectarium.main_window import WORKSPACES, available
from vectarium.messages import Failed, LoadModel

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def app(start_app):
    return start_app(prompt="Once upon a time")


@pytest.fixture
def window(app):
    return app.window


def test_zoom_by_keyboard_scales_everything(window, qtbot):
    before = window.findChild(QLineEdit).fontMetrics().height() if window.findChild(QLineEdit) else None
    strip = window._strip.editor
    box = strip.box_rect(0).height()
    QTest.keyClick(window, Qt.Key.Key_Plus, CTRL)
    QTest.keyClick(window, Qt.Key.Key_Plus, CTRL)
    assert window.look.zoom == pytest.approx(1.25)
    assert strip.box_rect(0).height() > box
    if before is not None:
        assert window.findChild(QLineEdit).fontMetrics().height() > before
    QTest.keyClick(window, Qt.Key.Key_0, CTRL)
    assert window.look.zoom == 1.0
    for _ in range(20):
        QTest.keyClick(window, Qt.Key.Key_Minus, CTRL)
    assert window.look.zoom == pytest.approx(0.8)
    for _ in range(20):
        QTest.keyClick(window, Qt.Key.Key_Plus, CTRL)
    assert window.look.zoom == pytest.approx(3.0)


def test_themes(window):
    window.actions_by_name["set_light"].trigger()
    assert window.look.theme.name == "light"
    window.actions_by_name["set_light"].trigger()
    assert window.look.theme.name == "dark"


def test_workspaces_by_keyboard_and_mouse(window, qtbot):
    for index, workspace in [*enumerate(window.workspaces)] * 2:
        QTest.keyClick(window, Qt.Key.Key_1 + index, CTRL)
        assert window.workspace == workspace.name
        shown = {key for key, dock in window._docks.items() if not dock.isHidden()}
        assert shown == {key for column in workspace.columns for key in column}
    window._workspace_buttons.button(0).click()
    assert window.workspace == window.workspaces[0].name


def test_a_workspace_is_remembered_as_it_was_left_and_can_be_reset(window, qtbot):
    name = window.workspaces[-1].name
    window.open_workspace(name)
    dock = window._docks["next_token"]
    dock.close()
    window.open_workspace(window.workspaces[0].name)
    window.open_workspace(name)
    assert dock.isHidden()
    window.actions_by_name["reset_workspace"].trigger()
    assert not dock.isHidden()


def test_a_layout_from_before_there_was_a_pane_leaves_it_out(window):
    before = QMainWindow()
    for key in ("embeddings", "writing", "attention", "next_token"):
        dock = QDockWidget(before)
        dock.setObjectName(key)
        before.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        dock.setVisible(key != "writing")
    window.open_workspace("Futures")
    window.layouts["All"] = bytes(before.saveState().data())
    window.open_workspace("All")
    shown = {key for key, dock in window._docks.items() if not dock.isHidden()}
    assert shown == {"embeddings", "attention", "next_token"}
    window.open_workspace("Futures")
    assert not window._docks["multiverse"].isHidden()
    before.deleteLater()


def test_every_pane_floats_and_docks_again(window, qtbot):
    window.open_workspace("All")
    for dock in window._docks.values():
        dock.show()
        dock.setFloating(True)
        qtbot.waitExposed(dock)
        dock.setFloating(False)
        assert not dock.isFloating()
        assert dock.widget().isVisible()


def test_every_dock_has_a_name_of_its_own(window):
    names = [dock.objectName() for dock in window.findChildren(QDockWidget)]
    assert len(set(names)) == len(names)
    assert all(names)


def test_full_screen(window, qtbot):
    QTest.keyClick(window, Qt.Key.Key_F11)
    qtbot.waitUntil(window.isFullScreen)
    QTest.keyClick(window, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: not window.isFullScreen())


def test_only_workspaces_with_panes_are_offered():
    assert [workspace.name for workspace in available({"next_token"})] == ["Write", "All"]
    assert available({"attention"})[0].columns == (("attention",),)
    assert len(available({key for w in WORKSPACES for column in w.columns for key in column})) == len(
        WORKSPACES
    )


def test_every_control_has_a_tooltip_and_a_name(window):
    for workspace in window.workspaces:  # some controls are made when they are first looked at
        window.open_workspace(workspace.name)
    window.panes["side_by_side"].view.heads[0].open_sliders()
    window.panes["side_by_side"].view.heads[0]._sliders.hide()
    silent = []
    for kind in (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit):
        for widget in window.findChildren(kind):
            inside = isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_")
            if inside or isinstance(widget.parent(), QAbstractSpinBox | QComboBox):
                continue
            named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
            if not widget.toolTip() or not named:
                silent.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    assert silent == []


def commands(menu: Menu) -> list[Command]:
    found = []
    for entry in menu.entries:
        found += commands(entry) if isinstance(entry, Menu) else [entry] if entry else []
    return found


def test_every_command_says_what_it_does_and_no_key_is_taken_twice(window):
    everything = [command for menu in MENUS for command in commands(menu)]
    assert all(command.tip for command in everything)
    keys = [sequence.toString() for action in window.actions() for sequence in action.shortcuts()]
    assert sorted(keys) == sorted(set(keys))


def test_a_failure_is_shown_with_its_advice_and_details(app, window, qtbot):
    request = LoadModel(0, "somewhere")
    app.session.failed.emit(Failed(0, request, "The model is damaged.", "Copy it again.", "KeyError: 'x'"))
    assert window.notice.isVisible()
    assert window.notice.text == "The model is damaged. Copy it again."
    assert window.notice._details.isVisible()


def test_a_model_that_cannot_be_loaded_leaves_the_old_one_in_use(app, window, qtbot, tmp_path):
    old = app.session.model
    (tmp_path / "empty").mkdir()
    with qtbot.waitSignal(app.session.failed):
        app.commands._load(str(tmp_path / "empty"))
    assert "config.json" in window.notice.text
    assert app.session.model is old
    app.session.sample_one()
    qtbot.waitUntil(lambda: app.session.can_sample)


def test_dialogs_open_and_close(window, qtbot):
    from PySide6.QtCore import QTimer

    for name in ("show_keyboard", "show_log", "show_about"):
        seen = []

        def close(seen=seen):
            dialog = QApplication.activeModalWidget()
            seen.append(dialog.windowTitle())
            dialog.reject()

        QTimer.singleShot(200, close)
        window.actions_by_name[name].trigger()
        assert seen


@pytest.mark.logs("Unexpected")
def test_an_unexpected_error_is_told_and_logged(app, window):
    import sys

    try:
        raise RuntimeError("a cosmic ray")
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert "a cosmic ray" in window.notice.text
    assert "a cosmic ray" in app.places.log.read_text()


@pytest.mark.logs("Unexpected")
def test_a_painter_ends_where_painting_failed(window, qtbot, monkeypatch):
    """Otherwise Qt warns of it, which fails the test, and may crash."""

    def paint(*_):
        raise RuntimeError("a cosmic ray")

    with monkeypatch.context() as broken:
        broken.setattr(prose_editor, "paint", paint)
        window.findChild(ProseEditor).viewport().update()
        qtbot.waitUntil(lambda: "a cosmic ray" in window.notice.text)
    window.notice.hide()
    window.grab()


@pytest.mark.offline
def test_a_model_is_downloaded_only_when_the_user_agrees(app, window, qtbot, monkeypatch, network_wall):
    old, asked = app.session.model, []

    def refuse(*question):
        asked.append(question)
        return False

    monkeypatch.setattr(window, "ask", refuse)
    with qtbot.waitSignal(app.session.failed):
        app.commands._load("gpt2")
    assert "548 MB" in asked[0][1]
    assert network_wall.attempts == []

    monkeypatch.setattr(window, "ask", lambda *question: True)
    app.commands._load("gpt2")
    qtbot.waitUntil(lambda: window.notice.isVisible(), timeout=60_000)
    assert network_wall.attempts
    assert app.session.model is old


def test_the_device_can_be_changed_and_a_missing_one_is_told(app, window, qtbot):
    with qtbot.waitSignal(app.session.model_changed, timeout=30_000):
        window.actions_by_name["set_device:cpu"].trigger()
    assert window.actions_by_name["set_device:cpu"].isChecked()
    assert not window.actions_by_name["set_device:auto"].isChecked()
    qtbot.waitUntil(lambda: app.session.can_sample)


def test_the_whole_can_be_exported_from_the_menu(app, window, qtbot, tmp_path):
    exporting = app.export(tmp_path / "out")
    with qtbot.waitSignal(exporting.done, timeout=60_000) as done:
        pass
    assert done.args == [""]
    assert (tmp_path / "out" / "window.png").exists()
    assert str(tmp_path / "out") in window.notice.text


def test_documents_are_saved_and_opened_by_path(app, window, qtbot, tmp_path):
    from vectarium.documents import document_file

    path = tmp_path / "mine.vectarium.json"
    document_file.save(path, app.session.saved())
    app.session.edit_text("something else")
    qtbot.waitUntil(lambda: app.session.can_sample)
    app.commands.open_path(path)
    qtbot.waitUntil(lambda: app.session.can_sample)
    assert app.session.text == "Once upon a time"
    assert [action.data() for action in window.recent_menu.actions()] == [str(path.resolve())]
    app.session.edit_text("something else again")
    window.recent_menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: app.session.can_sample and app.session.text == "Once upon a time")
    path.write_text("{}")
    app.commands.open_path(path)
    assert "not a Vectarium document" in window.notice.text
    app.commands.open_path(tmp_path / "none.json")
    assert "could not be read" in window.notice.text
    assert app.session.text == "Once upon a time"
