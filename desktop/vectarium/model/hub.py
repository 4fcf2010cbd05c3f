"""Models on the Hugging Face hub: what is in its cache, and downloading what is not."""

from __future__ import annotations

import errno
import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import huggingface_hub
from huggingface_hub import constants, errors
from huggingface_hub.utils import disable_progress_bars, validate_repo_id  # type: ignore[attr-defined]
from tqdm import tqdm  # type: ignore[import-untyped]

from vectarium.model import checking, configuration
from vectarium.model.errors import (
    Cancelled,
    HubFailed,
    MissingFile,
    ModelError,
    ModelNotFound,
    NoSpace,
    Offline,
    TruncatedFile,
)

Progress = Callable[[str, float | None], None]
Result = TypeVar("Result")

_OPTIONAL = ("tokenizer_config.json", "added_tokens.json")
_TIMEOUT = 15  # seconds without an answer
_SPARE = 50_000_000  # bytes to leave on the disk

disable_progress_bars()
# The library's log goes where the application's goes, not to a terminal.
logging.getLogger("huggingface_hub").handlers.clear()
logging.getLogger("huggingface_hub").propagate = True
# Xet's transfers run outside Python and cannot be cancelled; plain HTTP can.
constants.HF_HUB_DISABLE_XET = True
# Progress and cancelling once a megabyte instead of once in ten.
constants.DOWNLOAD_CHUNK_SIZE = 1_000_000
# Nothing is asked or told but what the download needs.
constants.HF_HUB_DISABLE_TELEMETRY = True


def is_name(source: str) -> bool:
    """Whether ``source`` could be the name of a model on the hub: ``gpt2`` or ``owner/model``."""
    try:
        validate_repo_id(source)
    except errors.HFValidationError:
        return False
    return not source.startswith(".")


def cached(name: str) -> Path | None:
    """The folder of a model whose files are all in the hub's cache; None otherwise. Needs no network."""
    config = huggingface_hub.try_to_load_from_cache(name, "config.json")
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    try:
        checking.weight_files(folder)
    except ModelError:
        return None
    has_tokenizer = (folder / "tokenizer.json").exists() or all(
        (folder / part).exists() for part in checking.TOKENIZER_PAIR
    )
    return folder if has_tokenizer else None


def fetch(name: str, progress: Progress, cancelled: Callable[[], bool]) -> Path:
    """Download a model's configuration, tokenizer and weights into the hub's cache; gives their folder.

    The configuration is checked before the weights are asked for. Raises ModelError, and Cancelled at most
    a tenth of a second after ``cancelled``, which is asked from more than one thread, says so.
    """
    return _in_background(lambda stopped: _fetch(name, progress, stopped), cancelled)


def _fetch(name: str, progress: Progress, stopped: Callable[[], bool]) -> Path:
    try:
        progress(f"Asking the hub for {name}", None)
        # First a question that is not repeated for half a minute when nobody answers, as downloads are.
        info = huggingface_hub.HfApi().model_info(name, files_metadata=True, timeout=_TIMEOUT)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
        folder = Path(huggingface_hub.hf_hub_download(name, "config.json", etag_timeout=_TIMEOUT)).parent
        configuration.read(folder)
        weights = checking.choose_weights(sizes, name)
        wanted = [*_tokenizer_files(sizes, name), weights]
        if weights == checking.WEIGHTS_INDEX:
            index = huggingface_hub.hf_hub_download(
                name, weights, revision=folder.name, etag_timeout=_TIMEOUT
            )
            wanted[-1:] = checking.shard_names(Path(index))
        total = sum(sizes.get(file, 0) for file in wanted)
        _check_space(total)
        bar = _reporting_bar(name, total, progress, stopped)
        for file in wanted:
            if stopped():
                raise Cancelled
            huggingface_hub.hf_hub_download(
                name, file, revision=folder.name, etag_timeout=_TIMEOUT, tqdm_class=bar
            )
    except (ModelError, Cancelled):
        raise
    except Exception as error:
        raise _in_words(name, error) from error
    return folder


def _tokenizer_files(names: dict[str, int], model: str) -> list[str]:
    optional = [file for file in _OPTIONAL if file in names]
    if "tokenizer.json" in names:
        return ["tokenizer.json", *optional]
    if all(part in names for part in checking.TOKENIZER_PAIR):
        return [*checking.TOKENIZER_PAIR, *optional]
    raise MissingFile(
        f"{model} has no tokenizer that can be read: no tokenizer.json, nor vocab.json with merges.txt.",
        "Choose a model that comes with its tokenizer.",
    )


def _check_space(needed: int) -> None:
    place = Path(constants.HF_HUB_CACHE)
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed + _SPARE:
        raise NoSpace(
            f"The model needs {needed / 1e6:,.0f} MB, but the disk has only {free / 1e6:,.0f} MB left.",
            f"Make room in {constants.HF_HUB_CACHE}, or set HF_HOME to a folder on another disk.",
        )


def _reporting_bar(name: str, total: int, progress: Progress, stopped: Callable[[], bool]) -> type[Any]:
    """A progress bar class that reports bytes instead of drawing, over all files together."""
    done = 0

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*arguments, **(options | {"disable": True}))

        def update(self, n: float | None = 1) -> None:
            nonlocal done
            if stopped():
                raise Cancelled
            done += int(n or 0)
            share = min(1.0, done / total) if total else None
            progress(f"Downloading {name}: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB", share)

    return Bar


def _in_background(work: Callable[[Callable[[], bool]], Result], cancelled: Callable[[], bool]) -> Result:
    """Do ``work`` in a thread that is left behind when it waits for the network while being cancelled."""
    stop, finished = threading.Event(), threading.Event()
    outcome: list[Result | BaseException] = []

    def body() -> None:
        try:
            outcome.append(work(lambda: stop.is_set() or cancelled()))
        except BaseException as error:
            outcome.append(error)
        finished.set()

    threading.Thread(target=body, name="download", daemon=True).start()
    while not finished.wait(0.1):
        if cancelled():
            stop.set()
            raise Cancelled
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def _in_words(name: str, error: Exception) -> ModelError:
    """What went wrong with the hub, in words. Every error of the transport counts as being offline."""
    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__  # why the hub was of no help
    details = f"{type(error).__name__}: {error}"
    if isinstance(error, errors.OfflineModeIsEnabled) or constants.is_offline_mode():
        return Offline(
            f"{name} is not on this computer, and the network is switched off (HF_HUB_OFFLINE).",
            "Unset HF_HUB_OFFLINE to download it, or choose the bundled model or a folder.",
            details,
        )
    if isinstance(error, errors.GatedRepoError):
        return ModelNotFound(
            f"The owner of {name} gives access on request only.",
            "Ask for it on the model's page and log in with `hf auth login`, or choose another model.",
            details,
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return ModelNotFound(
            f"There is no model called {name} on the Hugging Face hub, or it is private.",
            "Check the spelling. Names look like gpt2 or owner/model.",
            details,
        )
    if isinstance(error, errors.RemoteEntryNotFoundError | errors.RevisionNotFoundError):
        return MissingFile(
            f"{name} lacks a file that a model needs: config.json, a tokenizer or weights.",
            "Choose another model.",
            details,
        )
    if isinstance(error, errors.HfHubHTTPError):
        return HubFailed(
            f"The Hugging Face hub answered with an error ({error.response.status_code}).",
            "Try again in a few minutes, or choose the bundled model or a folder.",
            details,
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(
            "The disk is full.",
            f"Make room, or set HF_HOME to another disk than {constants.HF_HUB_CACHE}.",
            details,
        )
    if isinstance(error, OSError) and error.errno in (
        errno.EACCES,
        errno.EROFS,
        errno.EPERM,
        errno.ENOTDIR,
        errno.EEXIST,
    ):
        return NoSpace(
            f"Nothing can be written to {constants.HF_HUB_CACHE}.",
            "Make this folder writable, or set HF_HOME to another one.",
            details,
        )
    if isinstance(error, OSError) and "Consistency check failed" in str(error):
        return TruncatedFile("The download was cut short.", "Try again.", details)
    return Offline(
        f"The Hugging Face hub cannot be reached, and {name} is not on this computer yet.",
        "Check the connection and try again, or choose the bundled model or a folder.",
        details,
    )
