"""What survives a kill, a second window, and a damaged or unwritable home."""

import gc
import json
import sys
import time
from pathlib import Path

import pytest

from vectarium.documents import document_file
from vectarium.sampling import Step

TEXT = "Once upon a time"


def wait_for(condition, seconds=60):
    """Until a file system says so; another process has no signal to wait for."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def session_files(home: Path) -> list[Path]:
    return sorted(home.rglob("session-*.json"))


def saved_text(home: Path) -> str | None:
    files = session_files(home)
    return document_file.load(files[0]).text if files else None


def test_the_text_survives_a_kill(vectarium, model_folder, home, qtbot):
    process = vectarium("--model", model_folder, "--prompt", TEXT)
    wait_for(
        lambda: saved_text(home) == TEXT and document_file.load(session_files(home)[0]).document.branch.ids
    )
    process.kill()
    process.wait()
    again = vectarium("--model", model_folder, "--prompt", TEXT + " there was")
    wait_for(lambda: saved_text(home) == TEXT + " there was")
    again.kill()


def test_text_branches_and_selection_come_back(start_app, qtbot):
    app = start_app(prompt=TEXT)
    session = app.session
    session.generate(count=4)
    qtbot.waitUntil(lambda: not session.generating and session.can_sample)
    session.select(len(session.tokens) - 2)
    qtbot.waitUntil(lambda: session.can_sample)
    session.sample_one()
    qtbot.waitUntil(lambda: session.can_sample)
    session.select(1)
    qtbot.waitUntil(lambda: session.can_sample)
    document = session.saved()
    app.window.close()
    assert app.close(60_000)

    again = start_app()
    qtbot.waitUntil(lambda: again.session.can_sample)
    saved = again.session.saved()
    assert saved.text == document.text
    assert saved.selected == 1
    assert [branch.ids for branch in saved.document.branches] == [b.ids for b in document.document.branches]
    steps = [step for branch in saved.document.branches for step in branch.steps]
    before = [step for branch in document.document.branches for step in branch.steps]
    assert [s and s.token_id for s in steps] == [s and s.token_id for s in before]
    assert [s and s.top_logits.tolist() for s in steps] == [s and s.top_logits.tolist() for s in before]


def test_what_is_autosaved_leaves_memory_and_every_distribution_stays(start_app, qtbot):
    app = start_app(prompt=TEXT)
    session = app.session
    session.writing.set_seed(3, fixed=True)  # which does not end the text at once
    session.generate(count=3)
    qtbot.waitUntil(lambda: not session.generating and session.can_sample)
    steps = session.tokens.steps[-3:]
    before = [step.top_logits.tolist() for step in steps]
    session.undo()
    app.autosave.save_now()
    assert [step.archived for step in steps] == [None] * 3  # of no branch any more
    session.redo()
    qtbot.waitUntil(lambda: session.can_sample)
    app.autosave.save_now()
    assert session.tokens.steps[-3:] == steps
    assert all(step.archived is not None for step in steps)
    assert [step.top_logits.tolist() for step in steps] == before
    saved = document_file.load(app.autosave.path).document.branch
    assert [step.top_logits.tolist() for step in saved.steps[-3:]] == before


def test_texts_that_were_left_are_not_in_memory_and_come_back_with_their_draws(start_app, qtbot):
    app = start_app(prompt=TEXT)
    session = app.session

    def ready() -> bool:
        return session.tokens.pending is None and session.can_sample

    def draws() -> list[tuple[object, ...]]:
        drawn = [step for step in session.tokens.steps if step is not None]
        return [(step.token_id, step.uniform, step.top_logits.tolist()) for step in drawn]

    def held(but: set[int]) -> list[Step]:
        gc.collect()
        return [each for each in gc.get_objects() if type(each) is Step and id(each) not in but]

    of_other_tests = held(set())
    ids = set(map(id, of_other_tests))
    written = []
    for seed, count in enumerate((20, 30, 25)):
        qtbot.waitUntil(ready, timeout=30_000)
        session.writing.set_seed(seed, fixed=True)
        session.generate(count=count)
        qtbot.waitUntil(ready, timeout=30_000)
        written.append((session.text, draws()))
        assert len(draws()) == count
        session.edit_text(TEXT)
    qtbot.waitUntil(ready, timeout=30_000)
    session.writing.delete_branch(1)  # only undo has it now
    app.autosave._save()
    app.autosave._writing.join()
    # Panes have theirs until they are painted, and the workers, here in the same process, their last one.
    qtbot.waitUntil(lambda: len(held(ids)) < 3)
    for text, drawn in reversed(written):
        while session.text != text:
            assert session.history.can_undo
            session.undo()
        assert draws() == drawn


def test_settings_come_back(start_app, qtbot):
    app = start_app()
    app.window.zoom_in()
    app.commands.set_light(True)
    app.window.close()
    assert app.close(60_000)
    again = start_app()
    assert again.window.look.zoom == pytest.approx(1.1)
    assert again.window.look.theme.name == "light"


def test_a_second_window_keeps_its_own_text(start_app, qtbot):
    first = start_app(prompt=TEXT)
    second = start_app(prompt="Another text")
    for app in (first, second):
        app.autosave.save_now()
    assert document_file.load(first.autosave.path).text == TEXT
    assert document_file.load(second.autosave.path).text == "Another text"


@pytest.mark.parametrize(
    "damage", ["", "{", '{"vectarium": 99}', "\x00" * 100, '{"vectarium": 1, "branches": [[[[']
)
def test_a_damaged_text_is_put_aside_and_told(start_app, qtbot, tmp_path, damage):
    folder = tmp_path / "sessions"
    folder.mkdir()
    (folder / "session-1.json").write_text(damage)
    app = start_app()
    assert "could not be opened" in app.window.notice.text
    assert (folder / "session-1.damaged.json").read_text() == damage
    app.session.edit_text(TEXT)
    qtbot.waitUntil(lambda: app.session.can_sample)


@pytest.mark.skipif(sys.platform == "win32", reason="a file in a folder's place is another error there")
def test_a_home_that_cannot_be_written_is_told_and_the_app_goes_on(start_app, qtbot, tmp_path):
    (tmp_path / "sessions").write_text("a file where the folder should be")
    (tmp_path / "settings.json").mkdir()
    app = start_app(prompt=TEXT)
    assert "autosave" in app.window.notice.text.lower() or "settings" in app.window.notice.text.lower()
    app.session.sample_one()
    qtbot.waitUntil(lambda: app.session.can_sample)


def test_a_full_disk_is_told_once_and_saving_goes_on_later(start_app, qtbot, monkeypatch):
    app = start_app(prompt=TEXT)
    app.autosave.save_now()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with qtbot.waitSignal(app.autosave.trouble) as trouble:
        app.session.edit_text(TEXT + " more")
    assert "No space left" in trouble.args[0]
    assert document_file.load(app.autosave.path).text == TEXT
    monkeypatch.undo()
    app.session.edit_text(TEXT + " and more")
    qtbot.waitUntil(lambda: document_file.load(app.autosave.path).text == TEXT + " and more")


def test_one_bad_setting_is_told_and_the_rest_stays(start_app, qtbot, tmp_path):
    (tmp_path / "settings.json").write_text(json.dumps({"theme": "light", "zoom": "huge"}))
    app = start_app()
    assert app.window.look.theme.name == "light"
    assert "zoom" in app.window.notice.text
