"""Where the characters of a text lie when it flows as prose, worked out anew only from where it changed."""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vectarium.documents.editing import common_prefix

_PIECES = re.compile(r"\n|[^\S\n]*\S+|[^\S\n]+")
_STRAY_BYTE = re.compile("[\udc80-\udcff]")
_SHOWN = {code: 0x2400 + code for code in range(32)} | {0x7F: 0x2421, 0x09: ord("⇥"), 0x0A: ord("⏎")}


def shown(text: str) -> str:
    """`text` character by character as it is drawn: what has no glyph gets one. Stray bytes stay."""
    return text.translate(_SHOWN)


def spelled(drawn: str) -> str:
    """What `shown` gives as it is painted: each stray byte in hex, ⟨CD⟩."""
    return _STRAY_BYTE.sub(lambda byte: f"⟨{ord(byte[0]) - 0xDC00:02X}⟩", drawn)


@dataclass(frozen=True)
class Fragment:
    """Characters `start` to before `end` are drawn in one go with their left end at `x`."""

    start: int
    end: int
    x: float
    line: int
    begins_piece: bool


class ProseLayout:
    """Lays text out in lines of at most `room` pixels, broken at spaces, in a piece without any anywhere."""

    def __init__(self, advances: Callable[[str], Sequence[float]]) -> None:
        """`advances` gives the x of every character edge of a piece: one number more than characters."""
        self._advances = advances
        self._room = 1.0
        self.clear()

    def clear(self) -> None:
        """Forget everything, as after another font."""
        self.text = self.drawn = ""  # the same, as `shown` gives it
        self.fragments: list[Fragment] = []
        self.left: list[float] = []  # [character]
        self.right: list[float] = []  # [character]
        self.line: list[int] = []  # [character]
        self._x, self._line = 0.0, 0

    @property
    def lines(self) -> int:
        return self._line + 1

    @property
    def end(self) -> tuple[float, int]:
        """Where the next character would go: x and line."""
        return self._x, self._line

    def lay_out(self, text: str, room: float, pieces: int | None = None) -> bool:
        """Bring the layout up to `text` in lines of `room` pixels; whether it came to the end.

        With `pieces` it stops after so many, and `go_on` goes on.
        """
        if room != self._room:
            self.clear()
            self._room = room
        if text != self.text:
            same = common_prefix(self.text, text)
            self._go_back(same)
            self.text, self.drawn = text, self.drawn[:same] + shown(text[same:])
        return self.go_on(pieces)

    def go_on(self, pieces: int | None = None) -> bool:
        """Lay out what is not laid out yet, or `pieces` of it; whether it came to the end."""
        start = self.fragments[-1].end if self.fragments else 0
        for count, piece in enumerate(_PIECES.finditer(self.text, start)):
            if count == pieces:
                return False
            self._place(piece.start(), piece.end(), self.drawn)
        return True

    def _go_back(self, same: int) -> None:
        """Drop the last piece that ends at or before `same`, which may go on now, and all after it."""
        keep = bisect_right(self.fragments, same, key=lambda fragment: fragment.end)
        keep = max(0, keep - 1)
        while keep > 0 and not self.fragments[keep].begins_piece:
            keep -= 1
        if keep >= len(self.fragments):
            return
        first = self.fragments[keep]
        characters = first.start
        del self.fragments[keep:], self.left[characters:], self.right[characters:], self.line[characters:]
        if not self.fragments:
            self._x, self._line = 0.0, 0
            return
        last = self.fragments[-1]
        if self.text[last.end - 1] == "\n":
            self._x, self._line = 0.0, last.line + 1
        else:
            self._x, self._line = self.right[-1], last.line

    def _place(self, start: int, end: int, drawn: str) -> None:
        edges = self._advances(drawn[start:end])
        if self.text[start] == "\n":
            self._put(start, end, edges, 0, True)
            self._x, self._line = 0.0, self._line + 1
            return
        spaces = end - start - len(self.text[start:end].lstrip())
        if self._x > 0 and spaces < end - start and self._x + edges[-1] > self._room:
            self._x, self._line = 0.0, self._line + 1
            for _ in range(spaces):  # drawn by the break itself
                self.left.append(0.0)
                self.right.append(0.0)
                self.line.append(self._line)
            if edges[-1] - edges[spaces] <= self._room:
                self._put(start, end, edges, spaces, True)
                return
            self._chop(start, end, edges, spaces)
            return
        if self._x + edges[-1] <= self._room or spaces == end - start:
            self._put(start, end, edges, 0, True)
        else:
            self._chop(start, end, edges, 0)

    def _chop(self, start: int, end: int, edges: Sequence[float], first: int) -> None:
        """Break a piece that is wider than a line wherever the line ends."""
        begins = True
        while first < end - start:
            last = bisect_right(edges, edges[first] + self._room - self._x) - 1
            last = min(max(last, first + 1), end - start)
            begin = start if begins else start + first
            self._put(begin, start + last, edges, first, begins, start)
            begins, first = False, last
            if first < end - start:
                self._x, self._line = 0.0, self._line + 1

    def _put(
        self,
        start: int,
        end: int,
        edges: Sequence[float],
        skip: int,
        begins: bool,
        origin: int | None = None,
    ) -> None:
        """Place the characters from `origin + skip` to `end`; those before lie where the line was broken."""
        origin = start if origin is None else origin
        shift = self._x - edges[skip]
        last = end - origin
        self.left.extend(edge + shift for edge in edges[skip:last])
        self.right.extend(edge + shift for edge in edges[skip + 1 : last + 1])
        self.line.extend([self._line] * (last - skip))
        self.fragments.append(Fragment(start, end, self._x, self._line, begins))
        self._x = edges[last] + shift

    # Looking

    def first_of_line(self, line: int) -> int:
        """The first character at or after the beginning of a line."""
        return bisect_right(self.line, line - 1)

    def fragments_of(self, first_line: int, last_line: int) -> list[Fragment]:
        """The fragments of the lines `first_line` to before `last_line`."""
        low = bisect_right(self.fragments, first_line - 1, key=lambda fragment: fragment.line)
        high = bisect_right(self.fragments, last_line - 1, key=lambda fragment: fragment.line)
        return self.fragments[low:high]

    def segments(self, start: int, end: int) -> list[tuple[int, float, float]]:
        """Line, left and right of each line's part of the characters `start` to before `end`."""
        found = []
        while start < end:
            line = self.line[start]
            stop = min(end, bisect_right(self.line, line, lo=start, hi=end))
            found.append((line, self.left[start], self.right[stop - 1]))
            start = stop
        return found

    def character_at(self, x: float, line: int) -> int | None:
        """The character at a point, None where there is none."""
        first, last = self.first_of_line(line), self.first_of_line(line + 1)
        index = first + bisect_right(self.left[first:last], x) - 1
        return index if first <= index < last and x < self.right[index] else None

    # The caret

    def caret(self, index: int) -> tuple[float, int]:
        """Where the caret before a character is drawn: x and line."""
        if index >= len(self.left):
            return self.end
        if self._is_break(index):  # the space that broke the line has its place at the end of the line above
            return (self.right[index - 1], self.line[index - 1]) if index else (0.0, 0)
        return self.left[index], self.line[index]

    def caret_at(self, x: float, line: int) -> int:
        """The character before which the caret at `x` of a line stands."""
        first, last = self.first_of_line(line), self.first_of_line(line + 1)
        while first < last and self._is_break(first):
            first += 1
        if first < last and self.text[last - 1] == "\n":
            last -= 1  # before it, or the caret would be on the next line
        places = [self.left[index] for index in range(first, last)]
        edge = bisect_right(places, x)
        if edge == 0:
            return first
        before = first + edge - 1
        return before if x < (self.left[before] + self.right[before]) / 2 else before + 1

    def _is_break(self, index: int) -> bool:
        return self.left[index] == self.right[index] == 0.0 and self.line[index] > 0
