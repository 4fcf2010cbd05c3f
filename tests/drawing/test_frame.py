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
