"""The whole command on a small corpus: trained, killed, taken up again, extended, exported."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from transformers import GPT2LMHeadModel, GPT2TokenizerFast

TRAIN = Path(__file__).parents[3] / "packaging" / "storyteller" / "train.py"
RECIPE = {"batch": 4, "micro_batch": 2, "repeats": 1, "vocabulary": 320}


def command(corpus: Path, folder: Path, *more: str) -> list[str]:
    places = ["--corpus", corpus, "--checkpoints", folder / "checkpoints", "--output", folder / "model"]
    recipe = ["--recipe", json.dumps(RECIPE), "--workers", "2"]
    return [sys.executable, *map(str, [TRAIN, *places, *recipe, *more])]


@pytest.mark.slow
def test_a_run_is_stopped_taken_up_again_and_extended(corpus_folder: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "TORCH_COMPILE_DISABLE": "1"}
    log = tmp_path / "checkpoints" / "train.log"
    first = subprocess.Popen(command(corpus_folder, tmp_path, "--minutes", "0.2"), env=environment)
    until = time.monotonic() + 120
    while not (log.exists() and "Recipe(" in log.read_text()) and time.monotonic() < until:
        time.sleep(0.1)  # another process's file gives no signal
    time.sleep(5)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert "stopped; goes on with the same command" in log.read_text()
    assert not (tmp_path / "model").exists()

    subprocess.run(command(corpus_folder, tmp_path, "--minutes", "0.2"), env=environment, check=True)
    once = json.loads((tmp_path / "model" / "training.json").read_text())
    assert once["minutes"] >= once["planned_minutes"] == 0.2
    assert once["recipe"]["batch"] == 4
    assert (
        once["history"][-1]["held_out"] < 6.5
    )  # evenly spread over 320 tokens it would be 5.8, at first more

    subprocess.run(command(corpus_folder, tmp_path, "--minutes", "0.1"), env=environment, check=True)
    twice = json.loads((tmp_path / "model" / "training.json").read_text())
    assert twice["steps"] > once["steps"]
    assert twice["planned_minutes"] == pytest.approx(0.3, abs=0.11)

    model = GPT2LMHeadModel.from_pretrained(tmp_path / "model", dtype=torch.float32)
    tokenizer = GPT2TokenizerFast.from_pretrained(tmp_path / "model")
    assert model.config.activation_function == "gelu_new"
    assert model.config.vocab_size == len(tokenizer) == 320
    logits = model(torch.tensor([tokenizer("The dog")["input_ids"]])).logits
    assert torch.isfinite(logits).all()


@pytest.mark.slow
def test_without_stories_or_checkpoint_it_says_what_is_missing(corpus_folder: Path, tmp_path: Path) -> None:
    for corpus, more, words in (
        (tmp_path, [], "Give the folder of story files with --corpus"),
        (corpus_folder, ["--export"], "no checkpoint in"),
    ):
        run = subprocess.run(command(corpus, tmp_path, *more), capture_output=True, text=True, check=False)
        assert run.returncode
        assert words in run.stderr
        assert "Traceback" not in run.stderr
