"""The transport bar: nothing beside the play button moves when it says Pause."""

import pytest

from vectarium.drawing.palette import DARK, Look, apply_look
from vectarium.drawing.stylesheet import stylesheet
from vectarium.drawing.writing.transport_bar import TransportBar


@pytest.mark.parametrize("zoom", [1.0, 2.0])
def test_play_and_pause_take_the_same_room(qtbot, zoom):
    look = Look(DARK, zoom)
    bar = TransportBar(look)
    qtbot.addWidget(bar)
    bar.setStyleSheet(stylesheet(look))  # without which every button has the same least width
    apply_look(bar, look)
    bar.resize(900, 60)
    bar.show()

    def places():
        return [widget.geometry() for widget in (bar.back, bar.play, bar.step, bar.stop, bar.meter)]

    found = []
    for running in (False, True):
        bar.set_state(running=running, can_write=True, can_take_back=True)
        qtbot.wait(1)  # a turn in which the layout takes effect
        found.append(places())
        assert bar.play.width() >= bar.play.sizeHint().width()
    assert found[0] == found[1]
    assert bar.play.text() == "❚❚ Pause"
