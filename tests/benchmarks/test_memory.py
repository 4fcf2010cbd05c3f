"""The memory of the whole application with all panes open, GPT-2 124M in float32."""

import numpy as np
import pytest

MOST, MOST_MORE = 1500, 300  # MB
MINUTES, SETTLED_AFTER, MOST_GROWTH = 10, 5, 20  # minutes, minutes, MB an hour


def test_memory(small, report, run_program, tmp_path):
    found = run_program("memory_run", small, tmp_path / "app")
    report.add(
        "124M in fp32, all panes: resident memory",
        f"{found['open']:.0f} MB",
        budget=f"< {MOST:,} MB",
        met=found["open"] < MOST,
    )
    more = found["long"] - found["open"]
    report.add(
        "124M in fp32, all panes: what a prompt of 1,024 tokens adds",
        f"{more:.0f} MB",
        budget=f"≤ {MOST_MORE} MB",
        met=more <= MOST_MORE,
    )


@pytest.mark.slow
def test_growth_of_memory(small, report, run_program, tmp_path):
    found = run_program("memory_run", small, tmp_path / "app", MINUTES, seconds=60 * (MINUTES + 5))
    minutes, written, *parts = np.array(found["grown"]).T
    late = minutes >= SETTLED_AFTER
    window, workers = (60 * _slope(minutes[late], part[late]) for part in parts)
    tokens = 60 * _slope(minutes[late], written[late])
    report.add(
        f"124M, writing and orbiting: growth an hour, from minutes {SETTLED_AFTER} to {MINUTES}",
        f"{window + workers:.0f} MB ({window:.0f} in the window, {workers:.0f} in the workers)",
        peer=f"{tokens:,.0f} tokens, all kept for undo",
        budget=f"< {MOST_GROWTH} MB",
        met=window + workers < MOST_GROWTH,
    )


def _slope(x, y) -> float:
    """The median of the slopes between all pairs (Sen, 1968): a few outliers change nothing."""
    first, second = np.triu_indices(len(x), 1)
    return float(np.median((y[second] - y[first]) / (x[second] - x[first])))
