"""How the panel of one head shares its room out: the matrix first, then what stands beside or below it."""

from dataclasses import dataclass

from vectarium.drawing.palette import Look

ALL, STAGES, NONE = range(3)  # which buttons there is room for; a menu has what is left out


@dataclass(frozen=True)
class Arrangement:
    """`column` is the width of what stands beside the matrix; 0 puts it below."""

    column: int
    full: bool  # with the arithmetic and the sentences
    buttons: int


def arrangement(width: int, height: int, look: Look, narrow: int, stacked: int) -> Arrangement:
    """The one with the largest matrix. The arithmetic may cost a part of it, buttons a larger one.

    `narrow` is the width of the widest button, `stacked` the height of all of them on top of one another.
    """
    across, down = look.px(135), look.px(75)  # what the tokens along the matrix take
    title, line, bar, sums, gap = (look.px(size) for size in (30, 20, 40, 120, 12))
    high, wide = height - title - down, width - across
    column = min(max(wide - gap - (high - line), look.px(240)), look.px(380))
    beside = min(wide - gap - column, high - line) if height >= look.px(370) else 0
    below = min(wide, high - 2 * line - bar - sums)
    slim = min(wide - gap - narrow, high) if stacked <= height else 0
    low = min(wide, high - bar)
    full, small, bare = max(beside, below), max(slim, low), min(wide, high)
    if full >= max(look.px(200), 0.7 * small):
        return Arrangement(column if beside >= below else 0, True, ALL)
    if small >= max(look.px(110), 0.8 * bare):
        return Arrangement(narrow, False, ALL) if slim >= low else Arrangement(0, False, STAGES)
    return Arrangement(0, False, NONE)
