"""The two themes, the type and the zoom: what every widget is drawn with.

Colours carry meaning and mean the same in every pane; the hues follow the visual lectures on transformers:
queries yellow, keys teal, values red, logits teal, probabilities yellow, temperature red, weights blue or
red by sign.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, runtime_checkable

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPalette
from PySide6.QtWidgets import QWidget

ZOOM_MIN, ZOOM_MAX = 0.8, 3.0
WORDS, MONO = "Inter", "JetBrains Mono"


@dataclass(frozen=True)
class Theme:
    """Colours as ``#rrggbb``. They reach 4.5:1 on `pane`, all but `faint`, for marks that need no reading."""

    name: str
    window: str
    pane: str
    raised: str
    raised_more: str
    line: str
    text: str
    secondary: str
    tertiary: str
    faint: str
    query: str
    key: str
    value: str
    temperature: str
    positive: str
    negative: str
    accent: str
    found: str
    button: str
    button_text: str


DARK = Theme(
    name="dark",
    window="#0d1117",
    pane="#141a22",
    raised="#1a212b",
    raised_more="#273243",
    line="#242d39",
    text="#e8ebf0",
    secondary="#98a4b5",
    tertiary="#7d8aa0",
    faint="#3a4657",
    query="#f2c94c",
    key="#2fb7a6",
    value="#ef5b5b",
    temperature="#ff7a59",
    positive="#5b9dff",
    negative="#ff6b6b",
    accent="#6ea8fe",
    found="#3ecf8e",
    button="#2f6fed",
    button_text="#ffffff",
)

LIGHT = Theme(
    name="light",
    window="#eef1f5",
    pane="#ffffff",
    raised="#f1f4f8",
    raised_more="#dde4ed",
    line="#d3dae4",
    text="#12171f",
    secondary="#4a5565",
    tertiary="#626d7d",
    faint="#b9c3d0",
    query="#8a6200",
    key="#0b776a",
    value="#c3303a",
    temperature="#b5431b",
    positive="#1f5fd0",
    negative="#cc2f3e",
    accent="#2a63c4",
    found="#0f7a49",
    button="#1f5fd0",
    button_text="#ffffff",
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


@dataclass(frozen=True)
class Look:
    """A theme at a zoom (0.8 to 3): every size on screen goes through :meth:`px`."""

    theme: Theme = DARK
    zoom: float = 1.0

    def px(self, size: float) -> int:
        """`size` in pixels at 100 %, scaled and rounded, at least 1."""
        return max(1, round(size * self.zoom))

    def words(self, size: float = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        return QFont(_font(WORDS, self.px(size), weight))

    def mono(self, size: float = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        return QFont(_font(MONO, self.px(size), weight))

    def words_width(self, text: str, size: float = 13, weight: QFont.Weight = QFont.Weight.Normal) -> float:
        """How wide a text in `words` is, in logical pixels."""
        return _width(WORDS, self.px(size), weight, text)

    def mono_width(self, text: str, size: float = 13, weight: QFont.Weight = QFont.Weight.Normal) -> float:
        """How wide a text in `mono` is, in logical pixels."""
        return _width(MONO, self.px(size), weight, text)


@lru_cache(maxsize=256)  # copies share what Qt has looked up for it, which takes longer than to draw a word
def _font(family: str, pixels: int, weight: QFont.Weight) -> QFont:
    font = QFont(family)
    font.setPixelSize(pixels)
    font.setWeight(weight)
    if family == WORDS:
        font.setFeature(QFont.Tag("tnum"), 1)
    else:
        font.setFeature(QFont.Tag("liga"), 0)
        font.setFeature(QFont.Tag("calt"), 0)
    return font


@lru_cache(maxsize=2048)  # while pictures move, the same texts are measured in every frame
def _width(family: str, pixels: int, weight: QFont.Weight, text: str) -> float:
    return QFontMetricsF(_font(family, pixels, weight)).horizontalAdvance(text)


@runtime_checkable
class Looks(Protocol):
    """A widget that draws itself and wants to know how."""

    def set_look(self, look: Look) -> None: ...


def apply_look(root: QWidget, look: Look) -> None:
    """Hand `look` to `root` and to every descendant that draws itself."""
    for widget in (root, *root.findChildren(QWidget)):
        if isinstance(widget, Looks):
            widget.set_look(look)


def load_fonts(folder: Path) -> None:
    """Register the fonts that ship with the app; without them Qt falls back to the system's own."""
    for path in sorted(folder.glob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(path))


def qt_palette(theme: Theme) -> QPalette:
    """For what Qt's style paints by itself."""
    palette = QPalette()
    for role, color in (
        (QPalette.ColorRole.Window, theme.window),
        (QPalette.ColorRole.WindowText, theme.text),
        (QPalette.ColorRole.Base, theme.pane),
        (QPalette.ColorRole.AlternateBase, theme.raised),
        (QPalette.ColorRole.Text, theme.text),
        (QPalette.ColorRole.Button, theme.raised),
        (QPalette.ColorRole.ButtonText, theme.text),
        (QPalette.ColorRole.Highlight, theme.button),
        (QPalette.ColorRole.HighlightedText, theme.button_text),
        (QPalette.ColorRole.PlaceholderText, theme.tertiary),
        (QPalette.ColorRole.ToolTipBase, theme.raised_more),
        (QPalette.ColorRole.ToolTipText, theme.text),
        (QPalette.ColorRole.Link, theme.accent),
    ):
        palette.setColor(role, QColor(color))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.tertiary))
    return palette


def mix(first: str | QColor, second: str | QColor, share: float) -> QColor:
    """`first` with `share` (0 to 1) of `second`, mixed in sRGB."""
    a, b = QColor(first), QColor(second)
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * share,
        a.greenF() + (b.greenF() - a.greenF()) * share,
        a.blueF() + (b.blueF() - a.blueF()) * share,
    )


def contrast(first: str | QColor, second: str | QColor) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(color: QColor) -> float:
        channels = (color.redF(), color.greenF(), color.blueF())
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(QColor(first)), luminance(QColor(second))), reverse=True)
    return (light + 0.05) / (dark + 0.05)
