"""What config.json says, against transformers' own reading of it; the mistakes it may hold."""

import dataclasses

import pytest
from transformers import GPT2Config

from vectarium.model.configuration import Configuration, check
from vectarium.model.errors import BadConfig


def test_gpt2s_defaults():
    theirs = GPT2Config()
    for name, value in dataclasses.asdict(Configuration()).items():
        assert getattr(theirs, name) == value, name
    assert check({"model_type": "gpt2"}) == Configuration()
    assert check({"architectures": ["GPT2LMHeadModel"]}) == Configuration()


def test_everything_that_it_says_is_kept():
    config = Configuration(60_000, 5, 6, 2, 3, 9, "relu", 0.1, False, True, True, False)
    content = GPT2Config(**dataclasses.asdict(config)).to_dict()
    assert check(content) == config
    assert (config.inner, Configuration(n_embd=6).inner) == (9, 24)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("n_embd", None, "n_embd is None, which is no size"),
        ("n_head", True, "n_head is True, which is no size"),
        ("scale_attn_weights", "yes", "scale_attn_weights is 'yes', which is neither true nor false"),
        ("tie_word_embeddings", None, "tie_word_embeddings is None"),
        ("reorder_and_upcast_attn", 1, "reorder_and_upcast_attn is 1"),
        ("layer_norm_epsilon", "small", "layer_norm_epsilon is 'small'"),
        ("layer_norm_epsilon", float("nan"), "layer_norm_epsilon is nan"),
        ("layer_norm_epsilon", -1e-5, "layer_norm_epsilon is -1e-05"),
        (
            "activation_function",
            "prelu",
            "activation_function is 'prelu', which is none",
        ),
        ("activation_function", ["gelu"], "activation_function is"),
        ("activation_function", None, "activation_function is None"),
    ],
)
def test_a_value_that_makes_no_model(name, value, words):
    with pytest.raises(BadConfig, match=words) as caught:
        check({"model_type": "gpt2", name: value})
    assert caught.value.message.endswith(".")
    assert caught.value.advice.endswith(".")
