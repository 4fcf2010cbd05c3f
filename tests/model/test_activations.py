"""The activation functions against transformers' own, each by its name."""

import pytest
import torch
from transformers.activations import ACT2CLS, ACT2FN

from vectarium.model.activations import FUNCTIONS
from vectarium.model.forward_pass import run
from vectarium.model.one_token import OneToken

WITH_WEIGHTS = {"prelu", "xielu"}


def test_all_that_have_no_weights_of_their_own_are_known():
    assert set(FUNCTIONS) == set(ACT2CLS) - WITH_WEIGHTS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_equal_to_transformers(name):
    inner = torch.cat([torch.linspace(-20, 20, 4001), torch.tensor([0.0, -0.0, 1e-30, 1e4, -1e4])])
    ours, theirs = FUNCTIONS[name](inner.clone()), ACT2FN[name](inner.clone())
    assert torch.allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert len(theirs.unique()) > 1


@pytest.mark.parametrize("name", ["relu", "gelu", "quick_gelu"])
def test_one_token_and_many_use_the_same(make_model, name):
    model = make_model(activation_function=name)
    together = run(model, [3, 1, 4])
    one_by_one = run(model, [3, 1, 4], run(model, [3, 1]), one_token=OneToken(model))
    assert torch.allclose(one_by_one.residual, together.residual, rtol=1e-5, atol=1e-5)
