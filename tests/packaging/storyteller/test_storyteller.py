"""The bundled model is the one its card describes."""

import hashlib
import json
import re
from pathlib import Path

import pytest
import torch
from corpus import END_OF_TEXT
from measures import greedy, held_out_loss
from transformers import GPT2LMHeadModel, GPT2TokenizerFast

from tiny_models import as_theirs
from vectarium.model.loading import BUNDLED, LoadedModel, load

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / "resources" / "models" / "storyteller"


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load(BUNDLED)


@pytest.fixture(scope="module")
def tokenizer() -> GPT2TokenizerFast:
    return GPT2TokenizerFast.from_pretrained(FOLDER)


@pytest.fixture(scope="module")
def measurements() -> dict:
    return json.loads((FOLDER / "measurements.json").read_text(encoding="utf-8"))


def test_the_application_loads_it(loaded: LoadedModel, measurements: dict) -> None:
    assert loaded.name == "Storyteller"
    assert loaded.parameters == measurements["parameters"]
    assert (loaded.layers, loaded.heads, loaded.width, loaded.context) == (6, 6, 192, 256)
    assert loaded.vocabulary_size == 4096
    assert not loaded.notices


def test_the_weights_are_those_that_were_measured(measurements: dict) -> None:
    weights = (FOLDER / "model.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == measurements["weights_sha256"]


def test_it_is_small(measurements: dict) -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 20e6


def test_it_writes_the_stored_text_at_temperature_0(
    loaded: LoadedModel, tokenizer: GPT2TokenizerFast
) -> None:
    stored = json.loads((HERE / "greedy_text.json").read_text(encoding="utf-8"))
    ids, lead = greedy(as_theirs(loaded.network), tokenizer, stored["prompt"], stored["tokens"])
    assert stored["tokens"] == 60
    assert tokenizer.decode(ids) == stored["text"]
    assert lead == pytest.approx(stored["narrowest_lead"], abs=1e-3)
    # transformers' own generation, with its cache, writes the same.
    network = GPT2LMHeadModel.from_pretrained(FOLDER, dtype=torch.float32)
    prompt = tokenizer(stored["prompt"], return_tensors="pt")
    written = network.generate(
        **prompt, do_sample=False, temperature=None, top_k=None, max_new_tokens=60, min_new_tokens=60,
        pad_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    assert written[0].tolist() == ids


def test_its_loss_on_stored_held_out_stories_is_the_cards(
    loaded: LoadedModel, tokenizer: GPT2TokenizerFast, measurements: dict
) -> None:
    text = (HERE / "held_out_stories.txt").read_text(encoding="utf-8")
    stories = [story.strip() for story in text.split(END_OF_TEXT)]
    assert len(stories) == 50
    loss = held_out_loss(as_theirs(loaded.network), tokenizer, stories)
    assert loss.nats_a_token == pytest.approx(measurements["held_out_50"]["nats_a_token"], abs=2e-4)
    assert loss.bits_a_byte == pytest.approx(measurements["held_out_50"]["bits_a_byte"], abs=2e-4)
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    (number,) = re.findall(r"fifty held-out stories that the tests keep: ([\d.]+) nats", card)
    assert loss.nats_a_token == pytest.approx(float(number), abs=2e-4)


def test_the_card_shows_what_was_measured(measurements: dict) -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in ("model", "trigram", "untrained"):
        assert f"{measurements[name]['nats_a_token']:.4f}" in card
        assert f"{measurements[name]['bits_a_byte']:.4f}" in card
    assert measurements["model"]["nats_a_token"] < measurements["trigram"]["nats_a_token"]
    assert f"{measurements['parameters']:,}" in card
