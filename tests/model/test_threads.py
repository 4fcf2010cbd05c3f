from itertools import pairwise

import pytest
import torch

from vectarium.model import forward_pass, one_token, threads
from vectarium.model.loading import load
from vectarium.model.threads import RUN, OnePosition, numbers


class Machine:
    """A clock that goes on by what a position takes with the number of threads in force."""

    def __init__(self, costs):
        self.costs, self.time, self.taken = costs, 0.0, []

    def __call__(self):
        return self.time

    def compute(self, positions, choice):
        for _ in range(positions):
            begun = choice.begin()
            self.taken.append(torch.get_num_threads())
            self.time += self.costs[self.taken[-1]]
            choice.done(begun)

    def share(self, number, last):
        return self.taken[-last:].count(number) / last


@pytest.fixture
def machine():
    yield Machine({1: 2.0, 2: 1.0})
    threads.take_all()


def test_numbers_are_powers_of_two():
    assert [numbers(cores) for cores in (1, 2, 3, 4, 6, 8, 12)] == [
        (1,), (1, 2), (1, 2), (2, 4), (2, 4), (4, 8), (4, 8),
    ]  # fmt: skip


def test_helpers_may_be_any_number_and_pytorch_then_gets_one_thread():
    assert OnePosition(6, of_pytorch=False).number == 6
    choice = OnePosition(1, of_pytorch=False)
    threads.take_all()
    choice.take()
    assert (choice.number, torch.get_num_threads()) == (1, 1)
    threads.take_all()


def test_more_are_taken_where_they_are_faster(machine):
    choice = OnePosition(2, machine)
    machine.compute(40 * RUN, choice)
    assert choice.number == 2
    assert machine.share(2, 30 * RUN) > 0.9


def test_fewer_are_taken_where_more_gain_little(machine):
    machine.costs = {1: 1.0, 2: 0.95}
    choice = OnePosition(2, machine)
    machine.compute(40 * RUN, choice)
    assert machine.share(1, 30 * RUN) > 0.9


def numbers_of_helpers(machine, seconds):
    """How many helpers of our own are taken, [position], where `seconds(number, place)` is what one takes."""
    choice, taken = OnePosition(2, machine, of_pytorch=False), []
    for place in range(40 * RUN):
        begun = choice.begin()
        taken.append(choice.number)
        machine.time += seconds(choice.number, place)
        choice.done(begun)
    return taken


def test_helpers_of_our_own_are_worth_any_gain(machine):
    taken = numbers_of_helpers(machine, lambda number, place: {1: 1.0, 2: 0.95}[number])
    assert taken[-30 * RUN :].count(2) > 0.9 * 30 * RUN


def test_what_now_and_then_comes_between_is_not_held_against_helpers_of_our_own(machine):
    def seconds(number, place):
        return 3.0 if number == 2 and place % 3 == 0 else {1: 1.0, 2: 0.8}[number]

    assert numbers_of_helpers(machine, seconds)[-30 * RUN :].count(2) > 0.9 * 30 * RUN


def test_a_machine_that_becomes_busy_or_free_is_noticed(machine):
    choice = OnePosition(2, machine)
    machine.compute(40 * RUN, choice)
    machine.costs = {1: 2.0, 2: 8.0}
    machine.compute(6 * RUN, choice)
    assert choice.number == 1
    machine.costs = {1: 2.0, 2: 1.0}
    machine.compute(threads.LATE * RUN, choice)
    assert choice.number == 2


def test_the_other_number_is_tried_less_and_less_often(machine):
    choice = OnePosition(2, machine)
    machine.compute(500 * RUN, choice)
    trials = [place for place, pair in enumerate(pairwise(machine.taken)) if pair == (2, 1)]
    pauses = [after - before for before, after in pairwise(trials)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 3 * pauses[0]


def test_the_other_number_can_be_tried_soon(machine):
    choice = OnePosition(2, machine)
    machine.compute(500 * RUN, choice)
    machine.taken.clear()
    choice.try_soon()
    machine.compute(3 * RUN, choice)
    assert 1 in machine.taken


def test_one_core_has_no_choice(machine):
    choice = OnePosition(1, machine)
    machine.compute(40 * RUN, choice)
    assert set(machine.taken) == {1}


def test_a_cancelled_position_is_not_timed(monkeypatch):
    model, timed = load("bundled", "cpu"), []
    form = one_token.OneToken(model)
    monkeypatch.setattr(form.threads, "done", lambda begun, positions: timed.append(positions))

    def cancel(share):
        raise KeyboardInterrupt

    trace = forward_pass.run(model, [40, 41])
    with pytest.raises(KeyboardInterrupt):
        forward_pass.run(model, [40, 41, 42], trace, cancel, form)
    assert timed == []
    forward_pass.run(model, [40, 41, 42], trace, one_token=form)
    assert timed == [1]


def test_a_long_pass_takes_all_cores_and_a_short_one_fewer():
    threads.take_for(threads.LONG)
    assert torch.get_num_threads() == threads.ALL
    forward_pass.run(load("bundled", "cpu"), [40, 41, 42])
    assert torch.get_num_threads() == numbers(threads.ALL)[0]


@torch.inference_mode()
def test_the_number_changes_no_bit():
    storyteller = load("bundled", "cpu")
    ids = list(range(40, 60))
    found = {}
    for number in numbers(8):
        form = one_token.OneToken(storyteller)
        form.threads._numbers, form.threads.number = (number,), number
        trace = forward_pass.run(storyteller, ids, forward_pass.run(storyteller, ids[:-1]), one_token=form)
        found[number] = trace.residual[:, -1].clone(), forward_pass.logits(storyteller, trace, 19, form)
    first, *others = found.values()
    for other in others:
        assert torch.equal(other[0], first[0])
        assert (other[1] == first[1]).all()


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 1000])
def test_the_product_of_a_row_is_that_of_the_matrix(rows):
    generator = torch.Generator().manual_seed(rows)
    weight, row = torch.randn(rows, 64, generator=generator), torch.randn(1, 64, generator=generator)
    found = {}
    for number in numbers(8):
        torch.set_num_threads(number)
        found[number] = one_token.product(row, weight)
    threads.take_all()
    expected = row.double() @ weight.double().T
    for product in found.values():
        assert product.shape == (1, rows)
        assert torch.allclose(product.double(), expected, atol=1e-4)
        assert torch.equal(product, found[numbers(8)[0]])
