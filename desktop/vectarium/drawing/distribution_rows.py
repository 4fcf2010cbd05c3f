"""The rows of a table that shows a next-token distribution, and what is written in its cells. No Qt."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RANK, TOKEN, LOGIT, PENALISED, SCALED, BAR, DRAWN = range(7)


@dataclass(frozen=True, eq=False)
class Rows:
    """A distribution in rank order; every array is [row]."""

    labels: tuple[str, ...]  # [token id]
    ids: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]
    penalised: npt.NDArray[np.float32]
    scaled: npt.NDArray[np.float64]
    probability: npt.NDArray[np.float64]
    drawn: npt.NDArray[np.float64]
    kept: int  # the first ranks, which the cuts leave
    greedy: bool  # temperature 0, where a division by it means nothing
    penalty: bool = False  # whether there is a repetition penalty
    drawn_row: int | None = None  # the row of the token that was drawn, of a draw that is over
    last_rank: int | None = None  # of the last row, where it is not the one after the row above

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.ids)

    def rank_of(self, row: int) -> int:
        """0 for the most likely token."""
        return row if self.last_rank is None or row < self.count - 1 else self.last_rank

    def is_kept(self, row: int) -> bool:
        """Whether the cuts leave the token of a row."""
        return self.rank_of(row) < self.kept


def percent(share: float) -> str:
    """A probability for a reader, never rounded to certain or impossible: 52.0 %, 0.31 %, 0.0040 %."""
    value = 100 * share
    if value == 0:
        return "0 %"
    if 99.95 <= value < 100:
        return "> 99.9 %"
    if value >= 0.995:
        return f"{value:.1f} %"
    if value >= 0.01:
        return f"{value:.2f} %"
    if value >= 0.0001:
        return f"{value:.4f} %"
    return "< 0.0001 %"


def cell(rows: Rows, row: int, column: int) -> str:
    """What stands in a cell."""
    match column:
        case 0:
            return f"{rows.rank_of(row) + 1:,}"
        case 1:
            return rows.labels[int(rows.ids[row])]
        case 2:
            return f"{rows.logits[row]:.2f}"
        case 3:
            return f"{rows.penalised[row]:.2f}"
        case 4:
            return "–" if rows.greedy else f"{rows.scaled[row]:.2f}"
        case 5:
            return percent(float(rows.probability[row]))
        case _:
            return percent(float(rows.drawn[row])) if rows.is_kept(row) else "cut"
