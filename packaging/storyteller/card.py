"""The model card: every number in it comes from a measurement or the record of the training."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from transformers import GPT2Config

WIDTH = 115
TEMPLATE = Path(__file__).with_name("card_template.md")
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
        "changes": changes(training),
        "exercises": exercises(training),
        "samples": measured["copying"]["samples"]["texts"],
        "copying": copying(measured["copying"]),
        "samples_text": "\n\n".join(quoted(*one) for one in samples),
        "rate": recipe["rate"],
        "decay": recipe["weight_decay"],
        "adam_rate": recipe["adam_rate"],
        "batch": recipe["batch"],
        "weights": "The weights are an exponential average over the last steps."
        if training["averaged_weights"]
        else "The weights are those of the last step.",
    }
    for name in ("model", "trigram", "untrained"):
        values[f"{name}_nats"] = measured[name]["nats_a_token"]
        values[f"{name}_bits"] = measured[name]["bits_a_byte"]
    return TEMPLATE.read_text(encoding="utf-8").format(**values)


def course(training: dict[str, Any]) -> str:
    """How the held-out loss fell, and whether the run came to its end."""
    lines = ["| minutes | million tokens | held-out loss of the averaged weights |", "|---|---|---|"]
    lines += [
        f"| {entry['minutes']:.0f} | {entry['tokens'] / 1e6:.1f} | {entry['held_out_average']:.3f} |"
        for entry in training["history"]
    ]
    minutes, planned = training["minutes"], training["planned_minutes"]
    end = (
        "The learning rate came to the end of its cosine."
        if minutes >= planned - 0.1
        else f"**The training was stopped early**, after {minutes:.0f} of {planned:.0f} planned minutes, "
        "before the learning rate came to its end."
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


def exercises(training: dict[str, Any]) -> str:
    """What share of the training were exercises in copying, from which step on."""
    batch, steps = training["recipe"]["batch"], training["steps"]
    changes = [change for change in training["changes"] if change["what"] == "repeats"]
    counts = [*(change["was"] for change in changes), training["recipe"]["repeats"]]
    if not any(counts):
        return "The heads grew from the stories alone."
    edges = [0, *(change["step"] for change in changes), steps]
    share = sum(n * (b - a) for n, (a, b) in zip(counts, pairwise(edges), strict=True)) / (batch * steps)
    course = ", ".join(f"{n} of {batch} from step {step}" for n, step in zip(counts, edges, strict=False))
    return fill(
        f"These heads did not grow from stories alone: {share:.0%} of the windows of {steps:,} steps "
        f"({course}) were exercises in copying, random tokens or shuffled pieces of stories "
        "again and again, where the repetitions alone count for the loss. The random tokens above are new "
        "ones, of the same kind.",
        WIDTH,
    )


def changes(training: dict[str, Any]) -> str:
    """What was changed by hand while the model was trained."""
    lines = [
        f"- before step {change['step']:,}: `{change['what']}` from {change['was']:g} to {change['now']:g}"
        for change in training["changes"]
    ]
    return (
        "\n".join(["Changed by hand on the way:", "", *lines]) if lines else "Nothing was changed on the way."
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
