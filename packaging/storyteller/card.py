"""The model card: every number in it comes from a measurement or the record of the training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from transformers import GPT2Config

CARD = """\
# Storyteller

A small GPT-2 that writes simple stories in English, shipped with Vectarium so that the application works
without a network. It is exactly GPT-2's architecture (`GPT2LMHeadModel`), trained from scratch. It is a model to
look into, not to rely on: it knows nothing but little stories, and its stories often lose their thread.

| | |
|---|---|
| architecture | GPT-2: {layers} layers × {heads} heads, width {width}, context {context} tokens, tied embeddings |
| parameters | {parameters:,} |
| tokenizer | byte-level BPE, {vocabulary:,} tokens, trained on the training stories; every byte can be encoded |
| weights | `model.safetensors`, fp16, {megabytes:.1f} MB; loads in {load_seconds:.2f} s on two CPU cores |
| training | {tokens:,.1f} million tokens, {passes:.1f} times the {corpus:,.2f} million of the corpus, in {minutes:.0f} \
minutes on two CPU cores |

## How well it predicts

Loss on {held_out:,} stories that were held out whole (2 % of all, chosen by a hash of their text, so that no
exact copy is trained on), each read from its own `<|endoftext|>` to the next. Predictions: {predicted:,} tokens; \
{left_out:,} beyond the context of {context} are left out.

| model | nats a token | bits a byte |
|---|---|---|
| **Storyteller** | **{model_nats:.4f}** | **{model_bits:.4f}** |
| trigram with back-off (interpolated Kneser-Ney) | {trigram_nats:.4f} | {trigram_bits:.4f} |
| the same network untrained | {untrained_nats:.4f} | {untrained_bits:.4f} |

On the fifty held-out stories that the tests keep: {fifty_nats:.4f} nats a token.

{course}

## What its heads do

Mean attention weight, as the application measures it, on two kinds of text: fifty sequences of 100 random tokens
and the same 100 again, where nothing but the repetition can be known, and fifty held-out stories. Layers and heads
count from 0. The strongest heads of each kind:

{heads_table}

All heads on the repeated random tokens, one row a layer:

{heads_grids}

{exercises}

## Was it copied?

The longest run of words that a text has in common with any training story, punctuation and capitals aside, for
{samples} samples at T = 0.8 from an empty context, and for {samples} held-out stories to compare:

| | median | worst | median share of the text | worst share |
|---|---|---|---|---|
{copying}

## Samples

Ten samples at T = 0.8 from the whole distribution, seeds 0 to 9, unedited, with their prompts in bold.

{samples_text}

## How it was made

`packaging/storyteller/train.py` makes it from a folder of stories in one command, `evaluate.py` measures it and
writes this card. Muon for the matrices of the blocks (rate {rate:g}, weight decay {decay:g}), AdamW for the rest
(rate {adam_rate:g}, betas 0.9 and 0.98), {batch} windows of {context} tokens a step, packed without padding; the
rate warms up and falls along a cosine over the training time; bfloat16 products, no dropout. The weights are an
exponential average over the last steps. Positions begin as sinusoids and are then learned.

{chosen}

## Where the stories come from, and the licence

The {stories:,} stories were made for this project by sampling the public 15-million-parameter story model of the
llama2.c project by Andrej Karpathy (MIT licence), itself trained on TinyStories (Ronen Eldan and Yuanzhi Li, 2023,
<https://arxiv.org/abs/2305.07759>), at temperature 0.9 from an empty context. They were not curated, and carry that
model's slips of sense. They hold no personal data and no copied books. Storyteller learned from these samples alone.

The weights, the tokenizer and this card are under the MIT licence, like the application.
"""

CHOSEN = """\
Chosen by comparing runs of 180 steps on the same 1.5 million tokens, held-out loss at the end: AdamW at 5e-3 for
all weights 4.36; Muon at 6e-3 2.87, without the sinusoids 2.92; Muon at 12e-3 and AdamW at 5e-3 2.63,
which was taken. So short a comparison favours high rates; longer ones were not made."""

KINDS = {
    "previous_token": "attends to the previous token",
    "first_token": "attends to the first token",
    "induction": "attends to the token after an earlier copy (induction)",
}


def render(
    config: GPT2Config,
    training: dict[str, Any],
    measured: dict[str, Any],
    samples: Sequence[tuple[str, int, str]],
) -> str:
    """The text of the card; ``samples`` are prompt, seed and text."""
    recipe = training["recipe"]
    values = {
        "layers": config.n_layer,
        "heads": config.n_head,
        "width": config.n_embd,
        "context": config.n_positions,
        "vocabulary": config.vocab_size,
        "parameters": measured["parameters"],
        "megabytes": measured["weights_bytes"] / 1e6,
        "load_seconds": measured["load_seconds"],
        "tokens": training["tokens"] / 1e6,
        "corpus": measured["training_corpus_tokens"] / 1e6,
        "passes": training["tokens"] / measured["training_corpus_tokens"],
        "minutes": training["minutes"],
        "held_out": measured["stories"]["held_out"],
        "stories": sum(measured["stories"].values()),
        "predicted": measured["model"]["tokens"],
        "left_out": measured["model"]["left_out"],
        "fifty_nats": measured["held_out_50"]["nats_a_token"],
        "course": course(training),
        "heads_table": strongest(measured["heads"]),
        "heads_grids": grids(measured["heads"]["random"]),
        "exercises": exercises(recipe),
        "samples": measured["copying"]["samples"]["texts"],
        "copying": copying(measured["copying"]),
        "samples_text": "\n\n".join(quoted(*one) for one in samples),
        "rate": recipe["rate"],
        "decay": recipe["weight_decay"],
        "adam_rate": recipe["adam_rate"],
        "batch": recipe["batch"],
        "chosen": CHOSEN,
    }
    for name in ("model", "trigram", "untrained"):
        values[f"{name}_nats"] = measured[name]["nats_a_token"]
        values[f"{name}_bits"] = measured[name]["bits_a_byte"]
    return CARD.format(**values)


def course(training: dict[str, Any]) -> str:
    """How the held-out loss fell, and whether the run came to its end."""
    lines = ["| minutes | million tokens | held-out loss of the averaged weights |", "|---|---|---|"]
    lines += [
        f"| {entry['minutes']:.0f} | {entry['tokens'] / 1e6:.1f} | {entry['held_out_average']:.3f} |"
        for entry in training["history"]
    ]
    whole = training["minutes"] >= training["planned_minutes"] - 0.1
    end = (
        "The learning rate came to the end of its cosine."
        if whole
        else f"**The training was stopped early**: {training['minutes']:.0f} of {training['planned_minutes']:.0f} "
        "planned minutes, before the learning rate came to its end."
    )
    text = "The loss on the way, in bfloat16 (on the first 200 held-out stories until the last line):"
    return "\n".join([text, "", *lines, "", end]) if training["history"] else end


def strongest(heads: dict[str, Any], count: int = 3) -> str:
    lines = ["| behaviour | layer | head | on repeated random tokens | on stories |", "|---|---|---|---|---|"]
    for kind, words in KINDS.items():
        random, stories = np.array(heads["random"][kind]), np.array(heads["stories"][kind])
        for place in np.argsort(-random, axis=None)[:count]:
            layer, head = np.unravel_index(place, random.shape)
            at = f"{random[layer, head]:.2f} | {stories[layer, head]:.2f}"
            lines.append(f"| {words} | {layer} | {head} | {at} |")
    return "\n".join(lines)


def grids(scores: dict[str, Any]) -> str:
    parts = []
    for kind, words in KINDS.items():
        rows = "\n".join(
            f"{layer}  " + "  ".join(f"{v:.2f}" for v in row) for layer, row in enumerate(scores[kind])
        )
        parts.append(f"{words[0].upper()}{words[1:]}:\n\n```\n{rows}\n```")
    return "\n\n".join(parts)


def exercises(recipe: dict[str, Any]) -> str:
    if not recipe["repeats"]:
        return "The heads grew from the stories alone."
    return (
        f"These heads did not grow from stories alone: {recipe['repeats']} of the {recipe['batch']} windows of a "
        "step are exercises, random tokens or shuffled pieces of stories repeated, where only the repetitions "
        "count. The repeated random tokens above are new ones, of the same kind."
    )


def copying(results: dict[str, Any]) -> str:
    lines = []
    for name, words in (("samples", "samples"), ("held_out", "held-out stories")):
        found = results[name]
        lines.append(
            f"| {words} | {found['median_words']:.0f} words | {found['worst_words']} words, of a text of "
            f"{found['worst_of_words']} | {found['median_share']:.0%} | {found['worst_share']:.0%} |"
        )
    return "\n".join(lines)


def quoted(prompt: str, seed: int, text: str) -> str:
    rest = text[len(prompt) :] if text.startswith(prompt) else text
    bold = f"**{prompt}**" if prompt else "**(no prompt)**"
    body = f"{bold}{rest}" if prompt else f"{bold} {rest}"
    lines = "\n>\n> ".join(line for line in body.splitlines() if line.strip())
    return f"Seed {seed}:\n\n> {lines}"
