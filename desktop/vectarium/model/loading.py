"""From the name of a model to a model that is ready to run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from vectarium.model import checking, configuration, devices, threads
from vectarium.model.configuration import Configuration
from vectarium.model.errors import (
    Cancelled,
    ModelNotFound,
    NeedsDownload,
    OutOfMemory,
    TruncatedFile,
)
from vectarium.model.memory import Memory
from vectarium.model.network import Network
from vectarium.model.sources import BUNDLED, local_folder
from vectarium.model.tokens import Tokenizer, open_tokenizer
from vectarium.vocabulary import Vocabulary

_PAGE_BYTES = 4096
_PADDING_BYTES = 64

_STORED = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model that is ready to run, and what there is to say about it."""

    network: Network
    tokenizer: Tokenizer
    vocabulary: Vocabulary
    name: str
    source: str
    parameters: int
    layers: int
    heads: int
    width: int
    context: int  # tokens
    vocabulary_size: int
    device: str
    dtype: str
    reason: str
    """Why this device and this number type, in a sentence or two."""
    notices: tuple[str, ...] = ()
    """What the user should know about how it was loaded."""


def _silent(doing: str, share: float | None) -> None:
    pass


def _never() -> bool:
    return False


def load(
    source: str,
    device: str = "auto",
    download: bool = False,
    progress: Callable[[str, float | None], None] = _silent,
    cancelled: Callable[[], bool] = _never,
) -> LoadedModel:
    """Load a GPT-2: "bundled", a folder, or a name on the Hugging Face hub.

    Of a name on the hub only the files that are needed are downloaded, into the hub's usual cache, and only
    with ``download``: without it NeedsDownload is raised for a name that is not in the cache. Weights are
    read from safetensors alone, and no code of the model's is run. They become float32 whatever they are
    stored as. When the GPU's memory is too small the model runs on the CPU, and `LoadedModel.notices` says
    so.

    Call it in the thread that will run the model. ``progress`` gets what is being done and the share done
    (None where it is not known). Raises ModelError, and Cancelled soon after ``cancelled`` says so.
    """
    device, reason = devices.choose(device)
    threads.take_all()
    folder = local_folder(source) or _fetch(source, download, progress, cancelled)
    progress("Checking the model's files", None)
    config = configuration.read(folder)
    files = checking.weight_files(folder)
    stored = checking.check_weights(files, config)
    tokenizer, vocabulary = open_tokenizer(folder)
    _stop_if(cancelled)
    progress("Reading the weights", None)
    network = _read_network(files, config, cancelled)
    _stop_if(cancelled)
    number_type = "Numbers are float32, the most exact"
    number_type += "." if stored == "F32" else f"; the weights are stored as {_STORED[stored]}."
    model = LoadedModel(
        network=network,
        tokenizer=tokenizer,
        vocabulary=vocabulary,
        name="Storyteller" if source == BUNDLED else _name(source),
        source=source,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        layers=config.n_layer,
        heads=config.n_head,
        width=config.n_embd,
        context=config.n_positions,
        vocabulary_size=config.vocab_size,
        device="cpu",
        dtype="float32",
        reason=f"{reason} {number_type}",
        notices=_notices(vocabulary),
    )
    progress(f"Moving the model to the {device.upper()}", None)
    return place(model, device)


def place(model: LoadedModel, device: str) -> LoadedModel:
    """The model on ``device``, or on the CPU with a notice when the device's memory is too small."""
    try:
        with devices.memory_errors(device):
            model.network.to(device)
    except OutOfMemory as error:
        if device == "cpu":
            raise
        model.network.to("cpu")
        if device == "cuda":
            torch.cuda.empty_cache()
        notice = f"{error.message} The model runs on the CPU instead, which is slower."
        return dataclasses.replace(model, device="cpu", notices=(*model.notices, notice))
    return dataclasses.replace(model, device=device)


def _fetch(
    source: str,
    download: bool,
    progress: Callable[[str, float | None], None],
    cancelled: Callable[[], bool],
) -> Path:
    if source == BUNDLED:
        raise ModelNotFound("The model that ships with Vectarium is missing.", "Install Vectarium again.")
    from vectarium.model import hub  # not at the top: most starts have no use for it

    if not hub.is_name(source):
        raise ModelNotFound(
            f"There is no folder “{source}”, and it is not a name on the Hugging Face hub.",
            "Check the spelling. Names on the hub look like gpt2 or owner/model.",
        )
    if not download:
        raise NeedsDownload(
            f"{source} is not on this computer.",
            "Choose it in the Model menu to download it, or another one.",
        )
    return hub.fetch(source, progress, cancelled)


def _read_network(files: list[Path], config: Configuration, cancelled: Callable[[], bool]) -> Network:
    try:
        with devices.memory_errors("cpu"), ExitStack() as opened:
            stored: dict[str, tuple[Any, str]] = {}
            for file in files:
                weights = opened.enter_context(safe_open(file, "pt"))
                stored |= {
                    name.removeprefix("transformer."): (weights, name) for name in weights.offset_keys()
                }

            def read(name: str) -> torch.Tensor:
                _stop_if(cancelled)
                weights, stored_name = stored[name]
                weight: torch.Tensor = weights.get_tensor(stored_name)
                return weight

            tied = config.tie_word_embeddings
            if tied and "lm_head.weight" in stored:  # perhaps another one: then transformers uses it too
                tied = torch.equal(read("lm_head.weight").float(), read("wte.weight").float())
            memory = Memory()
            return Network(config, lambda name: _in_memory(memory, name, read(name)), tied)
    except (SafetensorError, OSError) as error:
        raise TruncatedFile(
            f"The weights in {files[0]} cannot be read.", "Copy or download the model again.", str(error)
        ) from error


def _in_memory(memory: Memory, name: str, weight: torch.Tensor) -> torch.Tensor:
    # A block's matrices lie turned: a row then is what an output is made of, and threads share out outputs.
    # Sharing out inputs sums in an order that depends on how many threads there are.
    if name.startswith("h.") and weight.ndim == 2:
        return _laid_out(memory, weight.t()).t()
    return _laid_out(memory, weight)


def _laid_out(memory: Memory, weight: torch.Tensor) -> torch.Tensor:
    """A copy in float32, in memory of its own, no longer the file's, row after row.

    Rows that are a whole number of pages apart share too few places of the processor's cache: a gap between
    them makes products with 64 to 128 tokens 1.7 times as fast.
    """
    size, columns = torch.float32.itemsize, weight.shape[-1]
    gap = 0 if weight.ndim < 2 or columns * size % _PAGE_BYTES else _PADDING_BYTES // size
    room = torch.from_numpy(memory.array((*weight.shape[:-1], columns + gap)))
    return room[..., :columns].copy_(weight)


def _name(source: str) -> str:
    folder = Path(source).expanduser()
    return folder.resolve().name if folder.exists() else source


def _notices(vocabulary: Vocabulary) -> tuple[str, ...]:
    missing = 256 - sum(len(token) == 1 for token in set(vocabulary.token_bytes))
    if not missing:
        return ()
    return (f"The tokenizer has no token for {missing} of the 256 bytes: characters with them are left out.",)


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled
