"""Small real models: a byte-level tokenizer trained here, and seeded random GPT-2s that use it."""

import dataclasses
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel

from vectarium.model import configuration
from vectarium.model.network import Network

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


def random_network(seed: int = 0, **sizes: Any) -> GPT2LMHeadModel:
    """A GPT-2 with random weights that are large enough for patterns to be uneven."""
    torch.manual_seed(seed)
    defaults = {"vocab_size": 360, "n_positions": 48, "n_embd": 32, "n_layer": 3, "n_head": 4}
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


def as_ours(theirs: GPT2LMHeadModel) -> Network:
    """The same weights as Vectarium holds them: a block's matrices turned, the others shared."""
    weights = {name.removeprefix("transformer."): weight for name, weight in theirs.state_dict().items()}
    for name, weight in weights.items():
        if name.startswith("h.") and weight.ndim == 2:
            weights[name] = weight.t().contiguous().t()
    config = configuration.check(theirs.config.to_dict())
    return Network(config, weights.__getitem__, config.tie_word_embeddings)


def as_theirs(ours: Network) -> GPT2LMHeadModel:
    """The same weights, shared, as transformers holds them: to compare with what it computes."""
    config = GPT2Config(
        **dataclasses.asdict(ours.config), bos_token_id=0, eos_token_id=0, attn_implementation="eager"
    )
    with torch.device("meta"):
        network = GPT2LMHeadModel(config)
    network.load_state_dict(ours.state_dict(), assign=True)
    return network.eval().requires_grad_(False)


def save_model(folder: Path, seed: int = 0, **sizes: Any) -> Path:
    """A random model with its tokenizer in ``folder``, as transformers writes it."""
    train_tokenizer(folder)
    random_network(seed, **sizes).save_pretrained(folder)
    return folder


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")
