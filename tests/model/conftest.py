"""A tokenizer folder and seeded random models, in memory."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tiny_models import as_ours, random_network, save_model, train_tokenizer
from vectarium.model.loading import LoadedModel
from vectarium.model.tokens import open_tokenizer


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tokenizer.json, vocab.json and merges.txt of 360 tokens. Not to be written to."""
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(folder)
    return folder


@pytest.fixture(scope="session")
def make_model(tokenizer_folder: Path) -> Callable[..., LoadedModel]:
    """Makes a seeded random model: ``make_model(seed=1, n_layer=2, …)``."""
    tokenizer, vocabulary = open_tokenizer(tokenizer_folder)

    def make(seed: int = 0, **sizes: Any) -> LoadedModel:
        network = as_ours(random_network(seed, **sizes))
        return LoadedModel(
            network=network,
            tokenizer=tokenizer,
            vocabulary=vocabulary,
            name="random",
            source="random",
            parameters=sum(parameter.numel() for parameter in network.parameters()),
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


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole model in Hugging Face's format, of ``random_network()``. Not to be written to."""
    return save_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    """A copy of a good model's folder, to break."""
    return Path(shutil.copytree(model_folder, tmp_path / "model"))
