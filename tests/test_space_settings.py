"""What the Embeddings pane keeps: as plain values and back, and nothing that it could not have."""

import json

import pytest

from vectarium import space_settings
from vectarium.space_settings import SpaceSettings


def test_what_is_kept_is_read_back():
    kept = SpaceSettings(
        "tokens", {"tokens": ("cat", ""), "words": ("king - man + woman", "queen")}, "Euclid", 37, True, True
    )
    assert space_settings.read(json.loads(json.dumps(space_settings.as_plain(kept)))) == kept


def test_a_list_of_any_length_can_be_kept():
    long = ", ".join(f"word{number}" for number in range(5000))
    kept = SpaceSettings(along=long, expressions={"words": (long, "")})
    assert space_settings.read(json.loads(json.dumps(space_settings.as_plain(kept)))) == kept


@pytest.mark.parametrize(
    "damage",
    [
        {"space": "outer"},
        {"measure": 3},
        {"neighbours": 201},
        {"folded": "yes"},
        {"expressions": {"words": ["king"]}},
        {"expressions": {"words": ["king", 5]}},
        {"direction": None},
        {"no such": 1},
    ],
)
def test_damage_is_refused(damage):
    with pytest.raises((ValueError, TypeError)):
        space_settings.read(space_settings.as_plain(SpaceSettings()) | damage)


def test_the_command_line_comes_first():
    kept = SpaceSettings("tokens")
    assert kept.asked(None, None) == kept
    asked = kept.asked("words", "cat + dog")
    assert (asked.space, asked.expressions["words"]) == ("words", ("cat + dog", ""))
    assert kept.asked(None, "cat").expressions["tokens"] == ("cat", "")
