"""The panel of the seed and of where Play stops."""

import pytest

from vectarium.drawing.palette import DARK, Look
from vectarium.drawing.writing.seed_panel import SeedPanel


@pytest.mark.parametrize(
    ("typed", "stops"),
    [
        ("", ()),
        (".|\\n\\n", (".", "\n\n")),
        ("|a||b|", ("a", "b")),
        ("<|endoftext|>", ("<|endoftext|>",)),
        ("!|<|endoftext|>|?", ("!", "<|endoftext|>", "?")),
    ],
)
def test_stop_texts(qtbot, typed, stops):
    panel = SeedPanel(Look(DARK, 1.0))
    qtbot.addWidget(panel)
    panel.stops.setText(typed)
    assert panel.stop_texts == stops
