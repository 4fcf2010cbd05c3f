"""Steps that are left to a file are bit by bit what they were; where none can be written nothing is lost."""

import errno
import gc
import json
import sys
import threading
import weakref
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from vectarium.documents import document_file, step_archive
from vectarium.documents.document import Branch, Document
from vectarium.documents.document_file import Saved
from vectarium.documents.step_archive import StepArchive, pieces_of_steps
from vectarium.documents.step_json import step_json
from vectarium.sampling import SamplingSettings, Step
from vectarium.session.writing import other_choice
from writing_steps import written

SETTINGS = (SamplingSettings(), SamplingSettings(temperature=0.6, top_k=9, repetition_penalty=1.4))


def bits(step: Step) -> dict[str, object]:
    """Everything a step knows, with arrays as their bytes."""
    known = {entry.name: getattr(step, entry.name) for entry in fields(Step)}
    known |= {name: getattr(step, name) for name in ("top_model_probability", "top_probability", "top_drawn")}
    return {
        name: (str(value.dtype), value.tobytes()) if isinstance(value, np.ndarray) else value
        for name, value in known.items()
    }


@pytest.fixture
def branch() -> Branch:
    branches = [written((1, 2, 3), 6, seed, settings) for seed, settings in enumerate(SETTINGS)]
    return Branch(sum((each.ids for each in branches), ()), sum((each.steps for each in branches), ()))


@pytest.fixture
def archive(tmp_path: Path) -> StepArchive:
    return StepArchive(tmp_path)


def drawn(branch: Branch) -> list[Step]:
    return [step for step in branch.steps if step is not None]


def test_every_number_is_the_same_afterwards(branch, archive):
    before = [bits(step) for step in drawn(branch)]
    for step in drawn(branch):
        archive.keep(step)
    assert all(step.archived is not None for step in drawn(branch))
    assert [bits(step) for step in drawn(branch)] == before
    assert [bits(step) for step in reversed(drawn(branch))] == before[::-1]


def test_entries_are_not_in_memory_any_more(branch, archive):
    step = drawn(branch)[0]
    entries = weakref.ref(step.top_logits)
    archive.keep(step)
    gc.collect()
    assert entries() is None
    assert step.top_logits is step.top_logits  # one look at a card reads the file once


def test_another_of_its_tokens_can_still_be_chosen(branch, archive):
    step = drawn(branch)[-1]
    before = bits(other_choice(step, 3))
    archive.keep(step)
    assert bits(other_choice(step, 3)) == before


def test_a_document_is_the_same_file_before_and_after(branch, archive, tmp_path):
    other = branch.cut(7).with_steps(*drawn(written((5,), 4, seed=9)))
    document = Document((branch, other), 1)
    document_file.save(tmp_path / "memory.json", Saved(document, "text"))
    document_file.save(tmp_path / "moved.json", Saved(document, "text"), archive)
    document_file.save(tmp_path / "copied.json", Saved(document, "text"), archive)
    expected = (tmp_path / "memory.json").read_bytes()
    assert (tmp_path / "moved.json").read_bytes() == expected
    assert (tmp_path / "copied.json").read_bytes() == expected
    back = document_file.load(tmp_path / "copied.json").document
    for before, after in zip(document.branches, back.branches, strict=True):
        assert before.ids == after.ids
        assert [s and bits(s) for s in before.steps] == [s and bits(s) for s in after.steps]


def test_steps_out_of_their_order_are_written_in_that_of_the_text(branch, archive):
    steps = drawn(branch)
    for step in reversed(steps[:-2]):
        archive.keep(step)
    text = b"".join(pieces_of_steps((None, *steps), None))
    assert json.loads(b"[" + text + b"]") == [None, *(json.loads(step_json(step)) for step in steps)]


def test_what_is_longer_than_one_read_is_copied_whole(branch, archive, monkeypatch):
    monkeypatch.setattr(step_archive, "AT_ONCE", 1000)
    steps = branch.steps
    expected = b"".join(pieces_of_steps(steps, None))
    assert b"".join(pieces_of_steps(steps, archive)) == expected
    assert b"".join(pieces_of_steps(steps, archive)) == expected


class FullDisk:
    """A file on a disk that has room for so many bytes."""

    def __init__(self, file, room: int) -> None:
        self._file, self.room = file, room

    def write(self, content: bytes) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = self._file.write(content[: self.room])
        self.room -= count
        return count

    def __getattr__(self, name: str):
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [0, 5000, 8000])
def test_on_a_full_disk_steps_stay_in_memory_until_there_is_room(branch, archive, room):
    before = [bits(step) for step in drawn(branch)]
    expected = b"".join(pieces_of_steps(branch.steps, None))
    archive._file = FullDisk(archive._file, room)
    assert b"".join(pieces_of_steps(branch.steps, archive)) == expected
    assert drawn(branch)[-1].archived is None
    assert [bits(step) for step in drawn(branch)] == before
    archive._file.room = 10**6
    assert b"".join(pieces_of_steps(branch.steps, archive)) == expected
    assert drawn(branch)[-1].archived is not None
    assert [bits(step) for step in drawn(branch)] == before


@pytest.mark.skipif(sys.platform == "win32", reason="there it is a file until it is closed")
def test_it_leaves_no_file(branch, archive, tmp_path):
    archive.keep(drawn(branch)[0])
    assert list(tmp_path.iterdir()) == []


def test_it_is_closed_when_no_step_needs_it(tmp_path):
    archive = StepArchive(tmp_path)
    branch = written((1,), 2)
    archive.keep(drawn(branch)[0])
    file = archive._file
    del archive
    gc.collect()
    assert not file.closed
    del branch
    gc.collect()
    assert file.closed


def test_it_can_be_read_while_it_is_written(branch, archive):
    steps = drawn(written((1,), 300))
    before = [bits(step) for step in steps]
    writer = threading.Thread(target=lambda: [archive.keep(step) for step in steps])
    writer.start()
    rounds = 0
    while writer.is_alive() or not rounds:
        assert [bits(step) for step in steps[::37]] == before[::37]
        rounds += 1
    writer.join()
    assert [bits(step) for step in steps] == before
