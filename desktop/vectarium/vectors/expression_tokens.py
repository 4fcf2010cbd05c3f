"""The parts of a vector expression: words, numbers, operators, brackets. See `expressions`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from vectarium.vectors.arrays import VectorError

SIGNS = {"+": 1.0, "-": -1.0, "−": -1.0, "–": -1.0, "—": -1.0}
_TIMES = "*×·"
_OVER = "/÷"
_CLOSING = {'"': '"', "“": "”", "„": "“”", "”": "”"}  # what closes a quote, by what opened it
_STOPS = "".join(SIGNS) + _TIMES + _OVER + "()" + "".join(_CLOSING)
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


class ExpressionError(VectorError):
    """What is wrong with an expression, where (characters ``start`` to ``end``), and words to try instead."""

    def __init__(self, message: str, start: int, end: int, near: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.near = near


@dataclass(frozen=True)
class Token:
    """A part of the text; ``text`` is what it means: of a quotation, what is in the quotes."""

    kind: str  # sign, times, over, open, close, number, word, exact, end
    text: str
    start: int
    end: int


def tokens(text: str, is_word: Callable[[str], bool]) -> list[Token]:
    """The parts of ``text``, the last of kind "end". Raises ExpressionError where a quotation is wrong."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        character = text[place]
        if character.isspace():
            place += 1
            continue
        kind = (
            "sign" if character in SIGNS
            else "times" if character in _TIMES
            else "over" if character in _OVER
            else "open" if character == "("
            else "close" if character == ")"
            else ""
        )  # fmt: skip
        if kind:
            token = Token(kind, character, place, place + 1)
        elif character in _CLOSING:
            token = _quotation(text, place)
        else:
            token = _bare(text, place, is_word)
        found.append(token)
        place = token.end
    found.append(Token("end", "", len(text), len(text)))
    return found


def _quotation(text: str, start: int) -> Token:
    meant: list[str] = []
    place = start + 1
    while place < len(text):
        character = text[place]
        if character in _CLOSING[text[start]]:
            if not meant:
                raise ExpressionError("There is nothing in these quotes.", start, place + 1)
            return Token("exact", "".join(meant), start, place + 1)
        if character == "\\":
            place += 1
            escaped = text[place : place + 1]
            if escaped not in _ESCAPES:
                raise ExpressionError(
                    'In quotes, a backslash stands only before n, t, r, " or another backslash. '
                    "Write two for a backslash itself.",
                    place - 1,
                    min(place + 1, len(text)),
                )
            character = _ESCAPES[escaped]
        meant.append(character)
        place += 1
    raise ExpressionError("This quote is never closed. Add a second one after the word.", start, len(text))


def _bare(text: str, start: int, is_word: Callable[[str], bool]) -> Token:
    number = _NUMBER.match(text, start)
    if number and not (number.end() < len(text) and _continues(text[number.end()])):
        end = number.end()  # the sign of an exponent belongs to it: 1e-3
    else:
        number, end = None, start
    while end < len(text) and not text[end].isspace() and text[end] not in _STOPS:
        end += 1
    # The longest known word with hyphens wins; a hyphen before a space or another operator never joins.
    ends = [end]
    joined = end
    while joined < len(text) - 1 and text[joined] == "-" and _continues(text[joined + 1]):
        joined += 1
        while joined < len(text) and _continues(text[joined]):
            joined += 1
        ends.append(joined)
    for longest in reversed(ends[1:]):
        joined_word = text[start:longest]  # "3-2" is a difference, though scores may be words
        if any(map(str.isalpha, joined_word)) and is_word(joined_word):
            end = longest
            break
    word = text[start:end]
    if number and end == number.end():
        return Token("number", word, start, end)
    if "␣" in word:  # as it is drawn, and so as it is copied
        return Token("exact", word.replace("␣", " "), start, end)
    return Token("word", word, start, end)


def _continues(character: str) -> bool:
    return not character.isspace() and character not in _STOPS
