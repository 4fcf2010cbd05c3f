"""A text with a caret and a selection, and what the keys do to them. No Qt."""

import re
import unicodedata
from dataclasses import dataclass, replace

_WORD_END = re.compile(r"\s*(\w+|[^\w\s]+|$)")
_WORD_START = re.compile(r"(\w+|[^\w\s]+|^)\s*$")


@dataclass(frozen=True)
class TextCursor:
    """`caret` and `anchor` are character indices; the selection lies between them."""

    text: str = ""
    caret: int = 0
    anchor: int = 0

    @property
    def selection(self) -> tuple[int, int]:
        return min(self.caret, self.anchor), max(self.caret, self.anchor)

    @property
    def selected(self) -> str:
        start, end = self.selection
        return self.text[start:end]

    def moved(self, caret: int, *, selecting: bool = False) -> "TextCursor":
        caret = max(0, min(caret, len(self.text)))
        return replace(self, caret=caret, anchor=self.anchor if selecting else caret)

    def with_text(self, text: str) -> "TextCursor":
        """The text changed under the cursor: keep its place, counted from the nearer end."""
        if text == self.text:
            return self
        if self.text[: self.caret] == text[: self.caret]:
            caret = self.caret if self.caret < len(self.text) else len(text)
        else:
            caret = max(0, len(text) - (len(self.text) - self.caret))
        return TextCursor(text, caret, caret)

    def replaced(self, new: str) -> "TextCursor":
        """`new` in the place of the selection, the caret behind it."""
        start, end = self.selection
        caret = start + len(new)
        return TextCursor(self.text[:start] + new + self.text[end:], caret, caret)

    def erased(self, to: int) -> "TextCursor":
        """The selection is gone, or without one everything from the caret to `to`."""
        if self.caret == self.anchor:
            return replace(self, anchor=max(0, min(to, len(self.text)))).replaced("")
        return self.replaced("")

    def left(self) -> int:
        """The caret one visible character to the left, combining marks and joined emoji taken together."""
        index = self.caret - 1
        while index > 0 and (_joins(self.text[index]) or self.text[index - 1] == "\u200d"):
            index -= 1
        return max(0, index)

    def right(self) -> int:
        index = self.caret + 1
        while index < len(self.text) and (_joins(self.text[index]) or self.text[index - 1] == "\u200d"):
            index += 1
        return min(len(self.text), index)

    def word_left(self) -> int:
        begin = max(0, self.caret - 10_000)
        found = _WORD_START.search(self.text[begin : self.caret])
        return begin + found.start() if found else begin

    def word_right(self) -> int:
        found = _WORD_END.match(self.text, self.caret)
        return found.end() if found else len(self.text)


def _joins(character: str) -> bool:
    """Whether a character is drawn together with the one before it."""
    return (
        unicodedata.combining(character) != 0
        or character in "\u200d\ufe0e\ufe0f"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
