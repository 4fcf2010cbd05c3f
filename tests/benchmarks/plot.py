"""Curves on logarithmic axes, side by side, as an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 380, 320  # of one chart
LEFT, RIGHT, TOP, BOTTOM = 58, 26, 40, 92
COLORS = ("#0f766e", "#b45309", "#1d4ed8", "#be185d")
MARKS = ("●", "■", "▲", "◆")
INK, FAINT = "#1f2933", "#d5dbe1"


@dataclass(frozen=True)
class Curve:
    """Points (x, seconds); `measured` of them, the others are extrapolated."""

    name: str
    points: Sequence[tuple[float, float]]
    measured: int | None = None


@dataclass(frozen=True)
class Chart:
    title: str
    across: str
    ticks: Sequence[tuple[float, str]]
    curves: Sequence[Curve]


def write(file: Path, charts: Sequence[Chart]) -> None:
    whole = f'width="{WIDTH * len(charts)}" height="{HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {whole} font-family="Inter, sans-serif" font-size="11">',
        f'<rect {whole} fill="#ffffff"/>',
    ]
    for index, chart in enumerate(charts):
        parts += [f'<g transform="translate({index * WIDTH} 0)">', *_chart(chart), "</g>"]
    file.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")


def _chart(chart: Chart) -> list[str]:
    seconds = [y for curve in chart.curves for _, y in curve.points]
    low, high = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    first, last = math.log10(chart.ticks[0][0]), math.log10(chart.ticks[-1][0])

    def x_of(value: float) -> float:
        return LEFT + (math.log10(value) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y_of(value: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    floor = HEIGHT - BOTTOM
    parts = [_text(LEFT, 22, chart.title, size=13, weight=600)]
    for exponent in range(low, high + 1):
        y = y_of(10**exponent)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{FAINT}"/>')
        parts.append(_text(LEFT - 6, y + 4, _seconds(exponent), anchor="end"))
    for value, label in chart.ticks:
        x = x_of(value)
        parts.append(f'<path d="M{x:.1f} {TOP}V{floor}" stroke="{FAINT}"/>')
        parts.append(_text(x, floor + 16, label, anchor="middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, floor + 32, chart.across, anchor="middle"))
    for index, curve in enumerate(chart.curves):
        color, mark = COLORS[index], MARKS[index]
        places = [(x_of(x), y_of(y)) for x, y in curve.points]
        known = len(places) if curve.measured is None else curve.measured
        parts.append(_line(places[:known], color, ""))
        parts.append(_line(places[known - 1 :], color, ' stroke-dasharray="4 4"'))
        for number, (x, y) in enumerate(places):
            faded = "" if number < known else ' opacity="0.5"'
            parts.append(f"<g{faded}>{_text(x, y + 4, mark, anchor='middle', color=color)}</g>")
        parts.append(_text(LEFT, floor + 50 + 14 * index, f"{mark} {curve.name}", color=color))
    return parts


def _line(places: Sequence[tuple[float, float]], color: str, dashes: str) -> str:
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    return f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="1.6"{dashes}/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 11,
    weight: int = 400,
    color: str = INK,
) -> str:
    where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {where} font-size="{size}" font-weight="{weight}" fill="{color}">{escape(text)}</text>'


def _seconds(exponent: int) -> str:
    if exponent >= 0:
        return f"{10**exponent:,} s"
    return f"{10 ** (exponent + 3):g} ms" if exponent >= -3 else f"{10 ** (exponent + 6):g} µs"
