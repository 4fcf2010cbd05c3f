"""Vector expressions such as ``king - man + woman``: text to a list of weighted words.

    sum     = [sign] product { sign product }
    product = factor { ("*" | "/") factor }
    factor  = [sign] factor | number | word | "(" sum ")"

Since only numbers may multiply or divide, every expression is a sum of words with weights, and that is what
comes out, in the order of the text.

A word is anything without spaces, operators, brackets or double quotes: ``don't``, ``3d``, ``naïve``. Double
quotes hold any text and mean exactly that text: ``" king"``; within them a backslash makes ``\\"``, ``\\\\``,
``\\n``, ``\\t`` and ``\\r``. A hyphen between letters belongs to the word if the caller knows such a word
(``semi-final``), and is a minus if not (``king-man``). A number alone is a number: ``"1945"`` is the word.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from vectarium.vectors.arrays import VectorError

_DEPTH = 100
_SIGNS = {"+": 1.0, "-": -1.0, "−": -1.0, "–": -1.0, "—": -1.0}
_TIMES = "*×·"
_OVER = "/÷"
_CLOSING = {'"': '"', "“": "”", "„": "“”", "”": "”"}  # what closes a quote, by what opened it
_STOPS = "".join(_SIGNS) + _TIMES + _OVER + "()" + "".join(_CLOSING)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


class ExpressionError(VectorError):
    """What is wrong with an expression, where (characters ``start`` to ``end``), and words to try instead."""

    def __init__(self, message: str, start: int, end: int, near: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.near = near


@dataclass(frozen=True)
class Term:
    """A word with its weight, and where it stands in the text; ``exact`` if it was in quotes."""

    weight: float
    word: str
    exact: bool
    start: int
    end: int


@dataclass(frozen=True)
class Expression:
    """A sum of weighted words, in the order of the text."""

    text: str
    terms: tuple[Term, ...]

    def __str__(self) -> str:
        """The expression without brackets; `parse` gives the same terms for it, places aside."""
        parts: list[str] = []
        for place, term in enumerate(self.terms):
            sign = "-" if math.copysign(1.0, term.weight) < 0 else "+"
            parts.append(sign if place else sign.replace("+", ""))
            factor = abs(term.weight)
            word = quoted(term.word) if term.exact else term.word
            parts.append(word if factor == 1 else f"{_plain(factor)} * {word}")
        return " ".join(part for part in parts if part)


def quoted(text: str) -> str:
    """``text`` as an expression that means exactly that word."""
    for escape, meant in (("\\", "\\"), ('"', '"'), ("n", "\n"), ("t", "\t"), ("r", "\r")):
        text = text.replace(meant, "\\" + escape)
    return f'"{text}"'


def _never(word: str) -> bool:
    return False


def parse(text: str, is_word: Callable[[str], bool] = _never) -> Expression:
    """The terms of ``text``; ``is_word`` tells which words with hyphens there are.

    Raises ExpressionError, and nothing else, for every text that is not an expression.
    """
    tokens = _tokens(text, is_word)
    if len(tokens) == 1:
        raise ExpressionError("Type a word, or words with + and −, such as king - man + woman.", 0, len(text))
    parser = _Parser(tokens)
    value = parser.sum(0)
    rest = parser.next
    if rest.kind == "close":
        raise ExpressionError("This closing bracket has no opening one. Remove it.", rest.start, rest.end)
    if rest.kind != "end":
        raise _two_in_a_row(rest)
    if isinstance(value, float):
        raise _only_a_number(value, 0, len(text))
    for term in value:
        if not math.isfinite(term.weight):
            raise ExpressionError(
                "This word is multiplied by more than can be reckoned. Use a smaller number.",
                term.start,
                term.end,
            )
    return Expression(text, tuple(value))


@dataclass(frozen=True)
class _Token:
    kind: str  # sign, times, over, open, close, number, word, exact, end
    text: str
    start: int
    end: int


def _tokens(text: str, is_word: Callable[[str], bool]) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    while place < len(text):
        character = text[place]
        if character.isspace():
            place += 1
            continue
        kind = (
            "sign" if character in _SIGNS
            else "times" if character in _TIMES
            else "over" if character in _OVER
            else "open" if character == "("
            else "close" if character == ")"
            else ""
        )  # fmt: skip
        if kind:
            token = _Token(kind, character, place, place + 1)
        elif character in _CLOSING:
            token = _quotation(text, place)
        else:
            token = _bare(text, place, is_word)
        tokens.append(token)
        place = token.end
    tokens.append(_Token("end", "", len(text), len(text)))
    return tokens


def _quotation(text: str, start: int) -> _Token:
    meant: list[str] = []
    place = start + 1
    while place < len(text):
        character = text[place]
        if character in _CLOSING[text[start]]:
            if not meant:
                raise ExpressionError("There is nothing in these quotes.", start, place + 1)
            return _Token("exact", "".join(meant), start, place + 1)
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


def _bare(text: str, start: int, is_word: Callable[[str], bool]) -> _Token:
    end = start
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
    if _NUMBER.fullmatch(word):
        return _Token("number", word, start, end)
    if "␣" in word:  # as it is drawn, and so as it is copied
        return _Token("exact", word.replace("␣", " "), start, end)
    return _Token("word", word, start, end)


def _continues(character: str) -> bool:
    return not character.isspace() and character not in _STOPS


class _Parser:
    """Recursive descent; a value is a number or a list of terms."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self.next
        self._place += 1
        return token

    def sum(self, depth: int) -> float | list[Term]:
        start = self.next.start
        value = self._product(depth)
        while self.next.kind == "sign":
            sign = self._take()
            right_start = self.next.start
            right = _scaled(self._product(depth), _SIGNS[sign.text])
            end = self._tokens[self._place - 1].end
            if isinstance(value, float) and isinstance(right, float):
                value += right
            elif isinstance(value, float):
                raise _only_a_number(value, start, sign.start)
            elif isinstance(right, float):
                raise _only_a_number(abs(right), right_start, end)
            else:
                value = value + right
        return value

    def _product(self, depth: int) -> float | list[Term]:
        start = self.next.start
        value = self._factor(depth)
        while self.next.kind in ("times", "over"):
            operator = self._take()
            right_start = self.next.start
            right = self._factor(depth)
            end = self._tokens[self._place - 1].end
            if operator.kind == "over":
                if not isinstance(right, float):
                    raise ExpressionError(
                        "Words can be divided by numbers only, not by words.", right_start, end
                    )
                if right == 0:
                    raise ExpressionError("Nothing can be divided by zero.", right_start, end)
                value = value / right if isinstance(value, float) else _scaled(value, 1 / right)
            elif isinstance(right, float):
                value = _scaled(value, right)
            elif isinstance(value, float):
                value = _scaled(right, value)
            else:
                raise ExpressionError(
                    "Words can be multiplied by numbers only, not by each other. "
                    "The dot product of two words is in the direction lab.",
                    start,
                    end,
                )
        return value

    def _factor(self, depth: int) -> float | list[Term]:
        token = self._take()
        if token.kind in ("sign", "open") and depth >= _DEPTH:
            raise ExpressionError(
                f"More than {_DEPTH} brackets or signs in each other are too many.", token.start, token.end
            )
        if token.kind == "sign":
            return _scaled(self._factor(depth + 1), _SIGNS[token.text])
        if token.kind == "open":
            value = self.sum(depth + 1)
            if self.next.kind == "end":
                raise ExpressionError(
                    "This bracket is never closed. Add a closing one.", token.start, token.end
                )
            if self.next.kind != "close":
                raise _two_in_a_row(self.next)
            self._take()
            return value
        if token.kind == "number":
            value = float(token.text)
            if not math.isfinite(value):
                raise ExpressionError("This number is too large to reckon with.", token.start, token.end)
            return value
        if token.kind in ("word", "exact"):
            return [Term(1.0, token.text, token.kind == "exact", token.start, token.end)]
        self._place -= 1
        if token.kind == "end":
            raise ExpressionError("A word is missing at the end.", max(token.start - 1, 0), token.end)
        raise ExpressionError(f"A word is missing before this “{token.text}”.", token.start, token.end)


def _scaled(value: float | list[Term], by: float) -> float | list[Term]:
    if isinstance(value, float):
        return value * by
    return [Term(term.weight * by, term.word, term.exact, term.start, term.end) for term in value]


def _two_in_a_row(token: _Token) -> ExpressionError:
    return ExpressionError(
        f"An operator is missing before “{token.text}”. Write +, −, * or / there, "
        'or put words that belong together in double quotes: "New York".',
        token.start,
        token.end,
    )


def _only_a_number(value: float, start: int, end: int) -> ExpressionError:
    number = _plain(value) if math.isfinite(value) else "that"
    return ExpressionError(
        f"A number alone is not a vector. Multiply it by a word (2 * cat), "
        f'or put it in double quotes to mean the word "{number}".',
        start,
        end,
    )


def _plain(number: float) -> str:
    """``number`` in digits alone, which `parse` reads back as the same number."""
    return format(Decimal(repr(number)), "f").removesuffix(".0")
