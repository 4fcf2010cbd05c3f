"""A run that can be saved, taken up again and extended: recipe, rates, optimizers and averaged weights."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from batches import IGNORED
from corpus import EncodedStories
from network import Network, Shape


@dataclass(frozen=True)
class Recipe:
    """Everything besides the corpus that decides the result."""

    seed: int = 1
    vocabulary: int = 4096
    batch: int = 32  # windows a step
    repeats: int = 4  # windows a step that are exercises in copying
    micro_batch: int = 8  # windows a worker takes at a time
    optimizer: str = "muon"
    rate: float = 6e-3  # hidden matrices (Muon, scaled to AdamW's update size)
    adam_rate: float = 3e-3  # embeddings, biases, layer norms
    weight_decay: float = 0.1
    warm_up: float = 0.02  # share of the time
    last_rate: float = 0.02  # share of the peak
    average_over: float = 0.05  # half-life of the averaged weights as a share of the steps so far
    gradient_norm: float = 1.0
    sinusoids: bool = True


def rate_factor(progress: float, recipe: Recipe) -> float:
    """The learning rate as a share of its peak, at ``progress`` in [0, 1] through the time."""
    if progress < recipe.warm_up:
        return max(progress / recipe.warm_up, 1e-3)
    falling = min(1.0, (progress - recipe.warm_up) / (1 - recipe.warm_up))
    return recipe.last_rate + (1 - recipe.last_rate) * (1 + math.cos(math.pi * falling)) / 2


def optimizers(network: Network, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the blocks' matrices, AdamW for the rest; weight decay on matrices alone."""
    matrices = [p for name, p in network.named_parameters() if p.ndim == 2 and "blocks" in name]
    embeddings = [network.wte.weight, network.wpe.weight]
    vectors = [p for p in network.parameters() if p.ndim == 1]
    groups = [{"params": embeddings, "weight_decay": 0.0}, {"params": vectors, "weight_decay": 0.0}]
    adam: dict[str, Any] = {"lr": recipe.adam_rate, "betas": (0.9, 0.98), "fused": True}
    if recipe.optimizer == "adamw":
        groups.append({"params": matrices, "weight_decay": recipe.weight_decay})
        return [torch.optim.AdamW(groups, **adam)]
    muon = torch.optim.Muon(
        matrices,
        lr=recipe.rate,
        weight_decay=recipe.weight_decay,
        momentum=0.95,
        adjust_lr_fn="match_rms_adamw",
    )
    return [torch.optim.AdamW(groups, **adam), muon]


class Training:
    """A run that can be saved and taken up again: network, averaged weights, optimizers, clock."""

    def __init__(self, recipe: Recipe, shape: Shape) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.shape = recipe, shape
        self.network = Network(shape, recipe.sinusoids)
        self.average = Network(shape)
        self.average.load_state_dict(self.network.state_dict())
        self.optimizers = optimizers(self.network, recipe)
        self.peaks = [[group["lr"] for group in o.param_groups] for o in self.optimizers]
        self.steps = 0
        self.seconds = 0.0  # training time used
        self.begin, self.end, self.peak = 0.0, 0.0, 1.0  # of the current cosine
        self.history: list[dict[str, float]] = []  # measurements on the way
        self.changes: list[dict[str, Any]] = []  # of the recipe on the way

    def plan(self, minutes: float, restart_rate: float) -> None:
        """Continue the current cosine, or append one of ``minutes`` after a finished one."""
        if self.seconds < self.end:
            return
        self.peak = 1.0 if self.seconds == 0 else restart_rate
        self.begin, self.end = self.seconds, self.seconds + minutes * 60

    @property
    def best(self) -> Network:
        """The averaged weights, unless the last measurement found the plain ones better."""
        last = self.history[-1] if self.history else None
        return self.network if last and last["held_out"] < last["held_out_average"] else self.average

    @property
    def tokens_a_step(self) -> int:
        return self.recipe.batch * self.shape.context

    @property
    def tokens(self) -> int:
        """Seen so far, exercises in copying included."""
        return self.steps * self.tokens_a_step

    @property
    def progress(self) -> float:
        return (self.seconds - self.begin) / (self.end - self.begin)

    def update(self) -> None:
        """One optimizer step from the gradients in the network."""
        factor = self.peak * rate_factor(self.progress, self.recipe)
        for optimizer, peaks in zip(self.optimizers, self.peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * factor
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_norm)
        for optimizer in self.optimizers:
            optimizer.step()
        self.steps += 1
        half_life = max(1.0, self.recipe.average_over * self.steps)
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, 1 - 0.5 ** (1 / half_life))

    def save(self, file: Path, corpus: str) -> None:
        """Write beside, then rename: a kill while writing leaves the checkpoint before."""
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        content = {
            "corpus": corpus,
            "recipe": asdict(self.recipe),
            "shape": asdict(self.shape),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "clock": [self.steps, self.seconds, self.begin, self.end, self.peak],
            "history": self.history,
            "changes": self.changes,
        }
        torch.save(content, part)
        part.replace(file)

    @classmethod
    def load(cls, file: Path, corpus: str, changes: dict[str, Any]) -> Training:
        """The checkpoint with ``changes`` to its recipe; ValueError if its corpus was another."""
        content = torch.load(file, weights_only=True)
        if content["corpus"] != corpus:
            raise ValueError(f"{file} was trained on other stories. Give another --checkpoints folder.")
        training = cls(Recipe(**{**content["recipe"], **changes}), Shape(**content["shape"]))
        training.network.load_state_dict(content["network"])
        training.average.load_state_dict(content["average"])
        for optimizer, state in zip(training.optimizers, content["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        training.steps, training.seconds, training.begin, training.end, training.peak = content["clock"]
        training.history = content["history"]
        training.changes = content.get("changes", [])
        for name, value in changes.items():
            if content["recipe"][name] != value:
                change = {"step": training.steps, "what": name, "was": content["recipe"][name], "now": value}
                training.changes.append(change)
        return training


def held_out_loss(network: Network, stories: EncodedStories, count: int) -> float:
    """Nats a token over the first ``count`` held-out stories, each read from its own ``<|endoftext|>``."""
    context, total, tokens = network.shape.context, 0.0, 0
    ends = [*stories.starts[1:], len(stories.token_ids) - 1]
    rows = [stories.token_ids[b : e + 1][: context + 1] for b, e in zip(stories.starts, ends, strict=True)]
    for first in range(0, min(count, len(rows)), 8):
        part = rows[first : first + 8]
        ids = np.zeros((len(part), context), dtype=np.int64)
        targets = np.full((len(part), context), IGNORED, dtype=np.int64)
        for row, story in enumerate(part):
            ids[row, : len(story) - 1], targets[row, : len(story) - 1] = story[:-1], story[1:]
        valid = int((targets != IGNORED).sum())
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            total += float(network(torch.from_numpy(ids), torch.from_numpy(targets))) * valid
        tokens += valid
    return total / tokens
