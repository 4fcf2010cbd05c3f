"""Contrast and scale."""

import re
from dataclasses import fields

import pytest

from vectarium import resources
from vectarium.drawing.palette import DARK, LIGHT, MONO, WORDS, Look, Theme, contrast, load_fonts, mix
from vectarium.drawing.stylesheet import stylesheet

TEXT_COLOURS = (
    "text", "secondary", "tertiary", "query", "key", "value",
    "temperature", "positive", "negative", "accent", "found",
)  # fmt: skip


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", TEXT_COLOURS)
@pytest.mark.parametrize("ground", ["pane", "window", "raised"])
def test_text_can_be_read(theme: Theme, name: str, ground: str):
    assert contrast(getattr(theme, name), getattr(theme, ground)) >= 4.5


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_buttons_can_be_read(theme: Theme):
    assert contrast(theme.button_text, theme.button) >= 4.5


def test_contrast_is_that_of_the_definition():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the example of WCAG's authors


def test_sizes_grow_with_the_zoom_and_never_vanish():
    assert Look(DARK, 2.0).px(13) == 26
    assert Look(DARK, 0.8).px(0.2) == 1


def test_the_stylesheet_has_no_size_that_stays(qapp):
    small, large = (re.findall(r"(\d+)px", stylesheet(Look(DARK, zoom))) for zoom in (1.0, 2.0))
    stays = {a for a, b in zip(small, large, strict=True) if a == b}
    assert stays <= {"0", "1", "2"}  # hairlines


def test_every_colour_is_a_colour(qapp):
    for theme in (DARK, LIGHT):
        for entry in fields(Theme):
            if entry.name != "name":
                assert mix(getattr(theme, entry.name), "#000000", 0).name() == getattr(theme, entry.name)


def test_the_fonts_that_ship_are_the_ones_used(qapp):
    load_fonts(resources.folder() / "fonts")
    from PySide6.QtGui import QFontInfo

    assert QFontInfo(Look().words()).family() == WORDS
    assert QFontInfo(Look().mono()).family() == MONO
