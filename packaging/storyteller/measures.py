"""Measurements of an exported model, in fp32, through transformers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F
from transformers import GPT2LMHeadModel, GPT2TokenizerFast

from vectarium.model.behaviour import measure

BATCH = 16


@dataclass(frozen=True)
class Loss:
    """A loss over stories, each read from its own ``<|endoftext|>`` to the next."""

    nats_a_token: float
    bits_a_byte: float
    tokens: int  # predicted, each story's closing <|endoftext|> among them
    left_out: int  # tokens beyond the model's context


def story_rows(
    stories: Sequence[str], tokenizer: GPT2TokenizerFast, context: int
) -> tuple[list[list[int]], int]:
    """Each story between two ``<|endoftext|>``, cut to ``context + 1`` ids; and how many ids were cut."""
    end = tokenizer.eos_token_id
    whole = [[end, *ids, end] for ids in tokenizer(list(stories), verbose=False)["input_ids"]]
    return [row[: context + 1] for row in whole], sum(max(0, len(row) - context - 1) for row in whole)


def loss_of(nats: float, rows: Sequence[Sequence[int]], left_out: int, tokenizer: GPT2TokenizerFast) -> Loss:
    """Bits a byte count the stories' bytes alone, although closing a story costs nats as well."""
    predicted = [row[1:] for row in rows]
    text = tokenizer.batch_decode(predicted, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    tokens = sum(map(len, predicted))
    return Loss(nats / tokens, nats / np.log(2) / sum(len(t.encode()) for t in text), tokens, left_out)


@torch.inference_mode()
def held_out_loss(model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast, stories: Sequence[str]) -> Loss:
    rows, left_out = story_rows(stories, tokenizer, model.config.n_positions)
    nats = 0.0
    for first in range(0, len(rows), BATCH):
        part = [torch.tensor(row) for row in rows[first : first + BATCH]]
        ids = torch.nn.utils.rnn.pad_sequence([row[:-1] for row in part], batch_first=True)
        targets = torch.nn.utils.rnn.pad_sequence([row[1:] for row in part], True, -100)
        logits = model(ids).logits
        nats += F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum").item()
    return loss_of(nats, rows, left_out, tokenizer)


@torch.inference_mode()
def head_scores(model: GPT2LMHeadModel, sequences: Sequence[Sequence[int]]) -> dict[str, NDArray[np.float64]]:
    """Mean weight of each head by behaviour, as the application measures it: name -> [layer, head]."""
    eager = GPT2LMHeadModel(model.config)
    eager.load_state_dict(model.state_dict())
    eager.set_attn_implementation("eager")
    eager.eval()
    names = ("previous_token", "first_token", "induction")
    scores = {name: [] for name in names}
    for sequence in sequences:
        layers = eager(torch.tensor([sequence]), output_attentions=True).attentions
        found = [measure(layer[0].numpy(), np.array(sequence)) for layer in layers]
        for name in names:
            scores[name].append(np.stack([getattr(behaviour, name) for behaviour in found]))
    return {name: np.nanmean(values, axis=0) for name, values in scores.items()}


def repeated_random(vocabulary: int, end_of_text: int, count: int, length: int, seed: int) -> list[list[int]]:
    """``<|endoftext|>``, ``length`` uniformly random tokens, and the same tokens once more."""
    draw = np.random.default_rng(seed)
    return [[end_of_text, *np.tile(draw.integers(1, vocabulary, length), 2).tolist()] for _ in range(count)]


@torch.inference_mode()
def sample(
    model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast, prompt: str, seed: int, count: int = 1
) -> list[str]:
    """Texts drawn at T = 0.8 from the whole distribution, to ``<|endoftext|>`` or the end of the context."""
    torch.manual_seed(seed)
    ids = tokenizer(prompt)["input_ids"] or [tokenizer.eos_token_id]
    drawn = model.generate(
        torch.tensor([ids] * count),
        attention_mask=torch.ones(count, len(ids), dtype=torch.long),
        do_sample=True,
        temperature=0.8,
        top_k=0,
        max_length=model.config.n_positions,
        pad_token_id=tokenizer.eos_token_id,
    )
    return [text.strip() for text in tokenizer.batch_decode(drawn, skip_special_tokens=True)]


@torch.inference_mode()
def greedy(
    model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast, prompt: str, count: int
) -> tuple[list[int], float]:
    """The ids of ``prompt`` and of the likeliest token ``count`` times; and the narrowest lead in logits."""
    ids = tokenizer(prompt)["input_ids"]
    lead = float("inf")
    for _ in range(count):
        best = model(torch.tensor([ids])).logits[0, -1].topk(2)
        ids.append(int(best.indices[0]))
        lead = min(lead, float(best.values[0] - best.values[1]))
    return ids, lead
