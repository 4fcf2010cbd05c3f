"""How near the form that tokens are written in comes to float32, over a thousand steps."""

from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import ours, shapes
from ready_forms import eager_draft, prepared
from vectarium.model import forward_pass
from vectarium.model.generation import next_step
from vectarium.model.guesses import MOST, Guesser
from vectarium.sampling import SamplingSettings

SETTINGS = {
    "temperature 0": SamplingSettings(temperature=0.0),
    "temperature 0.8, top-k 40": SamplingSettings(temperature=0.8, top_k=40),
    "temperature 1": SamplingSettings(),
}
STEPS, PROMPT, LENGTH = 1000, 8, 208
LARGEST_DIFFERENCE, EQUAL_LISTS = 0.002, 0.995
HELD_OUT = Path(__file__).parents[1] / "packaging" / "storyteller" / "held_out_stories.txt"


def logits_of(model, texts, form):
    """[step, vocabulary]: the first tokens of each text are its prompt, the others are written after them."""
    found = []
    for ids in texts:
        trace = forward_pass.run(model, ids[:PROMPT])
        for end in range(PROMPT + 1, len(ids) + 1):
            trace = forward_pass.run(model, ids[:end], trace, one_token=form)
            found.append(forward_pass.logits(model, trace, end - 1, form))
    return torch.from_numpy(np.stack(found))


def compare(report, what, default, exact, other):
    largest = max(
        float((one.double().softmax(-1) - two.double().softmax(-1)).abs().max())
        for one, two in zip(exact.split(100), other.split(100), strict=True)
    )
    first, second = exact.topk(10).indices, other.topk(10).indices
    same_first = float((first[:, 0] == second[:, 0]).double().mean())
    same_ten = float((first.sort().values == second.sort().values).all(-1).double().mean())
    in_order = float((first == second).all(-1).double().mean())
    met = largest < LARGEST_DIFFERENCE and min(same_first, same_ten) > EQUAL_LISTS
    report.add(
        f"{what}: {len(exact):,} steps against float32",
        f"probabilities differ by at most {largest:.1e}; the same top-1 {same_first:.1%}, "
        f"top-10 {same_ten:.1%}, in the same order {in_order:.1%}",
        budget=f"< {LARGEST_DIFFERENCE}, > {EQUAL_LISTS:.1%}" if default else "only where chosen",
        met=met if default else None,
    )
    assert met or not default


@pytest.mark.parametrize("stored", ["float32", "float16"])
def test_truth_of_the_random_shape(stored, models, small, report):
    model = ours.load(small)
    if stored == "float16":
        model.network.half().float()
    form = prepared(model, exact=False)
    assert form.exact == (stored == "float16")
    random = np.random.default_rng(0)
    texts = [random.integers(1, model.vocabulary_size, LENGTH) for _ in range(STEPS // (LENGTH - PROMPT))]
    exact, other = logits_of(model, texts, None), logits_of(model, texts, form)
    compare(report, f"Random 124M stored as {stored}, written in float16", form.exact, exact, other)


def test_truth_of_storyteller(report):
    model = ours.load(shapes.STORYTELLER)
    form = prepared(model, exact=True)
    texts, left = [], STEPS
    for story in HELD_OUT.read_text(encoding="utf-8").split("<|endoftext|>"):
        ids = model.tokenizer.encode(story)[: min(model.context, left + PROMPT)]
        if left and len(ids) > PROMPT:
            texts.append(ids)
            left -= len(ids) - PROMPT
    exact, other = logits_of(model, texts, None), logits_of(model, texts, form)
    compare(report, "Storyteller, held-out stories, written in float16", True, exact, other)


class Remembered(Guesser):
    """Remembers after how many tokens it guessed what."""

    def __init__(self, draft):
        super().__init__(draft)
        self.guesses = []

    def guess(self, ids, *rest):
        self.guesses.append((len(ids), super().guess(ids, *rest)))
        return self.guesses[-1][1]

    def right_and_made(self, ids):
        """Of those that came to be compared with a drawn token; after a wrong one no other is."""
        pairs = [list(zip(found, ids[start:], strict=False)) for start, found in self.guesses]
        right = [list(takewhile(lambda pair: pair[0] == pair[1], pair)) for pair in pairs]
        return sum(map(len, right)), sum(
            len(same) + (len(same) < len(pair)) for same, pair in zip(right, pairs, strict=True)
        )


@pytest.mark.parametrize("name", SETTINGS)
def test_how_many_guesses_of_storyteller_are_right(name, report):
    model = ours.load(shapes.STORYTELLER)
    form, draft = prepared(model, exact=True, fastest="float32"), eager_draft(model)
    found = np.zeros(2, int)
    for seed in range(STEPS // (LENGTH - PROMPT)):
        ids = list(model.tokenizer.encode("Once upon a time there was a"))
        trace, guesser = None, Remembered(draft)
        random = np.random.default_rng(seed).random(LENGTH - PROMPT)
        for place, uniform in enumerate(random):
            later = tuple(random[place + 1 : place + 1 + MOST])
            step, trace = next_step(
                model, ids, SETTINGS[name], uniform, trace,
                reads=form, draws=form, guesser=guesser, later=later,
            )  # fmt: skip
            ids.append(step.token_id)
        found += guesser.right_and_made(ids)
    right, made = found
    report.add(f"Storyteller's guesses for itself, {name}", f"of {made:,} {right / made:.1%} were right")
    assert right > made / 2
