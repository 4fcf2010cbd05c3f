"""One attention head by hand: nine steps in numbers, for a few tokens. Numpy alone.

The steps are those of softmax(KᵀQ ÷ √d) V worked on paper: Q, K, V, their products, the scaling, e to the
power of each, the sums, the division, and the weighted sum of the values.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
MOST_TOKENS = 6


@dataclass(frozen=True, eq=False)
class Step:
    """A table of numbers with its names. NaN is an empty cell: a key after its query."""

    number: int
    title: str
    how: str
    values: Doubles  # [row, column]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    given: bool = False  # stands on the sheet to fill in as well


def steps(
    queries: npt.ArrayLike,
    keys: npt.ArrayLike,
    values: npt.ArrayLike,
    scaling: float,
    tokens: tuple[str, ...],
    queries_down: bool = False,
    masked: bool = True,
) -> tuple[Step, ...]:
    """The nine steps for queries, keys and values, [token, component] each.

    Rows and columns follow the convention: with ``queries_down`` a row is a query, otherwise a column is.
    """
    q, k, v = (np.asarray(array, np.float64) for array in (queries, keys, values))
    count, width = q.shape
    products = q @ k.T  # [query, key]
    if masked:
        products[~np.tri(count, dtype=bool)] = np.nan
    scaled = products * scaling
    exponentials = np.exp(scaled)
    sums = np.nansum(exponentials, axis=1)
    weights = exponentials / sums[:, None]
    outputs = np.nan_to_num(weights) @ v

    def turned(table: Doubles) -> Doubles:
        return table if queries_down else table.T

    def vectors(number: int, name: str, how: str, table: Doubles, given: bool) -> Step:
        components = tuple(str(index + 1) for index in range(table.shape[1]))
        return Step(number, name, how, table.T, components, tokens, given)

    line, of_queries = (
        ("row", "a row for each query") if queries_down else ("column", "a column for each query")
    )
    product = "QKᵀ" if queries_down else "KᵀQ"
    divisor = f"√{width}" if abs(scaling * width**0.5 - 1) < 1e-6 else f"{1 / scaling:.4g}"
    later = "; keys after the query are left out" if masked else ""
    return (
        vectors(1, "Q", "the queries, a column for each token", q, True),
        vectors(2, "K", "the keys", k, True),
        vectors(3, "V", "the values", v, True),
        Step(4, product, f"dot products, {of_queries}{later}", turned(products), tokens, tokens),
        Step(5, f"{product} ÷ {divisor}", "divide each", turned(scaled), tokens, tokens),
        Step(6, "eˣ", "e to the power of each", turned(exponentials), tokens, tokens),
        Step(7, f"{line} sums", f"add up each {line}", turned(sums[:, None]), *_side(tokens, queries_down)),
        Step(8, "softmax", f"divide each by its {line}’s sum", turned(weights), tokens, tokens),
        vectors(9, "output", "for each query, the sum of the values times its weights", outputs, False),
    )


def _side(tokens: tuple[str, ...], queries_down: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (tokens, ("sum",)) if queries_down else (("sum",), tokens)


def number(value: float, decimals: int) -> str:
    """A rounded number as it stands on the sheet; nothing for a cell that is left out."""
    if np.isnan(value):
        return ""
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def records(sheet: Iterable[Step]) -> Iterable[tuple[int, str, str, str, float | None]]:
    """Every number: step, title, row, column, value; None for a cell that is left out."""
    for step in sheet:
        for row, label in enumerate(step.rows):
            for column, top in enumerate(step.columns):
                value = float(step.values[row, column])
                yield step.number, step.title, label, top, None if np.isnan(value) else value


def page(sheet: Iterable[Step], title: str, decimals: int, answers: bool) -> str:
    """A page in simple HTML: with ``answers``, or with empty boxes for what is to be worked out."""
    parts = [f"<h2>{escape(title)}</h2>"]
    if not answers:
        parts.append("<p>Fill in steps 4 to 9. Steps 1 to 3 are given.</p>")
    sheet = tuple(sheet)
    given = "".join(
        f'<td valign="top" style="padding-right: 16px">{_table(step, decimals, True)}</td>'
        for step in sheet[:3]
    )
    parts.append(f"<table><tr>{given}</tr></table>")
    parts += [_table(step, decimals, answers) for step in sheet[3:]]
    return "\n".join(parts)


def _table(step: Step, decimals: int, filled: bool) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in step.columns)
    lines = [f"<tr><th></th>{head}</tr>"]
    blank = "&nbsp;" * (decimals + 6)
    for label, row in zip(step.rows, step.values, strict=True):
        cells = "".join(
            f'<td align="right">{number(value, decimals) if filled or np.isnan(value) else blank}</td>'
            for value in row.tolist()
        )
        lines.append(f'<tr><th align="right">{escape(label)}</th>{cells}</tr>')
    return (
        f"<p><b>{step.number} · {escape(step.title)}</b> {escape(step.how)}</p>"
        f'<table border="1" cellspacing="0" cellpadding="3">{"".join(lines)}</table>'
    )
