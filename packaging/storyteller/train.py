"""Train the bundled model: one command from a folder of stories to ``resources/models/storyteller``.

    python packaging/storyteller/train.py --corpus FOLDER --minutes 240
    python packaging/storyteller/evaluate.py --corpus FOLDER

The learning rate follows the clock: warm-up, then a cosine that reaches its end when ``--minutes`` of
training time are used up, however fast the machine was. A run that was stopped or killed goes on from its
last checkpoint with the same command. A finished run goes on with more ``--minutes``: the rate warms up
again to ``--restart-rate`` times its first peak and falls over the added time. ``--export`` only writes the
newest checkpoint as a model.

The order of the data and the first weights come from a seed. The result still differs a little from run to
run: the schedule depends on the machine's speed, and sums are taken in no fixed order.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from batches import Batches
from corpus import END_OF_TEXT, CorpusError, EncodedStories, prepare, read_stories, save_tokenizer
from gradients import Workers
from network import Shape, transformers_config, transformers_state
from tqdm import tqdm
from training import Recipe, Training, held_out_loss, rate_factor
from transformers import GenerationConfig, GPT2LMHeadModel

# glibc hands large blocks back to the system after each use; taking them again costs more than the arithmetic
# on them. Read once when a process starts, hence the restart in main().
ALLOCATOR = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "100000000000",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL_FOLDER = REPOSITORY / "resources" / "models" / "storyteller"
CHECKPOINT = "storyteller.pt"
LOG_EVERY = 20  # seconds
LOG = logging.getLogger("storyteller")


def export(training: Training, tokenizer: Any, corpus: str, folder: Path) -> None:
    """Write the best weights as transformers' own folder, in fp16, with a record of the training."""
    config = transformers_config(training.shape, tokenizer.token_to_id(END_OF_TEXT))
    model = GPT2LMHeadModel(config)
    missing, unexpected = model.load_state_dict(transformers_state(training.best), strict=False)
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
    record = {
        "corpus_sha256": corpus,
        "steps": training.steps,
        "tokens": training.tokens,
        "minutes": round(training.seconds / 60, 1),
        "planned_minutes": round(training.end / 60, 1),
        "recipe": asdict(training.recipe),
        "changes": training.changes,
        "averaged_weights": training.best is training.average,
        "history": [{k: round(v, 4) for k, v in entry.items()} for entry in training.history],
    }
    (folder / "training.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


class Run:
    """Steps until the time is up or a signal comes, with a bar, a log, measurements and checkpoints."""

    def __init__(self, training: Training, held_out: EncodedStories, corpus: str, folder: Path) -> None:
        self.training, self.held_out, self.corpus = training, held_out, corpus
        self.checkpoint = folder / CHECKPOINT
        self.loss: float | None = None  # running mean over about fifty steps, exercises included
        self.stopped = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: Any) -> None:
        self.stopped = True

    def go(self, workers: Workers, measure_every: float, save_every: float) -> None:
        """Train to the end of the schedule; both intervals are seconds of training time."""
        training = self.training
        saved = measured = logged = training.seconds
        compiled_by = training.steps + 2
        with tqdm(total=round(training.end), initial=round(training.seconds), unit="s", mininterval=5) as bar:
            while training.seconds < training.end and not self.stopped:
                begin = time.monotonic()
                loss = workers.step(training.steps)
                training.update()
                seconds = time.monotonic() - begin
                if training.steps > compiled_by:
                    training.seconds += seconds
                self.loss = loss if self.loss is None else 0.98 * self.loss + 0.02 * loss
                status = f"loss {self.loss:.3f}, {training.tokens_a_step / seconds:,.0f} tokens/s"
                bar.set_postfix_str(status, refresh=False)
                bar.update(max(0, round(training.seconds) - bar.n))
                if training.seconds - logged > LOG_EVERY:
                    logged = training.seconds
                    rate = training.peak * rate_factor(training.progress, training.recipe)
                    tokens = f"{training.tokens / 1e6:.1f} million tokens"
                    LOG.info(
                        "step %d, %.1f min, %s, %s, rate x%.3f",
                        training.steps,
                        logged / 60,
                        tokens,
                        status,
                        rate,
                    )
                if training.seconds - measured > measure_every:
                    measured = training.seconds
                    self.measure(count=200)
                if training.seconds - saved > save_every:
                    saved = training.seconds
                    training.save(self.checkpoint, self.corpus)
        workers.stop()
        if not self.stopped:
            self.measure(count=len(self.held_out.starts))
        training.save(self.checkpoint, self.corpus)
        LOG.info(
            "%s at step %d",
            "stopped; goes on with the same command" if self.stopped else "done",
            training.steps,
        )

    def measure(self, count: int) -> None:
        training = self.training
        now = held_out_loss(training.network, self.held_out, count)
        average = held_out_loss(training.average, self.held_out, count)
        LOG.info("held-out loss %.4f, of the averaged weights %.4f", now, average)
        training.history.append(
            {
                "minutes": training.seconds / 60,
                "tokens": training.tokens,
                "loss": self.loss or 0.0,
                "held_out": now,
                "held_out_average": average,
            }
        )


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
    try:
        stories = read_stories(arguments.corpus)
    except CorpusError as error:
        parser.error(str(error))
    tokenizer, encoded, held_out = prepare(stories, recipe.vocabulary, arguments.checkpoints / "tokens")
    checkpoint = arguments.checkpoints / CHECKPOINT
    corpus = stories.fingerprint
    if checkpoint.exists():
        try:
            training = Training.load(checkpoint, corpus, arguments.recipe)
        except ValueError as error:
            parser.error(str(error))
        LOG.info("going on at step %d, %.1f min", training.steps, training.seconds / 60)
    elif arguments.export:
        parser.error(f"no checkpoint in {arguments.checkpoints}")
    else:
        training = Training(recipe, Shape(vocabulary=recipe.vocabulary))
    if not arguments.export:
        training.plan(arguments.minutes, arguments.restart_rate)
        LOG.info("%s %s", training.recipe, training.shape)
        recipe, shape = training.recipe, training.shape
        batches = Batches(encoded, shape.vocabulary, shape.context, recipe.batch, recipe.repeats, recipe.seed)
        workers = Workers(training.network, batches, training.recipe, arguments.workers)
        run = Run(training, held_out, corpus, arguments.checkpoints)
        run.go(workers, arguments.measure_every * 60, arguments.save_every * 60)
    if arguments.export or training.seconds >= training.end:
        export(training, tokenizer, corpus, arguments.output)
    return 0


if __name__ == "__main__":
    if sys.platform == "linux" and any(os.environ.get(name) != value for name, value in ALLOCATOR.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ALLOCATOR})
    sys.exit(main())
