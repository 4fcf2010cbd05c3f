"""Products of rows and the sharing out, against PyTorch."""

import numpy as np
import pytest
import torch

from vectarium.model.compiled import as_it_is, packed
from vectarium.model.machine_code import intrinsics, kernels
from vectarium.model.memory import Memory
from vectarium.model.one_token import FLOAT16, FLOAT32, INT8

CODES = {FLOAT32: intrinsics.FLOAT32, FLOAT16: intrinsics.FLOAT16, INT8: intrinsics.INT8}


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
    kernels._multiply(CODES[form], np.array(matrix.columns), 0, rows, inputs.numpy(), count, found)
    held = weight.half() if form == FLOAT16 else weight
    expected = inputs.double() @ held.double().T + bias
    assert found[:count, :rows] == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-4)
    assert np.isnan(found[count:]).all()


def test_who_comes_with_an_old_ticket_does_nothing():
    counts = np.zeros(kernels.counters(0), np.int64)
    counts[kernels.TICKET] = 7
    logits, none = np.full((1, 4), 5, np.float32), np.empty((1, 4), np.float32)
    table, scales = np.zeros((1, kernels.TABLE), np.int64), np.empty(0, np.float32)
    heads, patterns = np.empty((0, 3, 1, 0, 1), np.float32), np.empty((0, 1, 0, 0), np.float32)
    kernels.read(
        counts, 6, True, 0, table, scales, 1e-5, 0, 0, 0, 1,
        none[None], heads, none, none, patterns, logits, none, none,
    )  # fmt: skip
    assert (logits == 5).all()
    assert (counts[kernels.TICKET], counts[kernels.INSIDE]) == (7, 0)
