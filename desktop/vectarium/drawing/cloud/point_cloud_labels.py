"""Which points of a cloud get a label, and where the labels stand so that none covers another. No Qt."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vectarium.drawing.cloud.point_cloud_camera import Projected, Rows

_AT_ONCE = 4096  # points whose places on the screen are compared


@dataclass(frozen=True)
class Box:
    """A rectangle on the screen, in logical pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height


def candidates(
    projected: Projected, width: float, height: float, cell: tuple[float, float], among: Rows
) -> Iterator[int]:
    """Of the points `among`, in ascending order, one for each cell of the screen that holds any: the first.

    Where points are dense, few of them get a label that way; in the open, and close by, all of them. The
    order of the points is that of their frequency, so that the words most people know are chosen. Points are
    looked at as they are asked for: of a dense cloud the first few thousand give all the names there is room
    for.
    """
    columns = int(width // cell[0]) + 1
    empty = np.ones(columns * (int(height // cell[1]) + 1), bool)
    across, down = np.float32(1 / cell[0]), np.float32(1 / cell[1])
    for start in range(0, len(among), _AT_ONCE):
        rows = among[start : start + _AT_ONCE]
        x, y = projected.x[rows], projected.y[rows]
        with np.errstate(invalid="ignore"):
            seen = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
        place = (y[seen] * down).astype(np.intp) * columns + (x[seen] * across).astype(np.intp)
        first = np.full(len(empty), -1, np.intp)
        first[place[::-1]] = rows[seen[::-1]]  # of several writes to one place the last one stays
        fresh = (first >= 0) & empty
        empty &= ~fresh
        yield from np.sort(first[fresh]).tolist()


def place(
    points: Iterable[tuple[int, float, float]],
    measure: Callable[[int], float],
    height: float,
    gap: float,
    bounds: tuple[float, float],
    taken: Sequence[Box] = (),
    *,
    rows: int = 1,
    limit: int = 80,
) -> dict[int, Box]:
    """Boxes for the labels of `points` (key, x, y), the first served first; keys without room have none.

    A label stands right of its point or left of it, and if need be up to `rows` - 1 heights above or below.
    `taken` is where none may stand.
    """
    boxes: dict[int, Box] = {}
    blocked = [box.edges for box in taken]
    for key, x, y in points:
        if len(boxes) >= limit:
            break
        wide = measure(key)
        for row in range(2 * rows - 1):
            shift = (row + 1) // 2 * (-1 if row % 2 else 1) * height
            box = next(
                (
                    box
                    for left in (x + gap, x - gap - wide)
                    if _within(box := Box(left, y - height / 2 + shift, wide, height), bounds)
                    and _free(*box.edges, blocked)
                ),
                None,
            )
            if box is not None:
                boxes[key] = box
                blocked.append(box.edges)
                break
    return boxes


def _free(
    left: float, top: float, right: float, bottom: float, blocked: list[tuple[float, float, float, float]]
) -> bool:
    """Whether none of the blocked rectangles overlaps: asked some thousand times a frame."""
    for other_left, other_top, other_right, other_bottom in blocked:
        if left < other_right and other_left < right and top < other_bottom and other_top < bottom:
            return False
    return True


def _within(box: Box, bounds: tuple[float, float]) -> bool:
    return (
        box.left >= 0
        and box.left + box.width <= bounds[0]
        and box.top >= 0
        and box.top + box.height <= bounds[1]
    )
