"""A draw at a slow pace, watched in a running application: show around a real draw."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProxyStyle, QStyle

from vectarium.sampling import SamplingSettings

PROMPT = "Once upon a time"


@pytest.fixture
def app(start_app, qtbot):
    app = start_app(prompt=PROMPT)
    app.window.resize(1700, 1000)
    app.window.open_workspace("Write")
    qtbot.waitUntil(app.panes["writing"].isVisible)
    app.session.set_sampling(SamplingSettings(temperature=0.8))
    app.session.writing.set_seed(5, fixed=True)
    app.session.writing.set_pace(0.6)
    return app


def settled(session) -> bool:
    return not session.generating and session.tokens.pending is None and session.can_sample


def test_the_marker_ends_on_the_token_that_is_then_written(app, qtbot):
    session, writing, expected = app.session, app.panes["writing"], app.panes["next_token"]
    count, rows, drawn, landed = len(session.tokens), [], [], []

    def drew(step, milliseconds):
        drawn.append((step, session.generating, len(session.tokens), expected.table.model().rows.drawn_row))

    def landed_on(label, place, milliseconds):
        shown = expected.table.model()
        landed.append((label, rows[-1], shown.rows.drawn_row, shown.index(rows[-1], 1).data()))
        assert writing._flight.isVisible()

    session.writing.set_pace(2.0)
    expected.watched._walk.at.connect(rows.append)
    session.writing.drew.connect(drew)
    expected.watched.landed.connect(landed_on)
    writing.step()
    qtbot.waitUntil(lambda: settled(session) and len(session.tokens) > count, timeout=10_000)
    # It is text, and known in the list, only when the marker has come to it.
    step = drawn[0][0]
    assert drawn[0][1:] == (True, count, None)
    label, row, drawn_row, named = landed[0]
    assert label == named == session.vocabulary.labels[step.token_id]
    assert row == drawn_row
    assert session.tokens.ids[count] == step.token_id
    assert session.tokens.steps[count] is step
    assert expected.table._painter.marker is None
    qtbot.waitUntil(lambda: not writing._flight.isVisible())


def test_it_changes_nothing_of_what_is_written(app, qtbot):
    session, writing = app.session, app.panes["writing"]
    writing.side.seed.length.setValue(3)
    writing.play_or_pause()
    qtbot.waitUntil(lambda: settled(session) and len(session.tokens) > len(PROMPT.split()), timeout=10_000)
    watched = session.tokens.ids.tolist()
    session.undo()
    session.writing.set_pace(0.0)
    qtbot.waitUntil(lambda: settled(session) and session.text == PROMPT)
    writing.play_or_pause()
    qtbot.waitUntil(lambda: settled(session) and session.text != PROMPT)
    assert session.tokens.ids.tolist() == watched


def test_pausing_in_the_middle_writes_what_was_drawn_at_once(app, qtbot):
    session, writing = app.session, app.panes["writing"]
    session.writing.set_pace(60.0)
    count = len(session.tokens)
    with qtbot.waitSignal(session.writing.drew) as drew:
        writing.play_or_pause()
    writing.text.setFocus()
    qtbot.keyClick(writing.text, Qt.Key.Key_Space)
    assert session.tokens.ids.tolist()[count:] == [drew.args[0].token_id]
    assert not session.generating
    assert not app.panes["next_token"].watched.active
    qtbot.waitUntil(lambda: settled(session))


def test_pictures_and_data_show_what_is_expected_and_no_marker(app, qtbot, tmp_path):
    session, writing, expected = app.session, app.panes["writing"], app.panes["next_token"]
    session.writing.set_pace(60.0)
    expected.save_csv(tmp_path / "before.csv")
    expected.save_picture(tmp_path / "before.png")
    for name, save in (("amid.csv", expected.save_csv), ("amid.png", expected.save_picture)):
        with qtbot.waitSignal(session.writing.drew):
            writing.step()
        assert expected.watched.active
        assert "for show" in expected._view.summary.text()
        save(tmp_path / name)
        assert not expected.watched.active
        assert "tokens not listed" in expected._view.summary.text()
        session.writing.pause()
        qtbot.waitUntil(lambda: settled(session))
        session.undo()
        qtbot.waitUntil(lambda: settled(session) and session.text == PROMPT)
    assert (tmp_path / "amid.csv").read_text() == (tmp_path / "before.csv").read_text()


def test_where_nobody_watches_nothing_waits(app, qtbot):
    session = app.session
    session.writing.set_pace(60.0)
    app.window.open_workspace("Space")
    qtbot.waitUntil(lambda: not app.panes["next_token"].isVisible())
    count = len(session.tokens)
    session.writing.start(count=1)
    qtbot.waitUntil(lambda: settled(session) and len(session.tokens) == count + 1)


class Still(QProxyStyle):
    def styleHint(self, hint, option=None, widget=None, data=None):
        if hint == QStyle.StyleHint.SH_Widget_Animation_Duration:
            return 0
        return super().styleHint(hint, option, widget, data)


def test_nothing_moves_where_the_system_wants_no_motion_or_the_user_none(app, qtbot):
    session, writing, drawn = app.session, app.panes["writing"], []
    session.writing.drew.connect(lambda step, milliseconds: drawn.append(step))
    still = Still()
    writing.setStyle(still)
    writing.step()
    qtbot.waitUntil(lambda: settled(session) and session.text != PROMPT)
    assert drawn == []
    writing.setStyle(None)
    writing.show_draws.setChecked(False)
    count = len(session.tokens)
    writing.step()
    qtbot.waitUntil(lambda: settled(session) and len(session.tokens) > count)
    assert drawn == []
    writing.show_draws.setChecked(True)
    with qtbot.waitSignal(session.writing.drew):
        writing.step()
    qtbot.waitUntil(lambda: settled(session))
