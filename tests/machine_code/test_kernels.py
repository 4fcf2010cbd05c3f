"""Products of rows and the sharing out, against PyTorch."""

import numpy as np
import pytest
import torch

from ready_forms import prepared, some_ids
from tiny_models import save_model
from vectarium.machine_code import board as at
from vectarium.machine_code import kernels, matrices, tiles
from vectarium.model import loading, threads
from vectarium.model.compiled import as_it_is, packed
from vectarium.model.memory import Memory
from vectarium.model.one_token import FLOAT16, FLOAT32, INT8
from vectarium.model.trace import Store

CODES = {FLOAT32: tiles.FLOAT32, FLOAT16: tiles.FLOAT16, INT8: tiles.INT8}


def matrix_in(form, weight, bias):
    if form == FLOAT32:
        return as_it_is(weight, bias)
    making = packed(Memory(), weight, bias, form, 0.0)
    while True:
        try:
            next(making)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("form", [FLOAT32, FLOAT16, INT8])
@pytest.mark.parametrize("rows", [1, 2, 7, 32])
@pytest.mark.parametrize("count", range(1, 9))
def test_products_of_some_rows(form, rows, count):
    generator = torch.Generator().manual_seed(rows)
    weight, bias = (torch.randn(*shape, generator=generator) for shape in ((rows, 96), (rows,)))
    if form == INT8:  # what eight bits hold
        weight = (weight * 40).round().clamp(-127, 127)
        weight[:, 0] = 127
    inputs = torch.randn(count, 96, generator=generator)
    found = np.full((8, rows + rows % 2), np.nan, np.float32)
    matrix = matrix_in(form, weight, bias)
    matrices.multiply(CODES[form], np.array(matrix.columns), 0, rows, inputs.numpy(), count, found)
    held = weight.half() if form == FLOAT16 else weight
    expected = inputs.double() @ held.double().T + bias
    assert found[:count, :rows] == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-4)
    assert np.isnan(found[count:]).all()


@pytest.mark.parametrize("width", [96, 768, 1600])
@pytest.mark.parametrize("count", [9, 12, 40, 64])
def test_products_with_many_inputs_are_those_with_each(width, count):
    rows, generator = 24, torch.Generator().manual_seed(count)
    weight, bias = torch.randn(rows, width, generator=generator), torch.randn(rows, generator=generator)
    inputs = torch.randn(count, width, generator=generator)
    matrix = np.array(as_it_is(weight, bias).columns)
    begin, end = 4, 20  # a part
    found, one = np.full((count + 1, rows), np.nan, np.float32), np.empty((1, rows), np.float32)
    matrices.multiply(tiles.FLOAT32, matrix, begin, end, inputs.numpy(), count, found)
    expected = (inputs.double() @ weight.double().T + bias)[:, begin:end].numpy()
    assert found[:count, : end - begin] == pytest.approx(expected, rel=1e-5, abs=1e-4)
    for position in range(count):
        matrices.multiply(tiles.FLOAT32, matrix, begin, end, inputs[position:].numpy(), 1, one)
        assert np.array_equal(found[position, : end - begin], one[0, : end - begin])
    assert np.isnan(found[count]).all()
    assert np.isnan(found[:, end - begin :]).all()


@pytest.fixture
def read(tmp_path, monkeypatch):
    """A pass over three positions by a crew of two: its board, what it filled, and what must stay alive."""
    monkeypatch.setattr(threads, "ALL", 2)
    model = loading.load(str(save_model(tmp_path, n_layer=2)), "cpu")
    form, store = prepared(model, exact=True), Store(model, 10)
    store.heads.zero_()
    store.residual.zero_()
    with torch.inference_mode():
        found = form.read(store.residual, store.heads, some_ids(model, 3), 0)
    filled = store.residual.numpy(), store.heads.numpy(), found.logits
    return form.crew.board, filled, (form, store, found)


def until_asleep(board):
    while board[at.MEMBER + at.A_MEMBER + at.AWAKE]:
        pass


def test_a_helper_does_all_that_nobody_else_does(read):
    board, filled, _ = read
    until_asleep(board)
    expected = [array.copy() for array in filled]
    filled[0][1:] = 0
    for array in filled[1:]:
        array[:] = 0
    board[board[at.PHASES] :] = 0
    board[at.TICKET], board[at.MEMBERS] = 1000, 2
    kernels.take_part(board, 1, 10)
    for array, same in zip(filled, expected, strict=True):
        assert np.array_equal(array, same)
    assert board[at.INSIDE] == 0


@pytest.mark.parametrize(("ticket", "members"), [(0, 2), (1000, 1)])
def test_who_is_not_wanted_does_nothing(read, ticket, members):
    board, filled, _ = read
    until_asleep(board)
    board[board[at.PHASES] :] = 0
    board[at.TICKET], board[at.MEMBERS], board[at.MEMBER + at.A_MEMBER + at.AWAKE] = ticket, members, 1
    filled[2][:] = 5
    kernels.take_part(board, 1, 10)
    assert (filled[2] == 5).all()
    assert (board[at.INSIDE], board[at.MEMBER + at.A_MEMBER + at.AWAKE]) == (0, 0)


@pytest.mark.parametrize(
    ("layer", "kind"),
    [(0, matrices.ATTENTION_IN), (1, kernels.ATTEND), (1, matrices.OUTER), (2, matrices.UNEMBEDDING)],
)
def test_what_another_member_does_not_finish_is_done_again(read, layer, kind):
    board, (residual, heads, logits), (_, _, found) = read
    until_asleep(board)
    targets = {
        matrices.ATTENTION_IN: heads[0, ..., :3, :],
        kernels.ATTEND: found.patterns[1],
        matrices.OUTER: residual[2, :3],
        matrices.UNEMBEDDING: logits,
    }
    phase = layer * at.A_BLOCK + (0 if kind == matrices.UNEMBEDDING else kernels.KINDS.index(kind))
    counted, held = board[at.PHASES] + board[at.A_PHASE] * phase, at.MEMBER + at.A_MEMBER + at.HOLDS
    parts = board[counted + at.FINISHED]
    # The other one has taken the last part, and its core has gone to another program.
    board[counted + at.FINISHED] -= 1
    board[held] = (phase << 32) + parts
    target, expected = targets[kind], targets[kind].copy()
    target[:] = 1000
    kernels._share(board, 0, phase, layer, kind)
    assert (board[held], board[counted + at.FINISHED]) == (0, parts)
    again = target != 1000
    assert 0 < again.sum() < again.size or parts == 1
    assert np.array_equal(target[again], expected[again])
