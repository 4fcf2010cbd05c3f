"""Settings survive everything that can happen to a file."""

import json
import sys
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectarium import settings
from vectarium.sampling import SamplingSettings
from vectarium.settings import Settings
from vectarium.space_settings import SpaceSettings

CHANGED = Settings(
    theme="light",
    zoom=2.0,
    model="gpt2",
    device="cpu",
    exact=False,
    workspace="Write",
    distribution_rows=0,
    show_draws=False,
    convention="paper",
    words=True,
    recent=("/somewhere/text.vectarium.json",),
    sampling=SamplingSettings(0.5, 40, 0.9, 0.1, 1.2),
    embeddings=SpaceSettings("tokens", {"tokens": ("cat", "dog")}, "Euclid", 20),
    geometry=b"\x00\x01geometry",
    layouts={"All": b"\xff\x00state"},
)


def test_what_is_saved_is_loaded(tmp_path):
    path = tmp_path / "deep" / "settings.json"
    settings.save(path, CHANGED)
    assert settings.load(path) == (CHANGED, ())


def test_every_setting_is_covered_by_the_round_trip():
    for entry in fields(Settings):
        assert getattr(CHANGED, entry.name) != getattr(Settings(), entry.name), entry.name


def test_no_file_is_no_trouble(tmp_path):
    assert settings.load(tmp_path / "none.json") == (Settings(), ())


@pytest.mark.parametrize("damage", ["", "{", "[]", "null", "\x00\xff", '"theme"', "[" * 100_000])
def test_a_damaged_file_gives_the_defaults_and_says_so(tmp_path, damage):
    path = tmp_path / "settings.json"
    path.write_text(damage, encoding="latin-1")
    loaded, lost = settings.load(path)
    assert loaded == Settings()
    assert len(lost) == 1


@pytest.mark.parametrize("name", [entry.name for entry in fields(Settings)])
@pytest.mark.parametrize("bad", [None, 17.5, "?", [], {"temperature": -1}, True])
def test_one_bad_entry_loses_only_itself(tmp_path, name, bad):
    path = tmp_path / "settings.json"
    settings.save(path, CHANGED)
    content = json.loads(path.read_text())
    content[name] = bad
    path.write_text(json.dumps(content))
    loaded, lost = settings.load(path)
    if (name, bad) == ("show_draws", True):
        return  # which is a good entry
    others = replace(loaded, **{name: getattr(CHANGED, name)})
    assert others == CHANGED
    if getattr(loaded, name) == getattr(Settings(), name) and name not in (
        "exact",
        "model",
        "geometry",
        "layouts",
        "recent",
    ):
        assert name in lost[0]


names = st.sampled_from([entry.name for entry in fields(Settings)])
scalars = st.none() | st.booleans() | st.floats() | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(values | st.dictionaries(names, values))
def test_no_json_makes_loading_fail(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_text(json.dumps(content))
    loaded, _ = settings.load(path)
    assert isinstance(loaded, Settings)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "settings.json"
    settings.save(path, CHANGED)
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        settings.save(path, Settings())
    monkeypatch.undo()
    assert settings.load(path) == (CHANGED, ())
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be made unwritable there")
def test_an_unwritable_place_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"."):
        settings.save(tmp_path / "file" / "settings.json", Settings())
