import pytest

from vectarium.drawing.elided_label import ElidedLabel


@pytest.fixture
def label(qtbot):
    shown = ElidedLabel()
    qtbot.addWidget(shown)
    shown.set_line("after  “", "… once upon a time there was a cat”")
    shown.resize(1000, 20)
    shown.show()
    return shown


def test_a_line_that_fits_is_shown_whole(label):
    assert label.text() == "after  “… once upon a time there was a cat”"


def test_the_lead_and_the_end_stay(label):
    for width in (250, 180, 120):
        label.resize(width, 20)
        assert label.text().startswith("after  “…")
        assert label.text().count("…") == 1
        assert label.text().endswith("cat”")
        assert label.fontMetrics().horizontalAdvance(label.text()) <= width
    label.resize(1000, 20)
    assert "once" in label.text()
