"""The marker's visits are show; its end is the row it was told, at every speed."""

from itertools import pairwise

import pytest

from vectarium.drawing.marker_walk import MarkerWalk


@pytest.mark.parametrize(("rows", "end"), [(12, 0), (12, 11), (12, 40), (1, 0), (2, 1)])
def test_it_comes_to_rest_on_the_row_it_was_told(qtbot, qapp, rows, end):
    walk, seen = MarkerWalk(qapp), []
    walk.at.connect(seen.append)
    with qtbot.waitSignal(walk.landed):
        walk.start(rows, end, 60)
    assert seen[-1] == end
    assert all(row < rows for row in seen[:-1])
    assert all(first != second for first, second in pairwise(seen))
    walk.deleteLater()


def test_a_stopped_walk_tells_nothing_more(qtbot, qapp):
    walk, seen, landed = MarkerWalk(qapp), [], []
    walk.at.connect(seen.append)
    walk.landed.connect(lambda: landed.append(True))
    walk.start(12, 3, 40)
    walk.stop()
    again = MarkerWalk(qapp)
    with qtbot.waitSignal(again.landed):
        again.start(12, 3, 60)
    assert (len(seen), landed) == (1, [])
    walk.deleteLater()
    again.deleteLater()
