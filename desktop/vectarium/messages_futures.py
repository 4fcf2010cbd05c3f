"""What the panes Multiverse and Side by side and the worker for the model say to each other."""

from dataclasses import dataclass

from vectarium.messages import Ids, Part, Reply, Request
from vectarium.messages_writing import Scored
from vectarium.ranking import Ranking
from vectarium.sampling import SamplingSettings, Step

Path = tuple[int, ...]  # token ids that could follow a text


@dataclass(frozen=True)
class ReadFutures(Request):
    """What comes after the first `position` + 1 tokens and each of `paths`? The first are answered first."""

    ids: Ids  # [token], the whole text
    position: int
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class FuturesRead(Part):
    """Some of the answers: the whole vocabulary after each path, ranked."""

    ids: Ids  # [token]
    position: int
    seen_from: int  # the first token that the model saw
    paths: tuple[Path, ...]
    rankings: tuple[Ranking, ...]  # [path]


@dataclass(frozen=True)
class ColumnToWrite:
    """One of several continuations: its whole text so far, and how it goes on.

    Its random numbers are those of PCG64 with `seed` but for the first `used`.
    """

    ids: Ids  # [token]
    settings: SamplingSettings
    seed: int
    used: int
    over: bool = False  # the model ended this one


@dataclass(frozen=True)
class WriteColumns(Request):
    """Continue several texts by at most `count` tokens each, a token of every one of them a reply."""

    columns: tuple[ColumnToWrite, ...]
    count: int
    pace: float = 0.0  # seconds a step at least


@dataclass(frozen=True)
class SteerColumns(Request):
    """From the next step on, write the columns with these settings, and not faster than `pace`."""

    settings: tuple[SamplingSettings, ...]  # [column]
    pace: float


@dataclass(frozen=True)
class ColumnsWritten(Part):
    """One step of all columns: a token each, and the first token that the model saw of its text."""

    steps: tuple[Step | None, ...]  # [column] None for one that is over
    seen_from: tuple[int, ...]  # [column]


@dataclass(frozen=True)
class ScoreTexts(Request):
    """What `vectarium.messages_writing.Score` asks, of several texts."""

    texts: tuple[tuple[Ids, Ids], ...]  # [text] its tokens, and the positions asked about


@dataclass(frozen=True)
class TextsScored(Reply):
    """An answer for each text."""

    scored: tuple[tuple[Scored, ...], ...]  # [text] in parts
