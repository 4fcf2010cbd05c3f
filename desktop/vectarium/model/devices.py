"""Where a model runs, and what happens when its memory is full."""

from __future__ import annotations

from types import TracebackType

import torch

from vectarium.model.errors import NoDevice, OutOfMemory

DEVICES = ("auto", "cuda", "mps", "cpu")

_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")


def choose(device: str) -> tuple[str, str]:
    """The device to use for "auto", "cuda", "mps" or "cpu", and a sentence that says why.

    Raises NoDevice when this computer lacks the one that was asked for.
    """
    if device not in DEVICES:
        raise NoDevice(
            f"There is no device called “{device}”.",
            f"Choose one of {', '.join(DEVICES[:-1])} or {DEVICES[-1]}.",
        )
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        found = next(name for name, there in available.items() if there)
        if found == "cpu":
            return found, "No GPU that PyTorch can use was found, so the model runs on the CPU."
        return found, f"A GPU was found ({_described(found)}), so the model runs on it."
    if not available[device]:
        raise NoDevice(
            f"PyTorch finds no {device.upper()} device on this computer.", "Choose “auto” or “cpu” instead."
        )
    return device, f"You chose {_described(device)}."


class memory_errors:
    """Turn PyTorch's ways of saying that memory is full into OutOfMemory."""

    # Not a generator: those take longer than much of what is done in here for one token.

    def __init__(self, device: str) -> None:
        self._device = device

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None or not _of_full_memory(error):
            return
        if self._device == "cpu":
            advice = "Close other programs, shorten the text, or choose a smaller model."
        else:
            advice = "Shorten the text, choose a smaller model, or run it on the CPU."
        raise OutOfMemory(f"The memory of {_described(self._device)} is full.", advice, str(error)) from error


def _of_full_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _MEMORY_WORDS)


def _described(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name() if torch.cuda.is_available() else "the GPU"
    return {"mps": "the GPU", "cpu": "the CPU"}[device]
