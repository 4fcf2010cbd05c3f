"""Measure the bundled model and write its model card from what came out.

    python packaging/storyteller/evaluate.py --corpus FOLDER

Writes ``README.md`` and ``measurements.json`` beside the weights, and what the tests compare with: fifty
held-out stories and the text at temperature 0.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from card import render
from copying import longest_common_runs, words
from corpus import END_OF_TEXT, CorpusError, Stories, read_stories
from measures import greedy, head_scores, held_out_loss, loss_of, repeated_random, sample, story_rows
from network import Network, Shape, transformers_state
from transformers import GPT2LMHeadModel, GPT2TokenizerFast
from trigram import Trigram

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL_FOLDER = REPOSITORY / "resources" / "models" / "storyteller"
STORED = REPOSITORY / "tests" / "packaging" / "storyteller"
PROMPTS = (
    "",
    "Once upon a time",
    "Once upon a time, there was a little girl named",
    "Tom and Lily were playing in the garden when",
    "One day, a small dog found a red ball. The dog",
    "The old dragon was sad because",
    "Mom said, \"Don't touch the",
    "Anna had a secret. She",
    "The bird and the fish wanted to be friends, but",
    "It was raining, so Ben",
)
GREEDY_PROMPTS = PROMPTS[1:]
GREEDY_TOKENS = 60


def load(folder: Path) -> tuple[GPT2LMHeadModel, GPT2TokenizerFast, float]:
    """The model in fp32, its tokenizer, and the seconds that took once the libraries were there."""
    begin = time.perf_counter()
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = GPT2TokenizerFast.from_pretrained(folder)
    return model, tokenizer, time.perf_counter() - begin


def untrained(model: GPT2LMHeadModel, seed: int) -> GPT2LMHeadModel:
    """The network that training began with."""
    config = model.config
    torch.manual_seed(seed)
    network = Network(
        Shape(config.vocab_size, config.n_positions, config.n_layer, config.n_head, config.n_embd)
    )
    fresh = GPT2LMHeadModel(config)
    fresh.load_state_dict(transformers_state(network), strict=False)
    fresh.tie_weights()
    return fresh.eval()


def losses(
    model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast, stories: Stories, seed: int
) -> dict[str, Any]:
    """Held-out losses of the model, the untrained model and the trigram baseline."""
    rows, left_out = story_rows(stories.held_out, tokenizer, model.config.n_positions)
    end = tokenizer.eos_token_id
    training = tokenizer(list(stories.training), verbose=False)["input_ids"]
    packed = np.concatenate([np.array([end, *ids], np.int64) for ids in training] + [np.array([end])])
    trigram = Trigram(packed, end, model.config.vocab_size)
    nats = sum(float(trigram.nats(np.array(row)).sum()) for row in rows)
    return {
        "training_corpus_tokens": len(packed),
        "model": asdict(held_out_loss(model, tokenizer, stories.held_out)),
        "trigram": asdict(loss_of(nats, rows, left_out, tokenizer)),
        "untrained": asdict(held_out_loss(untrained(model, seed), tokenizer, stories.held_out)),
    }


def copying(model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast, stories: Stories) -> dict[str, Any]:
    """Longest runs of words shared with training stories: of samples, and of held-out stories to compare."""
    samples = sample(model, tokenizer, "", seed=100, count=100)
    result: dict[str, Any] = {}
    for name, texts in (("samples", samples), ("held_out", list(stories.held_out[:100]))):
        runs = longest_common_runs(texts, stories.training)
        shares = runs / np.maximum(1, [len(words(text)) for text in texts])
        worst = int(np.argmax(runs))
        result[name] = {
            "median_words": float(np.median(runs)),
            "worst_words": int(runs[worst]),
            "worst_of_words": len(words(texts[worst])),
            "median_share": float(np.median(shares)),
            "worst_share": float(shares.max()),
            "texts": len(texts),
        }
    return result


def heads(model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast, stories: Stories) -> dict[str, Any]:
    """Scores of every head on repeated random tokens and on held-out stories: [layer][head]."""
    config = model.config
    texts, _ = story_rows(stories.held_out[:50], tokenizer, config.n_positions)
    sequences = {
        "random": repeated_random(config.vocab_size, tokenizer.eos_token_id, count=50, length=100, seed=0),
        "stories": [row[:-1] for row in texts],
    }
    return {
        name: {kind: scores.round(3).tolist() for kind, scores in head_scores(model, rows).items()}
        for name, rows in sequences.items()
    }


def store_for_tests(
    model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast, stories: Stories, folder: Path
) -> dict[str, Any]:
    """Fifty held-out stories, and the greedy text whose choices are least close to a tie."""
    folder.mkdir(parents=True, exist_ok=True)
    fifty = stories.held_out[:50]
    (folder / "held_out_stories.txt").write_text(f"\n{END_OF_TEXT}\n".join(fifty) + "\n", encoding="utf-8")
    found = [(*greedy(model, tokenizer, prompt, GREEDY_TOKENS), prompt) for prompt in GREEDY_PROMPTS]
    ids, lead, prompt = max(found, key=lambda one: one[1])
    text = {"prompt": prompt, "tokens": GREEDY_TOKENS, "text": tokenizer.decode(ids), "narrowest_lead": lead}
    (folder / "greedy_text.json").write_text(json.dumps(text, indent=1) + "\n", encoding="utf-8")
    return asdict(held_out_loss(model, tokenizer, fifty))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="the folder train.py was given")
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--stored", type=Path, default=STORED, help="folder for what the tests compare with")
    arguments = parser.parse_args()

    try:
        stories = read_stories(arguments.corpus)
    except CorpusError as error:
        parser.error(str(error))
    training = json.loads((arguments.model / "training.json").read_text(encoding="utf-8"))
    if training["corpus_sha256"] != stories.fingerprint:
        parser.error(f"{arguments.model} was trained on other stories than those in {arguments.corpus}.")
    load(arguments.model)  # so that the second time measures the model alone
    model, tokenizer, seconds = load(arguments.model)
    weights = arguments.model / "model.safetensors"
    measured = {
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "weights_bytes": weights.stat().st_size,
        "load_seconds": round(seconds, 3),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "stories": {"training": len(stories.training), "held_out": len(stories.held_out)},
        "held_out_50": store_for_tests(model, tokenizer, stories, arguments.stored),
        **losses(model, tokenizer, stories, training["recipe"]["seed"]),
        "heads": heads(model, tokenizer, stories),
        "copying": copying(model, tokenizer, stories),
    }
    samples = [
        (prompt, seed, sample(model, tokenizer, prompt, seed)[0]) for seed, prompt in enumerate(PROMPTS)
    ]
    (arguments.model / "measurements.json").write_text(
        json.dumps(measured, indent=1) + "\n", encoding="utf-8"
    )
    card = render(model.config, training, measured, samples)
    (arguments.model / "README.md").write_text(card, encoding="utf-8")
    print(card)


if __name__ == "__main__":
    main()
