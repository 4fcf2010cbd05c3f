"""The dice: where a number falls is what was drawn, and a thousand rolls come as theory says."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from scipy import stats

from vectarium.drawing.palette import Look
from vectarium.drawing.writing.dice_panel import DicePanel
from vectarium.sampling import SamplingSettings, distribution
from vectarium.session.step_views import chances, dice_words
from writing_steps import VOCABULARY, logits, step_after

LABELS = tuple(f"t{index}" for index in range(VOCABULARY))
SETTINGS = SamplingSettings(temperature=1.5, top_k=40, top_p=0.95)


@pytest.fixture
def panel(qtbot):
    panel = DicePanel(Look())
    qtbot.addWidget(panel)
    panel.resize(240, 400)
    panel.show()
    return panel


def test_the_entry_under_the_number_is_the_token_that_was_drawn():
    for settings in (SETTINGS, SamplingSettings(), SamplingSettings(temperature=0)):
        for uniform in np.random.default_rng(1).random(200):
            step = step_after(7, float(uniform), settings)
            shown = chances(step, LABELS)
            assert shown.drawn.sum() == pytest.approx(1)
            entry = shown.entry_at(step.uniform)
            if step.rank < 100:
                assert entry == step.rank
                assert shown.labels[entry] == LABELS[step.token_id]
            else:
                assert entry == len(shown.labels) - 1
                assert shown.others == step.kept_count - 100


def test_ten_thousand_draws_come_as_the_distribution_says():
    drawn_from = distribution(logits(7), SETTINGS)
    random = np.random.Generator(np.random.PCG64(5))
    ranks = [drawn_from.rank_at(float(uniform)) for uniform in random.random(10_000)]
    kept = drawn_from.kept_count
    counts = np.bincount(ranks, minlength=kept)
    assert len(counts) == kept
    assert stats.chisquare(counts, drawn_from.drawn[:kept] * 10_000).pvalue > 0.001


def test_a_thousand_rolls_are_counted_beside_their_expectation(panel, qtbot):
    step = step_after(7, 0.4, SETTINGS)
    panel.show_step(chances(step, LABELS), step.uniform, *dice_words(step, LABELS))
    qtbot.mouseClick(panel.thousand, Qt.MouseButton.LeftButton)
    counts = panel.counts._counts
    assert counts.sum() == 1000
    expected = chances(step, LABELS).drawn * 1000
    assert stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > 1e-6
    assert f"{counts[0]} of" in panel.counts.accessibleDescription()
    qtbot.mouseClick(panel.thousand, Qt.MouseButton.LeftButton)
    assert panel.counts._counts.sum() == 2000


def test_a_roll_moves_the_number_and_a_click_on_the_bar_chooses(panel, qtbot):
    step = step_after(7, 0.4, SETTINGS)
    panel.show_step(chances(step, LABELS), step.uniform, *dice_words(step, LABELS))
    assert LABELS[step.token_id] in panel.bar.accessibleDescription()
    before = panel.bar._uniform
    qtbot.mouseClick(panel.roll, Qt.MouseButton.LeftButton)
    assert panel.bar._uniform != before
    with qtbot.waitSignal(panel.chosen) as chosen:
        qtbot.mouseClick(panel.bar, Qt.MouseButton.LeftButton, pos=QPoint(6, 45))
    assert chosen.args == [0]


def test_without_a_step_there_is_nothing_to_roll(panel):
    panel.show_step(None, None, "", "Let the model write.")
    assert not panel.roll.isVisible()
    assert not panel.bar.isVisible()
