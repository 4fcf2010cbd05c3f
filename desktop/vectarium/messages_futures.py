"""What the panes Multiverse and Side by side and the worker for the model say to each other."""

from dataclasses import dataclass

from vectarium.messages import Ids, Reply, Request
from vectarium.ranking import Ranking

Path = tuple[int, ...]  # token ids that could follow a text


@dataclass(frozen=True)
class ReadFutures(Request):
    """What comes after the first `position` + 1 tokens and each of `paths`? The first are answered first."""

    ids: Ids  # [token], the whole text
    position: int
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class FuturesRead(Reply):
    """Some of the answers: the whole vocabulary after each path, ranked."""

    ids: Ids  # [token]
    position: int
    paths: tuple[Path, ...]
    rankings: tuple[Ranking, ...]  # [path]
