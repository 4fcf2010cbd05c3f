"""What the command line asks to be written."""

from dataclasses import dataclass

from vectarium.sampling import SamplingSettings

LARGEST_SEED = 2**32 - 1
LONGEST = 100_000


@dataclass(frozen=True)
class ToWrite:
    """`count` tokens, drawn with `settings`. Raises ValueError for numbers out of their range."""

    count: int
    settings: SamplingSettings
    seed: int | None = None  # None is a new one

    def __post_init__(self) -> None:
        if not 1 <= self.count <= LONGEST:
            raise ValueError(f"--generate takes 1 to {LONGEST:,} tokens, not {self.count:,}.")
        if self.seed is not None and not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(f"A seed is a whole number from 0 to {LARGEST_SEED:,}, not {self.seed:,}.")
