"""Widgets of one window that draw what streams in take turns, and none misses the end of it."""

import pytest
from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget

from vectarium.drawing.frame import Frame


class Pane(QWidget):
    """Counts the turns of the event loop; notes in which of them it drew, and what was the newest then."""

    def __init__(self, window, turns):
        super().__init__(window)
        self.frame, self.turns = Frame(self), turns
        self.newest, self.drawn = 0, []
        self.frame.due.connect(self.draw)

    @Slot()
    def draw(self):
        self.drawn.append((self.turns.count, self.newest))


class LoopTurns(QObject):
    """Counts turns: a timer of nothing is due once in each."""

    def __init__(self):
        super().__init__()
        self.count = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)
        self._timer.start(0)

    @Slot()
    def _turn(self):
        self.count += 1

    def stop(self):
        self._timer.stop()


@pytest.fixture
def panes(qtbot):
    window, turns = QWidget(), LoopTurns()
    qtbot.addWidget(window)
    yield [Pane(window, turns) for _ in range(3)]
    turns.stop()


def test_what_streams_is_drawn_in_turns_of_their_own_and_the_last_is_not_missed(panes, qtbot):
    for newest in range(1, 40):
        for pane in panes:
            pane.newest = newest
            pane.frame.soon(at_once=False)
        before = panes[0].turns.count
        qtbot.waitUntil(lambda before=before: panes[0].turns.count > before + 3)
    qtbot.waitUntil(lambda: all(pane.drawn and pane.drawn[-1][1] == 39 for pane in panes))
    assert not any(pane.frame.isActive() for pane in panes)
    turns = [turn for pane in panes for turn, _ in pane.drawn]
    assert len(turns) == len(set(turns))
    assert all(len(pane.drawn) < 39 for pane in panes)


def test_what_comes_alone_is_drawn_at_once_and_what_follows_with_the_next_frame(panes, qtbot):
    first, second, _ = panes
    first.newest = 1
    first.frame.soon(at_once=True)
    assert [newest for _, newest in first.drawn] == [1]
    second.frame.soon(at_once=True)  # at once, though another has just drawn
    assert len(second.drawn) == 1
    for first.newest in (2, 3):
        first.frame.soon(at_once=True)
    assert len(first.drawn) == 1
    qtbot.waitUntil(lambda: len(first.drawn) == 2)
    assert first.drawn[-1][1] == 3


def test_a_window_that_closes_takes_its_frames_with_it(qtbot):
    window = QWidget()
    pane = Pane(window, LoopTurns())
    pane.turns.stop()
    pane.frame.soon(at_once=False)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    with qtbot.waitSignal(window.destroyed):
        window.close()
        window.deleteLater()


class Painting(QWidget):
    """Notes, in a list that several share, when it is told to draw and when it is painted."""

    def __init__(self, window, noted):
        super().__init__(window)
        self.frame, self.noted = Frame(self, every_ms=1), noted
        self.frame.due.connect(self.draw)

    @Slot()
    def draw(self):
        self.noted.append("drew")
        self.update()

    def paintEvent(self, event):
        self.noted.append("painted")


def test_none_draws_before_what_another_one_drew_is_painted(qtbot):
    window, noted = QWidget(), []
    qtbot.addWidget(window)
    widgets = [Painting(window, noted) for _ in range(3)]
    for place, widget in enumerate(widgets):
        widget.setGeometry(40 * place, 0, 30, 30)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: noted.count("painted") >= 3)
    noted.clear()
    for round in range(1, 8):
        for widget in widgets:
            widget.frame.soon(at_once=False)
        qtbot.waitUntil(lambda round=round: noted.count("painted") == 3 * round)
    assert noted == ["drew", "painted"] * 21


def test_it_is_crowded_while_another_one_draws_whichever_drew_last(panes, qtbot):
    first, second, _ = panes
    first.frame.soon(at_once=True)
    first.frame.soon(at_once=True)
    assert not first.frame.crowded
    second.frame.soon(at_once=True)
    qtbot.waitUntil(lambda: len(first.drawn) == 2)
    assert first.frame.crowded
    assert second.frame.crowded
