"""Writing on from the command line: the same for the same seed, and true to the model."""

import csv
import json

import numpy as np
import pytest
import torch

from tiny_models import random_network
from vectarium.documents import document_file
from vectarium.sampling import SamplingSettings, distribution

PROMPT = "Once upon a time there was"
SETTINGS = SamplingSettings(temperature=0.9, top_k=200, top_p=0.98, min_p=0.0001, repetition_penalty=1.1)
COUNT = 12


@pytest.fixture
def generate(vectarium, model_folder, tmp_path):
    def run(name, *more):
        options = ("--model", model_folder, "--device", "cpu", "--prompt", PROMPT, "--generate", COUNT)
        cuts = (
            "--temperature",
            0.9,
            "--top-k",
            200,
            "--top-p",
            0.98,
            "--min-p",
            0.0001,
            "--repetition-penalty",
            1.1,
        )
        process = vectarium(*options, *cuts, *more, "--export", tmp_path / name)
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, ""), out
        return tmp_path / name

    return run


@pytest.mark.usefixtures("machine_code")
def test_the_draws_are_true_and_the_same_for_the_same_seed(generate):
    first, second = generate("a", "--seed", 7), generate("b", "--seed", 7)
    assert (first / "steps.csv").read_bytes() == (second / "steps.csv").read_bytes()
    assert (first / "session.json").read_bytes() == (second / "session.json").read_bytes()

    saved = document_file.load(first / "session.json")
    ids = list(saved.document.branch.ids)
    assert saved.text.startswith(PROMPT)
    with (first / "steps.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert 1 <= len(rows) <= COUNT
    random = np.random.Generator(np.random.PCG64(7))
    logits = random_network()(torch.tensor([ids])).logits[0].numpy()
    for row in rows:
        position, token = int(row["position"]), int(row["id"])
        expected = distribution(logits[position - 1], SETTINGS, ids[:position])
        rank = expected.rank_of(token)
        assert ids[position] == token
        assert float(row["uniform"]) == random.random()
        assert int(row["rank"]) == rank + 1
        assert float(row["logit"]) == pytest.approx(float(expected.logits[rank]), abs=1e-4)
        assert float(row["penalised"]) == pytest.approx(float(expected.penalised[rank]), abs=1e-4)
        assert float(row["probability"]) == pytest.approx(expected.probability[rank], abs=1e-5)
        assert float(row["drawn"]) == pytest.approx(expected.drawn[rank], abs=1e-5)
    tokens = json.loads((first / "tokens.json").read_text())["tokens"]
    assert [token["id"] for token in tokens] == ids


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--generate", 5), "add --prompt"),
        (("--prompt", "x", "--generate", 0), "1 to 100,000"),
        (("--prompt", "x", "--generate", 5, "--temperature", -1), "Temperature must be"),
        (("--prompt", "x", "--generate", 5, "--top-p", 2), "Top-p must be"),
        (("--prompt", "x", "--generate", 5, "--repetition-penalty", 0), "repetition penalty must be"),
        (("--prompt", "x", "--generate", 5, "--seed", -3), "A seed is a whole number"),
        (("--prompt", "x", "--generate", 5, "--seed", "abc"), "invalid int value"),
    ],
)
def test_wrong_numbers_are_told_at_once(vectarium, options, says):
    process = vectarium(*options)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert says in err
