"""Weights stored in many ways are what transformers reads from the same files, and so are the logits."""

import logging

import numpy as np
import pytest
import torch
from transformers import GPT2LMHeadModel

from tiny_models import edit_config, edit_weights, random_network
from vectarium.model import forward_pass
from vectarium.model.loading import load


def without_prefix(folder):
    """As OpenAI's weights are on the hub."""

    def change(weights):
        for name in list(weights):
            weights[name.removeprefix("transformer.")] = weights.pop(name)
        weights["h.0.attn.bias"] = torch.ones(1, 1, 48, 48)

    edit_weights(folder, change)


def with_old_masks(folder):
    def change(weights):
        for layer in range(3):
            weights[f"transformer.h.{layer}.attn.bias"] = torch.ones(1, 1, 48, 48, dtype=torch.uint8)
            weights[f"transformer.h.{layer}.attn.masked_bias"] = torch.tensor(-1e4)

    edit_weights(folder, change)


def in_several_files(folder):
    random_network().save_pretrained(folder, max_shard_size="20KB")
    (folder / "model.safetensors").unlink()
    assert len(list(folder.glob("*.safetensors"))) > 1


def in_several_number_types(folder):
    def change(weights):
        for number, name in enumerate(weights):
            weights[name] = weights[name].to((torch.float16, torch.bfloat16, torch.float64)[number % 3])

    edit_weights(folder, change)


def with_the_embedding_twice(folder):
    edit_weights(folder, lambda weights: add_unembedding(weights, 1))


def with_the_embedding_in_two_number_types(folder):
    def change(weights):
        weights["transformer.wte.weight"] = weights["transformer.wte.weight"].half()
        weights["lm_head.weight"] = weights["transformer.wte.weight"].float()

    edit_weights(folder, change)


def with_an_unembedding_that_the_config_denies(folder):
    edit_weights(folder, lambda weights: add_unembedding(weights, -1))


def add_unembedding(weights, factor):
    weights["lm_head.weight"] = factor * weights["transformer.wte.weight"]


def of_the_layers_alone(folder):
    random_network().transformer.save_pretrained(folder)


def with_an_untied_unembedding(folder):
    random_network(tie_word_embeddings=False).save_pretrained(folder)


def with_another_epsilon(folder):
    edit_config(folder, layer_norm_epsilon=0.1)


def with_two_heads(folder):
    """Nothing but q·k tells how many heads there are."""
    edit_config(folder, n_head=2, scale_attn_by_inverse_layer_idx=True, activation_function="relu")


@pytest.mark.parametrize(
    "stored",
    [
        without_prefix,
        with_old_masks,
        in_several_files,
        in_several_number_types,
        with_the_embedding_twice,
        with_the_embedding_in_two_number_types,
        with_an_unembedding_that_the_config_denies,
        of_the_layers_alone,
        with_an_untied_unembedding,
        with_another_epsilon,
        with_two_heads,
    ],
)
def test_read_as_transformers_reads_it(folder, stored, caplog):
    stored(folder)
    caplog.set_level(logging.ERROR, "transformers")  # it warns of what it does not use
    model = load(str(folder), "cpu")
    theirs = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    ours = dict(model.network.named_parameters())
    expected = dict(theirs.named_parameters())
    assert list(ours) == list(expected)
    for name, weight in expected.items():
        assert torch.equal(ours[name], weight), name
    assert not any(weight.requires_grad for weight in ours.values())
    ids = np.arange(3, 40)
    with torch.inference_mode():
        logits = theirs(torch.from_numpy(ids)[None]).logits[0].numpy()
    assert forward_pass.all_logits(model, forward_pass.run(model, ids)) == pytest.approx(logits, abs=1e-4)
