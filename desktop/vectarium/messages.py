"""What travels between the window and the workers: frozen dataclasses, numpy arrays read-only.

The session stamps each request with the next number; a reply carries the number of its request, so that one
that is older than the newest request of its kind can be dropped.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from vectarium.sampling import SamplingSettings, Step
from vectarium.vocabulary import Vocabulary

Ids = npt.NDArray[np.int32]
Spans = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Array = TypeVar("Array", bound=npt.NDArray[np.generic])


def read_only(array: Array) -> Array:
    """`array`, which nobody may write to from here on."""
    array.flags.writeable = False
    return array


# Requests: from the session to a worker.


@dataclass(frozen=True)
class Request:
    """A question with its place in the order of all questions asked, and the worker that answers it."""

    to: ClassVar[str] = "model"
    number: int


@dataclass(frozen=True)
class LoadModel(Request):
    """Load the model `source` (``bundled``, a folder or a name on the hub) onto `device`."""

    source: str
    device: str = "auto"
    download: bool = False  # whether the user agreed to fetch it from the hub


@dataclass(frozen=True)
class Encode(Request):
    """Tokenize `text`, which may hold stray bytes as lone surrogates."""

    to: ClassVar[str] = "tokens"
    text: str


@dataclass(frozen=True)
class Run(Request):
    """Run the model on `ids` (those it can see of them) and read the logits after `position`."""

    ids: Ids  # [token], the whole text
    position: int


@dataclass(frozen=True)
class Generate(Request):
    """Continue `ids` by at most `count` tokens.

    The random numbers are `uniforms`, then those of PCG64 with `seed` but for the first `used`.
    """

    ids: Ids  # [token], the whole text
    settings: SamplingSettings
    seed: int
    count: int
    used: int = 0
    uniforms: tuple[float, ...] = ()
    pace: float = 0.0  # seconds a token at least
    stops: tuple[str, ...] = ()  # texts after which it stops


@dataclass(frozen=True)
class ExportTrace(Request):
    """Write logits, residual stream and attention patterns of `ids` to `file` (safetensors, fp32)."""

    ids: Ids  # [token], the whole text
    file: Path


# Replies: from a worker to the session.


@dataclass(frozen=True)
class Reply:
    """An answer to the request `number`."""

    number: int


@dataclass(frozen=True)
class Part(Reply):
    """An answer that is not the last to its request."""


@dataclass(frozen=True)
class Progress(Part):
    """`doing` in a few words, `share` done (0 to 1) or None where it is not known."""

    doing: str
    share: float | None


@dataclass(frozen=True)
class Failed(Reply):
    """`message` says what is wrong, `advice` what to do; `details` is for the Details panel."""

    request: Request
    message: str
    advice: str
    details: str = ""
    needs_download: bool = False  # the model could be fetched from the hub, if the user agrees


@dataclass(frozen=True)
class TokenizerReady(Reply):
    """The vocabulary of a model whose weights may still be loading."""

    vocabulary: Vocabulary


@dataclass(frozen=True)
class ModelLoaded(Reply):
    """The model in use from now on."""

    source: str
    name: str
    vocabulary: Vocabulary
    parameters: int
    layers: int
    heads: int
    width: int
    context: int  # tokens
    device: str
    dtype: str
    reason: str  # why this device and number type
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Encoded(Reply):
    """The tokens of a text."""

    ids: Ids  # [token]
    vocabulary: str  # the fingerprint of theirs


@dataclass(frozen=True)
class Ran(Reply):
    """One forward pass: the logits after `position`. It read the tokens `seen_from` to `seen_to` - 1."""

    ids: Ids  # [token], the whole text
    position: int
    seen_from: int
    seen_to: int
    logits: Floats  # [vocabulary]
    seconds: float
    computed: int  # tokens that had to be computed; the others were known from the pass before


@dataclass(frozen=True)
class Generated(Part):
    """Further tokens, one or those that came within the same frame, and how each was drawn."""

    steps: tuple[Step, ...]
    tokens_a_second: float


@dataclass(frozen=True)
class Finished(Reply):
    """The request is done; `why` in a few words, empty where it needs no words."""

    request: Request
    why: str = ""


class Newest:
    """The newest request number of each kind, readable from every thread, and from another process.

    A worker that is in the middle of a request looks here between layers: that is how a cancel reaches it
    although its event loop is busy. Only the process that asks gives numbers.
    """

    MOST_KINDS = 128

    def __init__(self, numbers: Sequence[int] | None = None) -> None:
        """`numbers` are those of the asking process."""
        # Written in one piece by the processor, so readers need no lock.
        self.numbers: Any = RawArray("q", self.MOST_KINDS) if numbers is None else numbers
        self._lock = threading.Lock()
        self._last = 0
        self._places: dict[type[Request], int] = {}  # of each kind's newest among `numbers`

    def stamp(self, kind: type[Request]) -> int:
        """The next number, now the newest of `kind`."""
        with self._lock:
            self._last += 1
            self.numbers[self._places.setdefault(kind, len(self._places))] = self._last
            return self._last

    def supersede_all(self, *kept: type[Request]) -> None:
        """Nothing that was asked is wanted any more, but for these kinds."""
        with self._lock:
            for kind, place in self._places.items():
                if kind not in kept:
                    self.numbers[place] = 0

    def is_current(self, number: int) -> bool:
        """Whether nothing newer of its kind was asked."""
        return number in self.numbers[:]
