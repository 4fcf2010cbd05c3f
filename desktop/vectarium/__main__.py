"""The command line. It prepares the environment, then starts the app."""

import argparse
import os
import sys
from pathlib import Path

import vectarium

DEVICES = ("auto", "cpu", "cuda", "mps")


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run; the exit code."""
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
    parser.add_argument("--version", action="version", version=f"Vectarium {vectarium.__version__}")
    options = parser.parse_args(arguments)
    if options.export is not None and not (options.prompt or "").strip():
        parser.error("--export needs a text: add --prompt TEXT")
    prepare_environment()
    from vectarium import app

    return app.run(app.Options(options.model, options.device, options.prompt, options.export))


def prepare_environment() -> None:
    """What has to be set before Qt and torch are imported."""
    if sys.stderr is None:  # a windowed app on Windows has none, and libraries write to it all the same
        sys.stderr = sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    # BLAS with as many threads as cores fights with the window: one core is the window's.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(max(1, (os.cpu_count() or 2) - 1)))
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault(
        "PYOPENGL_PLATFORM",
        "egl"
        if os.environ.get("WAYLAND_DISPLAY") and os.environ.get("QT_QPA_PLATFORM", "wayland") == "wayland"
        else "glx",
    ) if sys.platform == "linux" else None
    if sys.platform == "win32":
        import torch  # noqa: F401  Before Qt, or its libraries are not found.


if __name__ == "__main__":
    sys.exit(main())
