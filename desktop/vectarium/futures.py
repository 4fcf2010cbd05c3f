"""The next few tokens as nested blocks: pure functions from rankings to heights.

A block is as high as its tokens are likely together, from 0 to 1, and holds the blocks of the tokens that
can follow. Blocks too low to be drawn are gathered in one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from vectarium.messages import Ids
from vectarium.messages_futures import Path
from vectarium.ranking import Ranking
from vectarium.sampling import SamplingSettings, distribution


@dataclass(frozen=True, eq=False)
class Known:
    """The model's ranking after a path, and the tokens that it saw before: those are penalised."""

    ranking: Ranking
    seen: Ids  # [token]


@dataclass(frozen=True)
class Block:
    """One token after those before it, or all the tokens that are too unlikely for blocks of their own."""

    path: Path  # the tokens from the first level to this one; without one of its own where it holds `others`
    level: int  # 0 for the next token
    top: float  # from 0 to 1
    height: float  # the probability of the whole path; of all others together
    probability: float  # the same, given the path before
    rank: int  # at its place, 0 for the most likely; of the first of the others
    parent: int | None  # index of the block that holds it
    others: int = 0  # how many tokens it stands for, where it stands for several
    ends: bool = False  # the token that ends the text: nothing follows


def blocks(
    known: Mapping[Path, Known],
    settings: SamplingSettings,
    levels: int,
    least: float,
    end_of_text: int | None = None,
) -> tuple[Block, ...]:
    """The blocks of at least `least` that `known` tells of, level by level, each from the top down.

    `known` has the ranking after each path; that after the empty path is the next token's. What follows a
    block that it does not have is missing.
    """
    found: list[Block] = []
    waiting: list[tuple[Path, float, float, int | None]] = [((), 0.0, 1.0, None)]
    for level in range(levels):
        parents, waiting = waiting, []
        for path, top, height, parent in parents:
            if path not in known:
                continue
            drawn_from = distribution(known[path].ranking, settings, known[path].seen)
            shares = drawn_from.drawn_above(least / height)
            count = int((shares * height >= least).sum())
            for rank, (token, share) in enumerate(
                zip(drawn_from.ranking.ids(count).tolist(), shares[:count].tolist(), strict=True)
            ):
                ends = token == end_of_text
                block = Block((*path, token), level, top, height * share, share, rank, parent, 0, ends)
                if not ends:
                    waiting.append((block.path, top, block.height, len(found)))
                found.append(block)
                top += block.height
            if others := drawn_from.kept_count - count:
                rest = max(0.0, 1.0 - float(shares[:count].sum()))
                found.append(Block(path, level, top, height * rest, rest, count, parent, others))
    return tuple(found)


def missing(found: tuple[Block, ...], known: Mapping[Path, Known], levels: int) -> tuple[Path, ...]:
    """The paths after which something belongs that is not known, the likeliest first."""
    wanted = [
        block
        for block in found
        if block.level + 1 < levels and not block.others and not block.ends and block.path not in known
    ]
    return tuple(block.path for block in sorted(wanted, key=lambda block: -block.height))
