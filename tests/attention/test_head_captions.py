"""What is said about a head and its picture."""

import numpy as np

from vectarium.attention.head_captions import SINK, Shown, caption, described
from vectarium.attention.head_measures import MEASURES


def test_a_head_is_described_with_every_number():
    does, numbers = described(np.array([0.3, 0.62, 0.1, np.nan, 0.05, 3.25, 1.5]), hide_sink=False)
    assert does == "62 % to the first token, the attention sink"
    lines = numbers.split("\n")
    assert len(lines) == len(MEASURES)
    assert lines[0] == f"previous token 30 %: {MEASURES[0].how}"
    assert lines[3].startswith("earlier copies –: ")
    assert lines[5].startswith("mean distance 3.2: ")


def test_what_was_hidden_is_said():
    does, numbers = described(np.array([0.7, 0.62, 0.1, np.nan, 0.05, 3.25, 1.5]), hide_sink=True)
    assert does == "70 % to the previous token · 62 % on the first token hidden"
    assert numbers.split("\n")[-1].startswith("The first token is hidden")


def test_a_caption_says_which_way_a_matrix_runs():
    assert caption(Shown(True)) == "Paper: queries down, keys across; each row sums to 100 %, by the softmax."
    assert caption(Shown(False)).startswith("Video: keys down, queries across; each column sums")
    assert "each column" not in caption(Shown(False, maximum=True))  # a maximum of weights sums to more


def test_a_caption_says_what_was_done():
    scores = caption(Shown(False, limit=7.06, infinity=True, hide_sink=True, words=True))
    assert scores.endswith("full at ±7.1. Later keys are −∞.")  # nothing is hidden from scores
    both = caption(Shown(False, hide_sink=True, words=True, sink=True))
    assert "from a word the mean" in both
    assert "shared out again" in both
    assert SINK not in both
    assert caption(Shown(False, sink=True)).endswith(SINK)
