"""Colours of attention: weights from the ground over teal to yellow, scores blue and red by sign."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QImage

from vectarium.drawing.palette import Theme, mix

Colors = npt.NDArray[np.uint32]
Values = npt.NDArray[np.floating]
LEVELS = 256


@lru_cache(maxsize=4)
def weight_colors(theme: Theme) -> Colors:
    """For weights from 0 to 1, [level] as 0xffRRGGBB."""
    ground = ground_color(theme)
    stops = ((0.0, ground), (0.55, mix(theme.key, theme.query, 0.0)), (1.0, QColor(theme.query)))
    return _ramp(stops)


@lru_cache(maxsize=4)
def score_colors(theme: Theme) -> Colors:
    """For scores from −1 over 0 to 1, [level] as 0xffRRGGBB."""
    return _ramp(((0.0, QColor(theme.negative)), (0.5, ground_color(theme)), (1.0, QColor(theme.positive))))


def ground_color(theme: Theme) -> QColor:
    """Where a query may look and does not. What it may not see is the pane itself, or hatched."""
    return mix(theme.window, theme.raised, 0.6) if theme.name == "dark" else QColor(theme.raised)


def weight_share(weights: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """The place of weights on the colour scale: their square root, so that small ones can be seen."""
    shares: npt.NDArray[np.floating] = np.sqrt(np.clip(weights, 0, 1))
    return shares


def strongest(weights: Values, step: int, axes: tuple[int, ...], of: np.ufunc = np.maximum) -> Values:
    """Of `step` neighbours along each axis, fewer at the end, what is largest, or `of` finds."""
    for axis in axes:
        weights = np.moveaxis(weights, axis, 0)
        found = weights[::step].copy()
        for offset in range(1, step):
            others = weights[offset::step]
            of(found[: len(others)], others, out=found[: len(others)])
        weights = np.moveaxis(found, 0, axis)
    return weights


def image(shares: npt.NDArray[np.floating], colors: Colors, hidden: npt.NDArray[np.bool_]) -> QImage:
    """`shares`, [row, column] from 0 to 1, in colours; transparent where `hidden`."""
    level = np.clip(np.nan_to_num(shares) * (LEVELS - 1) + 0.5, 0, LEVELS - 1).astype(np.uint8)
    pixels = np.ascontiguousarray(np.where(hidden, np.uint32(0), colors[level]))
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()


def _ramp(stops: tuple[tuple[float, QColor], ...]) -> Colors:
    at = np.linspace(0, 1, LEVELS)
    channels = [
        np.interp(at, [place for place, _ in stops], [getattr(color, name)() for _, color in stops])
        for name in ("red", "green", "blue")
    ]
    red, green, blue = (np.round(channel).astype(np.uint32) for channel in channels)
    colors: Colors = np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue
    return colors
