"""The schedule, and runs that are stopped, taken up again and extended."""

from pathlib import Path

import pytest
import torch
from network import Shape
from training import Recipe, Training, rate_factor

SHAPE = Shape(vocabulary=64, context=8, layers=1, heads=2, width=16)


def steps(training: Training, count: int) -> None:
    for _ in range(count):
        draw = torch.Generator().manual_seed(training.steps)
        ids = torch.randint(0, SHAPE.vocabulary, (4, SHAPE.context + 1), generator=draw)
        training.network.zero_grad()
        training.network(ids[:, :-1], ids[:, 1:]).backward()
        training.update()
        training.seconds += 1


def test_the_rate_warms_up_and_falls_to_its_end() -> None:
    recipe = Recipe(warm_up=0.1, last_rate=0.05)
    assert rate_factor(0.05, recipe) == pytest.approx(0.5)
    assert rate_factor(0.1, recipe) == pytest.approx(1)
    assert rate_factor(0.55, recipe) == pytest.approx((1 + 0.05) / 2)
    assert rate_factor(1.0, recipe) == rate_factor(1.5, recipe) == pytest.approx(0.05)
    falling = [rate_factor(0.1 + step / 100, recipe) for step in range(90)]
    assert falling == sorted(falling, reverse=True)


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
def test_a_run_taken_up_again_is_the_run_that_was_not_stopped(tmp_path: Path, optimizer: str) -> None:
    straight = Training(Recipe(optimizer=optimizer), SHAPE)
    straight.plan(minutes=1, restart_rate=0.3)
    steps(straight, 6)
    stopped = Training(Recipe(optimizer=optimizer), SHAPE)
    stopped.plan(minutes=1, restart_rate=0.3)
    steps(stopped, 3)
    stopped.save(tmp_path / "run.pt", "corpus")
    again = Training.load(tmp_path / "run.pt", "corpus", {})
    again.plan(minutes=99, restart_rate=0.3)  # the schedule begun goes on
    steps(again, 3)
    assert again.steps == 6
    assert again.progress == straight.progress
    for name in ("network", "average"):
        states = [getattr(training, name).state_dict() for training in (straight, again)]
        torch.testing.assert_close(*states, rtol=0, atol=0)


def test_training_lowers_the_loss_and_the_average_follows() -> None:
    training = Training(Recipe(), SHAPE)
    training.plan(minutes=1, restart_rate=0.3)
    ids = torch.arange(SHAPE.context + 1)[None] * 5
    before = float(training.network(ids[:, :-1], ids[:, 1:]).detach())
    for _ in range(200):
        training.network.zero_grad()
        training.network(ids[:, :-1], ids[:, 1:]).backward()
        training.update()
        training.seconds += 0.3
    after = float(training.network(ids[:, :-1], ids[:, 1:]).detach())
    average = float(training.average(ids[:, :-1], ids[:, 1:]).detach())
    assert after < 0.5 < before
    assert average < before / 2


def test_a_finished_run_is_extended_at_a_lower_peak() -> None:
    training = Training(Recipe(), SHAPE)
    training.plan(minutes=1, restart_rate=0.3)
    training.seconds = 61.0
    training.plan(minutes=2, restart_rate=0.3)
    assert (training.begin, training.end, training.peak) == (61.0, 181.0, 0.3)
    assert training.progress == 0


def test_a_checkpoint_of_other_stories_is_refused(tmp_path: Path) -> None:
    Training(Recipe(), SHAPE).save(tmp_path / "run.pt", "these")
    with pytest.raises(ValueError, match=r"other stories.*--checkpoints"):
        Training.load(tmp_path / "run.pt", "those", {})


def test_changes_to_the_recipe_are_applied_and_kept_on_record(tmp_path: Path) -> None:
    training = Training(Recipe(repeats=2), SHAPE)
    training.steps = 5
    training.save(tmp_path / "run.pt", "corpus")
    changed = Training.load(tmp_path / "run.pt", "corpus", {"repeats": 4})
    assert changed.recipe.repeats == 4
    changed.save(tmp_path / "run.pt", "corpus")
    again = Training.load(tmp_path / "run.pt", "corpus", {"repeats": 4})
    assert again.changes == [{"step": 5, "what": "repeats", "was": 2, "now": 4}]
