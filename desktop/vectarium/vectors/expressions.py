"""Vector expressions such as ``king - man + woman``: text to a list of weighted words.

    sum     = [sign] product { sign product }
    product = factor { ("*" | "/") factor }
    factor  = [sign] factor | number | word | "(" sum ")"

Since only numbers may multiply or divide, every expression is a sum of words with weights, and that is what
comes out, in the order of the text.

A word is anything without spaces, operators, brackets or double quotes: ``don't``, ``3d``, ``naïve``. Double
quotes hold any text and mean exactly that text: ``" king"``; within them a backslash makes ``\\"``, ``\\\\``,
``\\n``, ``\\t`` and ``\\r``. A hyphen between letters belongs to the word if the caller knows such a word
(``semi-final``), and is a minus if not (``king-man``). A number (``2``, ``.5``, ``1e-3``) is no word:
``"1945"`` is.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

from vectarium.vectors.expression_tokens import SIGNS, ExpressionError, Token, tokens

__all__ = ["Expression", "ExpressionError", "Term", "parse", "quoted"]

_DEPTH = 100


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
        return self.written()

    def written(self, starred: Collection[int] = ()) -> str:
        """The expression without brackets, with an asterisk at the words of some of the terms."""
        parts: list[str] = []
        for place, term in enumerate(self.terms):
            sign = "-" if math.copysign(1.0, term.weight) < 0 else "+"
            parts.append(sign if place else sign.replace("+", ""))
            factor = abs(term.weight)
            word = (quoted(term.word) if term.exact else term.word) + "*" * (place in starred)
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
    found = tokens(text, is_word)
    if len(found) == 1:
        raise ExpressionError("Type a word, or words with + and −, such as king - man + woman.", 0, len(text))
    parser = _Parser(found)
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


class _Parser:
    """Recursive descent; a value is a number or a list of terms."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._place = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self.next
        self._place += 1
        return token

    def sum(self, depth: int) -> float | list[Term]:
        start = self.next.start
        value = self._product(depth)
        while self.next.kind == "sign":
            sign = self._take()
            right_start = self.next.start
            right = _scaled(self._product(depth), SIGNS[sign.text])
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
            return _scaled(self._factor(depth + 1), SIGNS[token.text])
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


def _two_in_a_row(token: Token) -> ExpressionError:
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
    """``number`` in as few characters as `parse` reads back as the same number."""
    return repr(number).removesuffix(".0")
