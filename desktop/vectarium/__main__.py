"""The command line. It prepares the environment, then starts the app."""

import argparse
import multiprocessing
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import vectarium
from vectarium import heap, resources

if TYPE_CHECKING:
    from vectarium.documents.to_write import ToWrite

DEVICES = ("auto", "cpu", "cuda", "mps")
SPACES = ("words", "tokens", "context")


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run; the exit code."""
    multiprocessing.freeze_support()  # a frozen app starts its second process as itself
    parser = argparse.ArgumentParser(
        prog="vectarium", description="See GPT-2 think, on your own computer.", allow_abbrev=False
    )
    parser.add_argument(
        "--model", metavar="bundled|NAME|FOLDER", help="a name is downloaded if it is not here yet"
    )
    parser.add_argument("--device", choices=DEVICES)
    parser.add_argument("--prompt", metavar="TEXT", help="the text to look at")
    parser.add_argument(
        "--export", metavar="DIR", type=Path, help="write pictures and data of the prompt into DIR and exit"
    )
    parser.add_argument(
        "--head", metavar="LAYER.HEAD", type=_head, help="the attention head to select, for example 2.4"
    )
    parser.add_argument("--space", choices=SPACES, help="what the Embeddings pane shows")
    parser.add_argument("--expression", metavar="EXPRESSION", help='for example "king - man + woman"')
    writing = parser.add_argument_group("writing on", "the prompt is continued when the model is there")
    writing.add_argument("--generate", metavar="N", type=int, help="draw N tokens")
    writing.add_argument(
        "--temperature", metavar="T", type=float, default=1.0, help="0 takes the most likely"
    )
    writing.add_argument("--top-k", metavar="K", type=int, default=0, help="0 keeps all tokens")
    writing.add_argument("--top-p", metavar="P", type=float, default=1.0)
    writing.add_argument("--min-p", metavar="P", type=float, default=0.0)
    writing.add_argument(
        "--repetition-penalty", metavar="R", type=float, default=1.0, help="1 penalises nothing"
    )
    writing.add_argument("--seed", metavar="S", type=int, help="the same seed draws the same text")
    parser.add_argument("--version", action="version", version=f"Vectarium {vectarium.__version__}")
    options = parser.parse_args(arguments)
    if options.export is not None and not (options.prompt or "").strip():
        parser.error("--export needs a text: add --prompt TEXT")
    prepare_environment()
    to_write = None
    if options.generate is not None:
        try:
            to_write = wanted(options)
        except ValueError as error:
            parser.error(str(error))
    # While the window is imported and made, the workers import what is theirs.
    from vectarium.messages import Newest
    from vectarium.places import Places
    from vectarium.workers.process import WorkerProcess

    places = Places.of_user()
    workers = WorkerProcess(Newest(), resources.word_vectors(), places.cache)
    from vectarium import app

    wanted_of_app = app.Options(
        options.model,
        options.device,
        options.prompt,
        options.export,
        options.space,
        options.expression,
        options.head,
        to_write,
    )
    return app.run(wanted_of_app, places, workers)


def _head(text: str) -> tuple[int, int]:
    layer, dot, head = text.partition(".")
    if not (dot and layer.isdecimal() and head.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is no LAYER.HEAD, both counted from 0, for example 2.4")
    return int(layer), int(head)


def wanted(options: argparse.Namespace) -> "ToWrite":
    """What is to be written on. Raises ValueError for numbers out of their range."""
    from vectarium.documents.to_write import ToWrite
    from vectarium.sampling import SamplingSettings

    if not (options.prompt or "").strip():
        raise ValueError("--generate needs a text to continue: add --prompt TEXT")
    settings = SamplingSettings(
        options.temperature, options.top_k, options.top_p, options.min_p, options.repetition_penalty
    )
    return ToWrite(options.generate, settings, options.seed)


def prepare_environment() -> None:
    """What has to be set before Qt is imported, and for the process of the workers."""
    heap.share_one()
    # The window waits at most a millisecond, not five, for a thread that is inside Python.
    sys.setswitchinterval(0.001)
    if sys.stderr is None:  # a windowed app on Windows has none, and libraries write to it all the same
        sys.stderr = sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
    # BLAS with as many threads as cores fights with the window: one core is the window's.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(max(1, (os.cpu_count() or 2) - 1)))
    # Otherwise MKL's last digits depend on where numbers lie in memory, on processors that are not Intel's.
    os.environ.setdefault("MKL_CBWR", "AUTO")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


if __name__ == "__main__":
    sys.exit(main())
