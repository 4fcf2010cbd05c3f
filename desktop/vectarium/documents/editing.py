"""Which part of a text an edit touches, so that only that part is tokenized again."""

from dataclasses import dataclass
from typing import TypeVar

Text = TypeVar("Text", str, tuple[int, ...])


@dataclass(frozen=True)
class Edit:
    """``old[start:old_end]`` became ``new[start:new_end]``; everything around it is the same."""

    start: int
    old_end: int
    new_end: int


def edit_between(old: str, new: str) -> Edit:
    """The smallest edit that turns `old` into `new`."""
    start = common_prefix(old, new)
    rest = min(len(old), len(new)) - start
    tail = common_prefix(old[len(old) - rest :][::-1], new[len(new) - rest :][::-1]) if rest else 0
    return Edit(start, len(old) - tail, len(new) - tail)


def widened(edit: Edit, old: str, new: str) -> Edit:
    """`edit` grown to boundaries that tokens never cross, in the old text and in the new one.

    GPT-2 splits text by a pattern before it merges bytes (Radford et al. 2019, `encoder.py`): a space between
    two characters that are not white space always begins a new piece.
    """
    start = edit.start
    while start > 0 and not (start + 1 < edit.start and _is_boundary(old, start)):
        start -= 1
    shift = edit.new_end - edit.old_end
    old_end = edit.old_end
    while old_end < len(old) and not (old_end > edit.old_end and _is_boundary(old, old_end)):
        old_end += 1
    return Edit(start, old_end, old_end + shift)


def _is_boundary(text: str, index: int) -> bool:
    return (
        0 < index < len(text) - 1
        and text[index] == " "
        and not text[index - 1].isspace()
        and not text[index + 1].isspace()
    )


def common_prefix(first: Text, second: Text, start: int = 0) -> int:
    """How many leading characters or tokens two texts share, which share at least `start`."""
    low, high = start, min(len(first), len(second))
    if first[:high] == second[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
