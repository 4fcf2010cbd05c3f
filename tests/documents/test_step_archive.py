"""Steps that are left to files are bit by bit what they were; where none can be written nothing is lost."""

import errno
import gc
import json
import sys
import threading
import tracemalloc
import weakref
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from vectarium.documents import document_file, step_archive
from vectarium.documents.document import Branch, Document
from vectarium.documents.document_file import Saved
from vectarium.documents.history import History
from vectarium.documents.step_archive import ArchivedSteps, StepArchive, left_to, pieces_of_steps
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
    full = archive._json = FullDisk(archive._json, room)
    assert b"".join(pieces_of_steps(branch.steps, archive)) == expected
    assert drawn(branch)[-1].archived is None
    assert [bits(step) for step in drawn(branch)] == before
    full.room = 10**6
    assert b"".join(pieces_of_steps(branch.steps, archive)) == expected
    assert drawn(branch)[-1].archived is not None
    assert [bits(step) for step in drawn(branch)] == before


def test_numbers_of_tokens_are_one_object_each_and_the_same_numbers(archive):
    ids = (50_000, 7, 300, 2**31 - 1, 300)
    first, second = archive.shared(ids), archive.shared(tuple(int(str(token)) for token in reversed(ids)))
    assert (first, second) == (ids, ids[::-1])
    assert first[0] is second[-1]
    assert first[2] is first[4] is second[0]
    assert archive.shared(()) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="there it is a file until it is closed")
def test_it_leaves_no_file(branch, archive, tmp_path):
    archive.keep(drawn(branch)[0])
    assert list(tmp_path.iterdir()) == []


def test_it_is_closed_when_no_step_needs_it(tmp_path):
    archive = StepArchive(tmp_path)
    branch = written((1,), 2)
    archive.keep(drawn(branch)[0])
    files = archive._json, archive._records
    del archive
    gc.collect()
    assert [file.closed for file in files] == [False, False]
    del branch
    gc.collect()
    assert [file.closed for file in files] == [True, True]


def left(branch: Branch, archive: StepArchive) -> Branch:
    """The same branch after it was left to an archive."""
    for step in drawn(branch):
        archive.keep(step)
    same = Branch(branch.ids, branch.kept, branch.name)
    same.leave_to(archive)
    assert isinstance(same.kept, ArchivedSteps)
    return same


def test_a_branch_that_is_not_looked_at_comes_back_bit_by_bit(branch, archive):
    before = [step and bits(step) for step in branch.steps]
    same = left(branch, archive)
    assert same.ids == branch.ids
    assert same == branch
    assert branch == same
    assert [step and bits(step) for step in same.kept] == before
    assert isinstance(same.kept, ArchivedSteps)  # a look changes nothing
    assert [step and bits(step) for step in same.steps] == before
    assert same.steps is same.steps
    assert same.steps == branch.steps


def test_steps_in_an_archive_are_read_one_by_one_and_in_stretches(branch, archive):
    kept = left(branch, archive).kept
    for index, step in enumerate(branch.steps):
        assert kept[index] == step
        assert (kept[index] is None) == (step is None)
    for part in (slice(2), slice(2, 7), slice(7, None), slice(11, 11)):
        assert isinstance(kept[part], ArchivedSteps)
        assert kept[part] == branch.steps[part] == kept[part]
    assert kept[:5] != branch.steps[:6]
    assert kept[:5] != branch.steps[1:6]
    with pytest.raises(IndexError):
        kept[len(branch)]


def test_another_draw_of_the_same_numbers_is_another_step(archive):
    first, second = written((1,), 2), written((1,), 2)
    assert first.steps[1] != second.steps[1]
    assert left(first, archive).kept != left(second, archive).kept
    assert first.begins_with(left(second, archive))  # alike all the same


def test_what_is_not_in_the_archive_stays_in_memory(branch, archive, tmp_path):
    elsewhere = StepArchive(tmp_path)
    for step in drawn(branch)[1:]:
        archive.keep(step)
    assert left_to(archive, branch.steps) is branch.steps
    elsewhere.keep(drawn(branch)[0])
    branch.leave_to(archive)
    assert isinstance(branch.kept, tuple)


def test_a_document_of_left_branches_is_the_same_file(branch, archive, tmp_path):
    other = branch.cut(7).with_steps(*drawn(written((5,), 4, seed=9)))
    document_file.save(tmp_path / "memory.json", Saved(Document((branch, other), 1), "text"))
    document = Document((left(branch, archive), left(other, archive)), 1)
    document_file.save(tmp_path / "left.json", Saved(document, "text"))
    assert (tmp_path / "left.json").read_bytes() == (tmp_path / "memory.json").read_bytes()
    mixed = Document((left(branch, archive), other), 1)
    document_file.save(tmp_path / "mixed.json", Saved(mixed, "text"))
    assert (tmp_path / "mixed.json").read_bytes() == (tmp_path / "memory.json").read_bytes()


def test_what_was_written_and_left_takes_few_bytes_a_token(archive):
    """Rounds of writing from one prompt, each undone by the next: all stay in the document and in undo."""
    prompt, history, rounds, count = Branch((1, 2, 3), (None,) * 3), History(), 6, 150
    document = Document((prompt,))

    def write(document: Document, seed: int) -> Document:
        history.keep((document, "prompt"))
        document = document.with_branch(written(prompt.ids, count, seed))
        for step in drawn(document.branch):
            archive.keep(step)
        history.keep((document, "text"))
        document = document.with_branch(Branch(prompt.ids, prompt.steps))
        for earlier in (document, *history.documents):
            for branch in earlier.branches:
                if branch is not document.branch:
                    branch.leave_to(archive)
        return document

    document = write(document, seed=100)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for seed in range(rounds):
        document = write(document, seed)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(document.branches) == rounds + 2
    assert grown / (rounds * count) < 60  # a step alone, with its number in the archive, is more than 100
    assert bits(document.branches[3].steps[-1]) == bits(written(prompt.ids, count, 2).steps[-1])


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
