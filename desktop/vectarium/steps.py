"""What a token in the text keeps of the distribution it came from. Lean, for a text has many of them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from vectarium.ranking import one_hot

if TYPE_CHECKING:
    from vectarium.sampling import SamplingSettings

STEP_ENTRIES = 100

_WHOLE, _REAL = 4, 12  # how many numbers of these kinds are packed
_NUMBERS = struct.Struct(f"<{_WHOLE}i{_REAL}d")
NUMBERS_SIZE = _NUMBERS.size  # bytes
_MISSING = -1  # for None, of what is never below 0

Top: TypeAlias = tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]
"""The top entries' ids, logits, and logits after the penalty. Read-only."""


class Archive(Protocol):
    """Where the top entries of steps are kept in less memory."""

    def top(self, place: int) -> Top:
        """The entries at a place. Raises OSError if they cannot be read."""


class _Packed:
    """A number of a step, read from where it is packed with the others."""

    def __init__(self, kind: str, offset: int, optional: bool) -> None:
        self._read, self._offset, self._optional = struct.Struct(f"<{kind}").unpack_from, offset, optional

    def __get__(self, step: _Memory | None, owner: type) -> Any:
        if step is None:
            return self
        (value,) = self._read(step.packed, self._offset)
        return None if self._optional and value == _MISSING else value


def _whole(place: int, optional: bool = False) -> Any:
    return _Packed("i", 4 * place, optional)


def _real(place: int, optional: bool = False) -> Any:
    return _Packed("d", 4 * _WHOLE + 8 * place, optional)


class _Entries:
    """One of the arrays of the top entries, wherever they are."""

    def __init__(self, index: int) -> None:
        self._index = index

    def __get__(self, step: _Memory | None, owner: type) -> Any:
        return self if step is None else step._entries()[self._index]


_IDS: Any = _Entries(0)
_LOGITS: Any = _Entries(1)
_PENALISED: Any = _Entries(2)


class _Memory:
    """What a step occupies, by itself or with its top entries in an archive."""

    __slots__ = ("_archive", "_top", "packed")

    packed: bytes
    """The numbers of which there is one each, but for the token's id."""
    _top: Any  # Top, or the place in the archive
    _archive: Any  # Archive | None

    def _entries(self) -> Top:
        held = self._top
        top: Top = self._archive.top(held) if isinstance(held, int) else held
        return top

    def __eq__(self, other: object) -> bool:
        """Whether it is this step, perhaps read from its archive anew."""
        if self is other or not isinstance(other, _Memory):
            return self is other
        return self.archived is not None and self.archived == other.archived

    def __hash__(self) -> int:
        return hash(self.packed)

    @property
    def archived(self) -> tuple[Archive, int] | None:
        """The archive that holds all this, and the place there."""
        return (self._archive, self._top) if isinstance(self._top, int) else None

    def leave_to(self, archive: Archive, place: int) -> None:
        """Occupy less: `archive` holds the very same at `place`. Other threads may read meanwhile."""
        for name, value in (("_archive", archive), ("_top", place)):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False, init=False)
class Step(_Memory):
    """What a token in the text keeps of the distribution it came from.

    The top entries are exact, so with the normalisers and `kept_count` their probabilities at every
    stage can be shown again without the model; what is beyond them is known as a mass.
    """

    __slots__ = ("settings", "token_id")

    token_id: int
    settings: SamplingSettings
    rank: int = _whole(0)
    """In the distribution that it was drawn from, 0 for the most likely."""
    logit: float = _real(0)
    penalised: float = _real(1)
    """The logit after the repetition penalty."""
    model_probability: float = _real(10)
    """What the model itself gave the token: no penalty, temperature 1, no cuts."""
    model_rank: int | None = _whole(1, optional=True)
    """In the model's own distribution; None where only the model can tell."""
    model_entropy_bits: float | None = _real(2, optional=True)
    """Of the model's own distribution; None where only the model can tell."""
    probability: float = _real(3)
    """After the temperature, before the cuts."""
    drawn: float = _real(4)
    """After the cuts, renormalised; 0 for a token that the cuts removed and someone chose by hand."""
    uniform: float | None = _real(11, optional=True)
    """The random number in [0, 1) that chose the token; None when someone chose it by hand."""
    vocabulary_size: int = _whole(2)
    kept_count: int = _whole(3)
    removed_mass: float = _real(5)
    entropy_bits: float = _real(6)
    drawn_entropy_bits: float = _real(7)
    model_log_normaliser: float = _real(8)
    """log Σ exp(logits) over the vocabulary."""
    log_normaliser: float = _real(9)
    """log Σ exp((penalised - largest) ÷ temperature) over the vocabulary; the largest comes first."""
    top_ids: NDArray[np.int32] = _IDS
    """[entry] the most likely token ids, at most 100. May be read from a file: raises OSError then."""
    top_logits: NDArray[np.float32] = _LOGITS
    """[entry] as the model gave them."""
    top_penalised: NDArray[np.float32] = _PENALISED
    """[entry] after the repetition penalty, descending; the same array where there is none."""

    def __init__(
        self,
        *,
        token_id: int,
        rank: int,
        logit: float,
        penalised: float,
        model_probability: float,
        model_rank: int | None,
        model_entropy_bits: float | None,
        probability: float,
        drawn: float,
        uniform: float | None,
        settings: SamplingSettings,
        vocabulary_size: int,
        kept_count: int,
        removed_mass: float,
        entropy_bits: float,
        drawn_entropy_bits: float,
        model_log_normaliser: float,
        log_normaliser: float,
        top_ids: NDArray[np.int32],
        top_logits: NDArray[np.float32],
        top_penalised: NDArray[np.float32],
    ) -> None:
        numbers = _NUMBERS.pack(
            rank,
            _MISSING if model_rank is None else model_rank,
            vocabulary_size,
            kept_count,
            logit,
            penalised,
            _MISSING if model_entropy_bits is None else model_entropy_bits,
            probability,
            drawn,
            removed_mass,
            entropy_bits,
            drawn_entropy_bits,
            model_log_normaliser,
            log_normaliser,
            model_probability,
            _MISSING if uniform is None else uniform,
        )
        self._fill(token_id, settings, numbers, (top_ids, top_logits, top_penalised))

    def _fill(
        self,
        token_id: int,
        settings: SamplingSettings,
        packed: bytes,
        top: Top | int,
        archive: Archive | None = None,
    ) -> None:
        for name, value in (
            ("token_id", token_id),
            ("settings", _the_same(settings)),
            ("packed", packed),
            ("_top", top),
            ("_archive", archive),
        ):
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (self.token_id, self.settings, self.packed, self._entries())

    @property
    def top_model_probability(self) -> NDArray[np.float64]:
        """[entry] without penalty, at temperature 1, without cuts."""
        return np.exp(self.top_logits.astype(np.float64) - self.model_log_normaliser)

    @property
    def top_probability(self) -> NDArray[np.float64]:
        """[entry] after the temperature, before the cuts."""
        exact = self.top_penalised.astype(np.float64)
        if self.settings.temperature == 0:
            return one_hot(exact.size)
        with np.errstate(over="ignore"):
            below = (exact - exact[0]) / self.settings.temperature
        probability: NDArray[np.float64] = np.exp(below - self.log_normaliser)
        return probability

    @property
    def top_drawn(self) -> NDArray[np.float64]:
        """[entry] after the cuts, renormalised."""
        probability = self.top_probability
        kept = np.arange(probability.size) < self.kept_count
        return np.where(kept, probability, 0.0) / (1 - self.removed_mass)

    @property
    def tail_mass(self) -> float:
        """What the tokens beyond the top entries have of the probability before the cuts."""
        return max(0.0, 1.0 - float(self.top_probability.sum()))


def restored(
    token_id: int, settings: SamplingSettings, packed: bytes, top: Top | int, archive: Archive | None = None
) -> Step:
    """A step from what it holds: `top` its entries, or their place in the archive."""
    step = Step.__new__(Step)
    step._fill(token_id, settings, packed, top, archive)
    return step


@lru_cache(maxsize=64)
def _the_same(settings: SamplingSettings) -> SamplingSettings:
    """One object for all steps drawn with equal settings: each that comes from the workers has its own."""
    return settings
