"""The functions between matrices, against NumPy and PyTorch."""

import numpy as np
import pytest
import torch
from numba import njit
from torch.nn import functional

from vectarium.machine_code import functions


@njit
def exponential(values):
    return np.array([functions.exp(value) for value in values])


def test_the_exponential_function():
    values = np.concatenate((np.linspace(-87, 88, 100_001), [0, 1, -1, 0.5])).astype(np.float32)
    assert exponential(values) == pytest.approx(np.exp(values.astype(np.float64)), rel=1e-6)
    assert exponential(np.array([-1e30, -np.inf], np.float32)).max() < 1e-37
    assert exponential(np.array([0], np.float32))[0] == 1


def test_gelu_is_that_of_pytorch():
    values = np.linspace(-30, 30, 10_001).astype(np.float32)
    expected = functional.gelu(torch.from_numpy(values.copy()).double(), approximate="tanh")
    extreme = np.array([1e30, -1e30, 0], np.float32)
    functions.gelu(values)
    functions.gelu(extreme)
    assert values == pytest.approx(expected.numpy(), abs=1e-6, rel=1e-6)
    assert list(extreme) == [np.float32(1e30), 0, 0]


def test_a_layer_norm_is_that_of_pytorch():
    hidden, weight, bias = torch.randn(3, 5, 48, generator=torch.Generator().manual_seed(0)) * 10 + 3
    into = np.zeros((8, 48), np.float32)
    addresses = np.array([weight[0].data_ptr(), bias[0].data_ptr()])
    functions.norm(hidden.numpy(), addresses, 1e-5, into)
    expected = functional.layer_norm(hidden, (48,), weight[0], bias[0], 1e-5)
    assert into[:5] == pytest.approx(expected.numpy(), rel=1e-5, abs=1e-4)
    assert (into[5:] == 0).all()


@pytest.mark.parametrize("seen", [1, 2, 40])
def test_attention_is_that_of_pytorch(seen):
    generator = torch.Generator().manual_seed(seen)
    query, keys, values = (
        torch.randn(*shape, generator=generator) for shape in ((24,), (seen, 24), (seen, 24))
    )
    pattern, mixed = np.empty(seen, np.float32), np.empty(24, np.float32)
    functions.attend(query.numpy(), keys.numpy(), values.numpy(), 0.5, pattern, mixed)
    expected = (keys @ query * 0.5).softmax(dim=0)
    assert pattern == pytest.approx(expected.numpy(), abs=1e-6)
    assert mixed == pytest.approx((expected @ values).numpy(), abs=1e-5)
