"""Train the bundled model: one command from a folder of stories to ``resources/models/storyteller``.

    python packaging/storyteller/train.py --corpus FOLDER --minutes 240

The learning rate follows the clock: warm-up, then a cosine that reaches its end when ``--minutes`` of training
time are used up, however fast the machine was. A killed run goes on from its last checkpoint with the same
command. A finished run goes on with more ``--minutes``: the rate warms up again to ``--restart-rate`` times its
first peak and falls over the added time. ``--export`` only writes the newest checkpoint as a model.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# glibc hands large blocks back to the system after each use; taking them again costs more than the arithmetic
# on them. Read once when a process starts, hence the restart in main().
ALLOCATOR = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "100000000000",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}

import numpy as np
import torch
from batches import Batches
from corpus import END_OF_TEXT, EncodedStories, prepare, read_stories, save_tokenizer
from network import Network, Shape, transformers_config, transformers_state
from torch import Tensor
from tqdm import tqdm
from transformers import GenerationConfig, GPT2LMHeadModel

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL_FOLDER = REPOSITORY / "resources" / "models" / "storyteller"
LOG = logging.getLogger("storyteller")


@dataclass(frozen=True)
class Recipe:
    """Everything besides the corpus that decides the result."""

    seed: int = 1
    vocabulary: int = 4096
    batch: int = 32  # windows a step
    repeats: int = 2  # windows a step that are exercises in copying
    micro_batch: int = 8  # windows a worker takes at a time
    optimizer: str = "muon"
    rate: float = 12e-3  # hidden matrices (Muon, scaled to AdamW's update size)
    adam_rate: float = 5e-3  # embeddings, biases, layer norms
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


class Workers:
    """Single-threaded processes that share weights and take micro-batches from one counter.

    One thread a process needs no synchronisation inside a step, and a process that is slowed down by other
    work on the machine simply takes fewer micro-batches.
    """

    def __init__(self, network: Network, batches: Batches, recipe: Recipe, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.network = network.share_memory()
        size = sum(parameter.numel() for parameter in network.parameters())
        self.gradients = torch.zeros(count, size).share_memory_()
        self.losses = torch.zeros(recipe.batch // recipe.micro_batch, dtype=torch.float64).share_memory_()
        self.state = context.Array("q", [0, 0])  # step, next micro-batch
        self.barrier = context.Barrier(count)
        shared = (self.network, self.gradients, self.losses, self.state, self.barrier, batches, recipe)
        self.compute = Computation(*shared, rank=0)
        self.processes = [
            context.Process(target=work, args=(*shared, rank), daemon=True) for rank in range(1, count)
        ]
        for process in self.processes:
            process.start()

    def step(self, number: int) -> float:
        """Fill the network's gradients for one step; returns the mean loss in nats a token."""
        self.state[0], self.state[1] = number, 0
        self.barrier.wait()
        self.compute.run(number)
        self.barrier.wait()
        for other in self.gradients[1:]:
            self.gradients[0] += other
        return float(self.losses.mean())

    def stop(self) -> None:
        self.state[0] = -1
        self.barrier.wait()
        for process in self.processes:
            process.join()


class Computation:
    """What one process does in a step: loss and gradients of the micro-batches it gets hold of."""

    def __init__(
        self, network: Network, gradients: Tensor, losses: Tensor, state: Any, barrier: Any,
        batches: Batches, recipe: Recipe, rank: int,
    ) -> None:  # fmt: skip
        torch.set_num_threads(1)
        self.losses, self.state, self.barrier = losses, state, barrier
        self.batches, self.recipe, self.gradients = batches, recipe, gradients[rank]
        offset = 0
        for parameter in network.parameters():
            piece = self.gradients[offset : offset + parameter.numel()]
            parameter.grad = piece.view_as(parameter)
            offset += parameter.numel()

        def loss(ids: Tensor, targets: Tensor) -> Tensor:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                result: Tensor = network(ids, targets)
            return result

        self.loss = torch.compile(loss, dynamic=False)

    def run(self, number: int) -> None:
        self.gradients.zero_()
        ids, targets = map(torch.from_numpy, self.batches.step(number))
        size, count = self.recipe.micro_batch, len(self.losses)
        while True:
            with self.state.get_lock():
                turn = self.state[1]
                self.state[1] = turn + 1
            if turn >= count:
                return
            part = slice(turn * size, (turn + 1) * size)
            loss = self.loss(ids[part], targets[part]) / count
            loss.backward()
            self.losses[turn] = loss.item() * count


def work(
    network: Network, gradients: Tensor, losses: Tensor, state: Any, barrier: Any, batches: Batches,
    recipe: Recipe, rank: int,
) -> None:  # fmt: skip
    """The other processes: steps until the main process says stop."""
    computation = Computation(network, gradients, losses, state, barrier, batches, recipe, rank)
    while True:
        barrier.wait()
        if state[0] < 0:
            return
        computation.run(state[0])
        barrier.wait()


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
        self.history: list[dict[str, float]] = []

    def plan(self, minutes: float, restart_rate: float) -> None:
        """Continue the current cosine, or append one of ``minutes`` after a finished one."""
        if self.seconds < self.end:
            return
        self.peak = 1.0 if self.seconds == 0 else restart_rate
        self.begin, self.end = self.seconds, self.seconds + minutes * 60

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
        }
        torch.save(content, part)
        part.replace(file)

    @classmethod
    def load(cls, file: Path, corpus: str) -> Training:
        """Raises ValueError if the checkpoint was trained on another corpus."""
        content = torch.load(file, weights_only=True)
        if content["corpus"] != corpus:
            raise ValueError(f"{file} was trained on other stories. Give another --checkpoints folder.")
        training = cls(Recipe(**content["recipe"]), Shape(**content["shape"]))
        training.network.load_state_dict(content["network"])
        training.average.load_state_dict(content["average"])
        for optimizer, state in zip(training.optimizers, content["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        training.steps, training.seconds, training.begin, training.end, training.peak = content["clock"]
        training.history = content["history"]
        return training


def held_out_loss(network: Network, stories: EncodedStories, count: int) -> float:
    """Nats a token over the first ``count`` held-out stories, each read from its own ``<|endoftext|>``."""
    context, total, tokens = network.shape.context, 0.0, 0
    ends = [*stories.starts[1:], len(stories.token_ids) - 1]
    rows = [stories.token_ids[b : e + 1][: context + 1] for b, e in zip(stories.starts, ends, strict=True)]
    for first in range(0, min(count, len(rows)), 8):
        part = rows[first : first + 8]
        ids = np.zeros((len(part), context), dtype=np.int64)
        targets = np.full((len(part), context), -100, dtype=np.int64)
        for row, story in enumerate(part):
            ids[row, : len(story) - 1], targets[row, : len(story) - 1] = story[:-1], story[1:]
        valid = int((targets >= 0).sum())
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            total += float(network(torch.from_numpy(ids), torch.from_numpy(targets))) * valid
        tokens += valid
    return total / tokens


def export(training: Training, tokenizer: Any, corpus: str, folder: Path) -> None:
    """Write the averaged weights as transformers' own folder, in fp16, with a record of the training."""
    config = transformers_config(training.shape, tokenizer.token_to_id(END_OF_TEXT))
    model = GPT2LMHeadModel(config)
    missing, unexpected = model.load_state_dict(transformers_state(training.average), strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise RuntimeError(f"The weights do not fit GPT2LMHeadModel: {missing} {unexpected}")
    model.tie_weights()
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.8,
        top_k=0,
        bos_token_id=config.bos_token_id,
        eos_token_id=config.eos_token_id,
    )
    model.half().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    save_tokenizer(tokenizer, folder, training.shape.context)
    tokens = training.steps * training.recipe.batch * training.shape.context
    record = {
        "corpus_sha256": corpus,
        "steps": training.steps,
        "tokens": tokens,
        "minutes": round(training.seconds / 60, 1),
        "planned_minutes": round(training.end / 60, 1),
        "recipe": asdict(training.recipe),
        "history": [{k: round(v, 4) for k, v in entry.items()} for entry in training.history],
    }
    (folder / "training.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def train(
    training: Training, arguments: argparse.Namespace, data: Any, corpus: str, checkpoint: Path
) -> None:
    tokenizer, stories, held_out = data
    recipe = training.recipe
    batches = Batches(
        stories, training.shape.vocabulary, training.shape.context, recipe.batch, recipe.repeats, recipe.seed
    )
    workers = Workers(training.network, batches, recipe, arguments.workers)
    tokens_a_step = recipe.batch * training.shape.context
    saved = measured = logged = training.seconds
    smooth: float | None = None
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
    signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    first_step = training.steps
    with tqdm(total=round(training.end), initial=round(training.seconds), unit="s", mininterval=5) as bar:
        while training.seconds < training.end and not stopped:
            begin = time.monotonic()
            loss = workers.step(training.steps)
            training.update()
            if training.steps > first_step + 2:  # the first steps compile
                training.seconds += time.monotonic() - begin
            smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
            speed = tokens_a_step / (time.monotonic() - begin)
            bar.set_postfix_str(f"loss {smooth:.3f}, {speed:,.0f} tokens/s", refresh=False)
            bar.update(max(0, round(training.seconds) - bar.n))
            if training.seconds - logged > 20:
                LOG.info(
                    "step %d  %.1f min  %.1f M tokens  loss %.4f  rate x%.3f  %d tokens/s", training.steps,
                    training.seconds / 60, training.steps * tokens_a_step / 1e6, smooth,
                    training.peak * rate_factor(training.progress, recipe), speed,
                )  # fmt: skip
                logged = training.seconds
            over = training.seconds >= training.end
            if over or training.seconds - measured > arguments.measure_every * 60:
                measured = training.seconds
                now = held_out_loss(training.network, held_out, 10_000 if over else 200)
                mean = held_out_loss(training.average, held_out, 10_000 if over else 200)
                tokens = training.steps * tokens_a_step
                training.history.append({"tokens": tokens, "minutes": measured / 60, "loss": smooth,
                                         "held_out": now, "held_out_average": mean})  # fmt: skip
                LOG.info("held out %.4f, averaged weights %.4f, training %.4f", now, mean, smooth)
            if over or training.seconds - saved > arguments.save_every * 60:
                saved = training.seconds
                training.save(checkpoint, corpus)
    if stopped:
        training.save(checkpoint, corpus)
        LOG.info("stopped at step %d; the same command goes on from here", training.steps)
    workers.stop()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Train the bundled model Storyteller.")
    parser.add_argument("--corpus", type=Path, required=True, help="folder with stories*.txt")
    parser.add_argument("--checkpoints", type=Path, default=REPOSITORY / "checkpoints")
    parser.add_argument("--output", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--minutes", type=float, default=240.0, help="training time of this cosine")
    parser.add_argument("--restart-rate", type=float, default=0.3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--measure-every", type=float, default=5.0, help="minutes")
    parser.add_argument("--save-every", type=float, default=4.0, help="minutes")
    parser.add_argument("--export", action="store_true", help="write the newest checkpoint and stop")
    parser.add_argument("--recipe", type=json.loads, default={}, help="changed recipe values as JSON")
    arguments = parser.parse_args(argv)
    arguments.checkpoints.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        format="%(asctime)s %(message)s",
        level=logging.INFO,
        handlers=[logging.FileHandler(arguments.checkpoints / "train.log"), logging.StreamHandler()],
    )
    recipe = Recipe(**arguments.recipe)
    stories = read_stories(arguments.corpus)
    data = prepare(stories, recipe.vocabulary, arguments.checkpoints / "tokens")
    checkpoint = arguments.checkpoints / "storyteller.pt"
    corpus = stories.fingerprint
    if checkpoint.exists():
        training = Training.load(checkpoint, corpus)
        LOG.info("going on at step %d, %.1f min", training.steps, training.seconds / 60)
    elif arguments.export:
        parser.error(f"no checkpoint in {arguments.checkpoints}")
    else:
        training = Training(recipe, Shape(vocabulary=recipe.vocabulary))
    if not arguments.export:
        training.plan(arguments.minutes, arguments.restart_rate)
        LOG.info("%s %s", training.recipe, training.shape)
        train(training, arguments, data, corpus, checkpoint)
    if arguments.export or training.seconds >= training.end:
        export(training, data[0], corpus, arguments.output)
    return 0


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in ALLOCATOR.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ALLOCATOR})
    sys.exit(main())
