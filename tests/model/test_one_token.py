"""One position at a time, against the pass that computes many at once."""

import numpy as np
import pytest
import torch

from ready_forms import grown, some_ids
from vectarium.model.forward_pass import logits, run
from vectarium.model.one_token import OneToken

CONFIGURATIONS = {
    "plain": {},
    "one layer, one head": {"n_layer": 1, "n_head": 1, "n_embd": 8},
    "inverse layer scaling": {"scale_attn_by_inverse_layer_idx": True},
    "no scaling": {"scale_attn_weights": False},
    "reordered and upcast": {"reorder_and_upcast_attn": True},
    "untied unembedding": {"tie_word_embeddings": False},
    "other activation": {"activation_function": "relu", "n_inner": 17},
    "vocabulary in several parts": {"vocab_size": 1003},
}


@pytest.mark.parametrize("sizes", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
@pytest.mark.parametrize("given", [0, 1, 20])
def test_float32_is_the_very_same(make_model, sizes, given):
    model = make_model(seed=given, **sizes)
    ids = some_ids(model, 30)
    ours, theirs = grown(model, ids, given, OneToken(model)), grown(model, ids, given, None)
    for name in ("residual", "queries", "keys", "values"):
        assert torch.equal(getattr(ours, name), getattr(theirs, name))
    assert np.array_equal(logits(model, ours, 29, OneToken(model)), logits(model, theirs, 29))
    assert ours.exact


def test_one_token_can_be_cancelled(make_model):
    model = make_model()
    before = run(model, [1, 2, 3])

    def refuse(share):
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(model, [1, 2, 3, 4], before, refuse, OneToken(model))
    ours = run(model, [1, 2, 3, 4], before, one_token=OneToken(model))
    assert torch.equal(ours.residual, run(model, [1, 2, 3, 4], run(model, [1, 2, 3])).residual)
