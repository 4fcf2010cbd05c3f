"""The command line, as a user or a script calls it."""

import csv
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import vectarium as package
from tiny_models import random_network

PROMPT = "Once upon a time there was a naïve 東京 cat"


@pytest.fixture
def exported(vectarium, model_folder, tmp_path):
    process = vectarium("--model", model_folder, "--prompt", PROMPT, "--export", tmp_path / "out")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, ""), out
    return tmp_path / "out"


def test_export_writes_pictures_and_true_numbers(exported, tokenizer):
    names = {path.name for path in exported.iterdir()}
    assert {"window.png", "next_token.png", "tokens.json", "distribution.csv", "trace.safetensors"} <= names
    assert all(
        (exported / name).read_bytes().startswith(b"\x89PNG") for name in names if name.endswith(".png")
    )

    tokens = json.loads((exported / "tokens.json").read_text())["tokens"]
    ids = [token["id"] for token in tokens]
    assert ids == tokenizer[0].encode(PROMPT).tolist()
    assert b"".join(bytes.fromhex(token["bytes"]) for token in tokens).decode() == PROMPT

    output = random_network()(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    trace = load_file(exported / "trace.safetensors")
    assert np.abs(trace["logits"] - output.logits[0].numpy()).max() < 1e-4
    pattern = torch.stack([layer[0] for layer in output.attentions]).numpy()
    assert np.abs(trace["pattern"] - pattern).max() < 1e-5
    assert trace["residual"].shape == (4, len(ids), 32)
    for layer in range(3):
        assert np.abs(trace["residual"][layer] - output.hidden_states[layer][0].numpy()).max() < 1e-4

    with (exported / "distribution.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    probability = torch.softmax(output.logits[0, -1].double(), 0)
    assert [int(row["rank"]) for row in rows] == list(range(1, 361))
    assert sorted(int(row["id"]) for row in rows) == list(range(360))
    for row in rows:
        assert float(row["probability"]) == pytest.approx(float(probability[int(row["id"])]), abs=1e-6)


def test_version(vectarium):
    out, _ = vectarium("--version").communicate(timeout=60)
    assert out.strip() == f"Vectarium {package.__version__}"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prompt", "x", "--model", "/nowhere/at/all", "--export", "out"], "no folder"),
        (["--prompt", "x", "--model", "nobody/nothing-here", "--export", "out"], "HF_HUB_OFFLINE"),
        (["--export", "out"], "--prompt"),
        (["--device", "abacus"], "abacus"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(vectarium, tmp_path, monkeypatch, arguments, sentence):
    arguments = [str(tmp_path / part) if part == "out" else part for part in arguments]
    process = vectarium(*arguments)
    _, err = process.communicate(timeout=120)
    assert process.returncode != 0
    assert sentence in err.strip().splitlines()[-1]
    assert "Traceback" not in err


def test_an_export_that_cannot_be_written_says_so(vectarium, model_folder, tmp_path):
    (tmp_path / "file").write_text("in the way")
    process = vectarium("--model", model_folder, "--prompt", "x", "--export", tmp_path / "file")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert len(err.strip().splitlines()) == 1
    assert "file" in err


def test_an_export_leaves_the_users_text_and_settings_alone(vectarium, model_folder, tmp_path, home):
    vectarium("--model", model_folder, "--prompt", "x", "--export", tmp_path / "out").communicate(timeout=120)
    assert not list(home.rglob("settings.json"))
    assert not list(home.rglob("session-*.json"))
