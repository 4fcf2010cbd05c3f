"""Small real models: a byte-level tokenizer trained here, and seeded random GPT-2s that use it."""

import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

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
