"""A step takes little memory, and nothing of it is rounded."""

import pickle
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from vectarium.ranking import rank
from vectarium.sampling import SamplingSettings, Step, distribution, record_step
from vectarium.steps import restored
from writing_steps import VOCABULARY, logits, step_after


def values(step: Step) -> dict[str, object]:
    return {entry.name: getattr(step, entry.name) for entry in fields(Step)}


def test_numbers_are_those_of_the_distribution():
    settings = SamplingSettings(temperature=0.7, top_k=30, top_p=0.9, repetition_penalty=1.3)
    drawn_from = distribution(logits(5), settings, (1, 2, 3))
    step = record_step(drawn_from, 4, 0.25)
    assert (step.token_id, step.rank, step.uniform) == (int(drawn_from.order[4]), 4, 0.25)
    assert step.logit == drawn_from.logits[4]
    assert step.penalised == drawn_from.penalised[4]
    assert step.model_probability == pytest.approx(np.exp(step.logit - drawn_from.ranking.log_normaliser))
    assert step.model_rank == drawn_from.model.rank_of(step.token_id)
    assert step.model_entropy_bits == drawn_from.model.model_entropy_bits
    assert (step.probability, step.drawn) == (drawn_from.probability[4], drawn_from.drawn[4])
    assert (step.kept_count, step.vocabulary_size) == (drawn_from.kept_count, VOCABULARY)
    assert (step.removed_mass, step.log_normaliser) == (drawn_from.removed_mass, drawn_from.log_normaliser)
    assert (step.entropy_bits, step.drawn_entropy_bits) == (
        drawn_from.entropy_bits,
        drawn_from.drawn_entropy_bits,
    )
    assert step.model_log_normaliser == drawn_from.ranking.log_normaliser
    assert step.settings == settings


def test_numbers_that_only_the_model_can_tell_are_none():
    step = replace(step_after(3, 0.5), uniform=None, model_rank=None, model_entropy_bits=None)
    assert (step.uniform, step.model_rank, step.model_entropy_bits) == (None, None, None)
    assert replace(step, uniform=0.0, model_rank=0, model_entropy_bits=0.0).uniform == 0.0


def test_logits_of_minus_one_are_numbers():
    step = record_step(distribution(rank(np.array([-1.0, -1.0], np.float32)), SamplingSettings()), 0)
    assert (step.logit, step.penalised) == (-1.0, -1.0)


def test_it_cannot_be_changed():
    with pytest.raises(AttributeError):
        step_after(3, 0.5).rank = 7


def test_it_travels_between_processes_as_it_is():
    step = step_after(3, 0.5, SamplingSettings(repetition_penalty=1.5))
    back = pickle.loads(pickle.dumps(step, 5))
    for name, value in values(step).items():
        assert np.array_equal(getattr(back, name), value)
    assert not back.top_logits.flags.writeable


def test_equal_settings_are_one_object():
    first, second = (step_after(3, 0.5, SamplingSettings(temperature=0.75)) for _ in range(2))
    assert pickle.loads(pickle.dumps(first)).settings is second.settings


def test_in_an_archive_it_is_small_and_knows_the_same_numbers():
    class Archive:
        def top(self, place: int) -> None:
            raise AssertionError("nothing but the entries is read from it")

    step = step_after(3, 0.5)
    before = values(step)
    step.leave_to(Archive(), 0)
    assert sys.getsizeof(step) < 100
    assert all(getattr(step, name) == value for name, value in before.items() if not name.startswith("top_"))


def test_what_is_read_from_an_archive_anew_is_the_same_step():
    step, archive = step_after(3, 0.5), object()
    step.leave_to(archive, 7)
    again = restored(step.token_id, step.settings, step.packed, 7, archive)
    assert (again, hash(again)) == (step, hash(step))
    assert again != restored(step.token_id, step.settings, step.packed, 8, archive)
    assert again != step_after(3, 0.5)
    assert step_after(3, 0.5) != step_after(3, 0.5)
