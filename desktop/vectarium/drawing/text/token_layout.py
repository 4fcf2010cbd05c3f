"""Where token boxes lie when they flow in lines, for a quarter of a million of them. No Qt."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Boxes:
    """What the boxes hold. `ids` is -1 where the characters have no token yet, or not all of them."""

    labels: tuple[str, ...]
    ids: Ints  # [box] of its token, or of the first one of several
    spans: Ints  # [box, 2] characters
    sizes: Ints | None = None  # [box] how many tokens it holds; None for one in each

    def __len__(self) -> int:
        return len(self.labels)

    def begins_with(self, other: "Boxes") -> bool:
        """Whether this is `other`, perhaps with more boxes after it."""
        count = len(other)
        alone = self.sizes is None and other.sizes is None
        same = alone and self.labels[:count] == other.labels
        return same and np.array_equal(self.ids[:count], other.ids)

    def size(self, box: int) -> int:
        return 1 if self.sizes is None else int(self.sizes[box])


def note(token: int, size: int) -> str:
    """What stands below a label: the token's number, or how many tokens there are."""
    if token < 0:
        return ""
    return str(token) if size == 1 else f"{size} tokens"


def grouped(boxes: Boxes, starts: Ints, labels: Iterable[str]) -> Boxes:
    """A box for each group of `boxes` that begins at one of `starts`, [group]."""
    if not len(starts):
        return boxes
    ends = np.append(starts[1:], len(boxes))
    whole = np.minimum.reduceat(boxes.ids, starts) >= 0
    return Boxes(
        tuple(labels),
        np.where(whole, boxes.ids[starts], -1),
        np.stack([boxes.spans[starts, 0], boxes.spans[ends - 1, 1]], axis=1),
        ends - starts,
    )


@dataclass(frozen=True)
class Flow:
    """Where the boxes are: `line_starts` [line] first box of each line, and the number of boxes last."""

    left: Ints  # [box] pixels from the left edge
    width: Ints  # [box] pixels
    line_starts: Ints  # [line + 1]

    @property
    def lines(self) -> int:
        return len(self.line_starts) - 1

    def line_of(self, box: int) -> int:
        return int(self.line_starts.searchsorted(box, "right")) - 1

    def box_at(self, line: int, x: float, gap: int) -> int:
        """The box at or nearest to `x` in a line, -1 where there is none."""
        if not 0 <= line < self.lines:
            return -1
        first, last = int(self.line_starts[line]), int(self.line_starts[line + 1])
        if first == last:
            return -1
        index = first + int(self.left[first:last].searchsorted(x + gap / 2, "right")) - 1
        return max(first, index)


def flow(widths: Ints, gap: int, room: int) -> Flow:
    """Boxes side by side with `gap` pixels between them, a new line where the next would pass `room`."""
    count = len(widths)
    ends = np.cumsum(widths + gap)  # [box] right edge and gap, as if all were in one line
    begins = ends - widths - gap
    starts = [0]
    while count and starts[-1] < count:
        first = starts[-1]
        limit = begins[first] + room + gap
        starts.append(max(first + 1, int(ends.searchsorted(limit, "right"))))
    line_starts = np.array(starts if count else [0, 0], np.int64)
    firsts = np.repeat(line_starts[:-1], np.diff(line_starts))
    left = begins - begins[firsts] if count else np.empty(0, np.int64)
    return Flow(left.astype(np.int64), widths.astype(np.int64), line_starts)
