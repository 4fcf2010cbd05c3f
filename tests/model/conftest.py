"""Small real models: a byte-level tokenizer trained here, and seeded random GPT-2s that use it."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel

from vectarium.model.loading import LoadedModel
from vectarium.model.tokens import open_tokenizer

TEXT = (
    "Once upon a time there was a naïve café owner, who'd say: “I've 1,024 cups – and 77 plates!” "
    "The owner's cat sat on the mat; the mat wasn't new.\n\nThen 東京 and Привет and שלום came in. "
)


def train_tokenizer(folder: Path, size: int = 360) -> Tokenizer:
    """A GPT-2-like tokenizer of ``size`` tokens in ``folder``, in both of its file formats."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words = TEXT.split(" ")
    shuffled = [" ".join(random.Random(seed).sample(words, len(words))) for seed in range(20)]
    tokenizer.train_from_iterator([TEXT, *shuffled], trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    tokenizer.model.save(str(folder))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"eos_token": "<|endoftext|>", "tokenizer_class": "GPT2Tokenizer"})
    )
    return tokenizer


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tokenizer.json, vocab.json and merges.txt of 360 tokens. Not to be written to."""
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(folder)
    return folder


def random_network(seed: int = 0, **sizes: Any) -> GPT2LMHeadModel:
    """A GPT-2 with random weights that are large enough for patterns to be uneven."""
    torch.manual_seed(seed)
    defaults = {"vocab_size": 360, "n_positions": 48, "n_embd": 24, "n_layer": 3, "n_head": 4}
    config = GPT2Config(
        **(defaults | sizes),
        initializer_range=0.3,
        bos_token_id=0,
        eos_token_id=0,
        attn_implementation="eager",
    )
    network = GPT2LMHeadModel(config).eval().requires_grad_(False)
    for name, parameter in network.named_parameters():
        if name.endswith("bias") or ".ln_" in name:
            parameter += 0.1 * torch.randn_like(parameter)
    return network


@pytest.fixture(scope="session")
def make_model(tokenizer_folder: Path) -> Callable[..., LoadedModel]:
    """Makes a seeded random model: ``make_model(seed=1, n_layer=2, …)``."""
    tokenizer, vocabulary = open_tokenizer(tokenizer_folder)

    def make(seed: int = 0, **sizes: Any) -> LoadedModel:
        network = random_network(seed, **sizes)
        return LoadedModel(
            network=network,
            tokenizer=tokenizer,
            vocabulary=vocabulary,
            name="random",
            source="random",
            parameters=network.num_parameters(),
            layers=network.config.n_layer,
            heads=network.config.n_head,
            width=network.config.n_embd,
            context=network.config.n_positions,
            vocabulary_size=network.config.vocab_size,
            device="cpu",
            dtype="float32",
            reason="",
        )

    return make
