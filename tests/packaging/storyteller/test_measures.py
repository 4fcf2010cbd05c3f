"""Losses and head scores of a small random model, compared with transformers' own loss and a worked head."""

from typing import Any

import numpy as np
import pytest
import torch
from corpus import save_tokenizer
from measures import head_scores, held_out_loss, repeated_random, sample, story_rows
from transformers import GPT2Config, GPT2LMHeadModel, GPT2TokenizerFast

CONTEXT = 40


@pytest.fixture(scope="module")
def tokenizer(prepared: Any, tmp_path_factory: pytest.TempPathFactory) -> GPT2TokenizerFast:
    folder = tmp_path_factory.mktemp("tokenizer")
    save_tokenizer(prepared[0], folder, CONTEXT)
    return GPT2TokenizerFast.from_pretrained(folder)


@pytest.fixture(scope="module")
def model() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=320, n_positions=CONTEXT, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0
    )
    return GPT2LMHeadModel(config).eval()


@torch.inference_mode()
def test_the_loss_is_the_mean_over_all_tokens_of_all_stories(
    model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast
) -> None:
    stories = ["The dog ran home.", "A cat.", "The bird sat and sat, and the dog was sad. " * 4]
    nats, tokens = 0.0, 0
    for story in stories:
        ids = tokenizer(f"<|endoftext|>{story}<|endoftext|>", verbose=False, return_tensors="pt")["input_ids"]
        cut = ids[:, : CONTEXT + 1]
        logits = model(cut[:, :-1]).logits[0].log_softmax(-1)
        nats -= float(logits.gather(1, cut[0, 1:, None]).sum())
        tokens += cut.shape[1] - 1
    found = held_out_loss(model, tokenizer, stories)
    assert found.tokens == tokens
    assert found.left_out > 0
    assert found.nats_a_token == pytest.approx(nats / tokens, rel=1e-5)


def test_bits_a_byte_count_the_bytes_that_were_predicted(
    model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast
) -> None:
    found = held_out_loss(model, tokenizer, ["Größe 猫."])  # 7 + 1 + 3 + 1 bytes
    total = found.nats_a_token * found.tokens
    assert found.bits_a_byte == pytest.approx(total / np.log(2) / 12, rel=1e-6)


def test_long_stories_are_cut_to_what_the_context_can_predict(tokenizer: GPT2TokenizerFast) -> None:
    rows, left_out = story_rows(["The dog ran. " * 40, "A cat."], tokenizer, CONTEXT)
    assert len(rows[0]) == CONTEXT + 1
    assert rows[1][0] == rows[1][-1] == tokenizer.eos_token_id
    assert left_out == len(tokenizer("The dog ran. " * 40, verbose=False)["input_ids"]) + 2 - CONTEXT - 1


def test_a_head_built_to_look_back_scores_as_previous_token_head(model: GPT2LMHeadModel) -> None:
    built = GPT2LMHeadModel(model.config).eval()
    with torch.no_grad():
        built.transformer.wte.weight.zero_()
        angle = torch.arange(CONTEXT)[:, None] * 2 * np.pi / CONTEXT * torch.arange(1, 9)
        built.transformer.wpe.weight.copy_(torch.cat([angle.cos(), angle.sin()], 1))
        # Head 0 compares turned queries with keys: highest where the key is one position before.
        one = torch.arange(1, 9) * 2 * np.pi / CONTEXT
        turn = torch.zeros(16, 16)
        turn[:8, :8] = turn[8:, 8:] = torch.diag(one.cos())
        turn[8:, :8], turn[:8, 8:] = torch.diag(one.sin()), -torch.diag(one.sin())
        weight = torch.zeros(16, 48)
        pairs = [0, 2, 4, 6, 8, 10, 12, 14]  # four frequencies, cosine and sine: eight dimensions of a head
        weight[:, :8], weight[:, 16:24] = 60 * turn[:, pairs], torch.eye(16)[:, pairs]
        built.transformer.h[0].attn.c_attn.weight.copy_(weight)
        built.transformer.h[0].attn.c_attn.bias.zero_()
    scores = head_scores(built, repeated_random(320, 0, count=2, length=15, seed=0))
    assert scores["previous_token"].shape == (2, 2)
    assert scores["previous_token"][0, 0] > 0.9
    assert scores["previous_token"][0, 1] < 0.2
    assert scores["induction"][0, 0] < 0.1


def test_repeated_random_sequences_repeat() -> None:
    for sequence in repeated_random(320, 0, count=3, length=20, seed=1):
        assert sequence[0] == 0
        assert sequence[1:21] == sequence[21:]
        assert 0 not in sequence[1:]


def test_samples_depend_on_the_seed_alone(model: GPT2LMHeadModel, tokenizer: GPT2TokenizerFast) -> None:
    first = sample(model, tokenizer, "The dog", seed=1)
    assert first == sample(model, tokenizer, "The dog", seed=1)
    assert first != sample(model, tokenizer, "The dog", seed=2)
    assert first[0].startswith("The dog")
