"""Steps in little memory: what they hold is in files, their top entries as they stand in document files."""

import logging
import struct
import tempfile
import threading
import weakref
from array import array
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import overload

from vectarium.documents.step_json import read_top, step_json
from vectarium.sampling import SamplingSettings, Step
from vectarium.steps import NUMBERS_SIZE, Top, restored

log = logging.getLogger(__name__)

BETWEEN = b", "  # steps, here as in a document
AT_ONCE = 2**20  # bytes copied
TYPED = -1  # the place of no step
SHARED = 2**17  # numbers below, as almost all tokens have, are one object each

_RECORD = struct.Struct(f"<qiii{NUMBERS_SIZE}s")
"""Where the JSON of a step begins, how many bytes it has, the token, which settings, the numbers."""


class StepArchive:
    """Temporary files of steps, one after the other. They vanish with the process, however that ends, or
    when no step needs them any more. Any thread may use it."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where nothing can be written."""
        self._json, self._records = _file(self, folder), _file(self, folder)
        self._end = self._count = 0  # bytes of JSON, steps
        self._settings: dict[SamplingSettings, int] = {}  # and which they are
        self._ids: list[int] = []  # each at its own place
        self._lock = threading.Lock()
        self._newest_read: tuple[int, Top] | None = None

    def keep(self, *steps: Step) -> None:
        """Move what `steps` hold of their distributions here. Raises OSError: then they stay in memory."""
        new = [step for step in steps if step.archived is None]
        if not new:  # as of almost all when a text is saved again
            return
        contents = [step_json(step).encode() + BETWEEN for step in new]
        with self._lock:
            end, first, records = self._end, self._count, []
            for step, content in zip(new, contents, strict=True):
                settings = self._settings.setdefault(step.settings, len(self._settings))
                records.append(_RECORD.pack(end, len(content), step.token_id, settings, step.packed))
                end += len(content)
            _write(self._json, self._end, b"".join(contents))
            _write(self._records, first * _RECORD.size, b"".join(records))
            self._end, self._count = end, first + len(new)
        for place, step in enumerate(new, first):
            step.leave_to(self, place)

    def top(self, place: int) -> Top:
        """The top entries of a step. Raises OSError if they cannot be read."""
        newest = self._newest_read  # a card asks many times for those of one step
        if newest is None or newest[0] != place:
            newest = self._newest_read = place, read_top(b"".join(self.pieces(place, place)))
        return newest[1]

    def steps(self, first: int, last: int) -> Iterator[Step]:
        """The steps from the first to the last place. Raises OSError if they cannot be read."""
        with self._lock:
            settings = list(self._settings)
        for place, record in enumerate(_RECORD.iter_unpack(self._read_records(first, last)), first):
            _, _, token, which, numbers = record
            yield restored(token, settings[which], numbers, place, self)

    def pieces(self, first: int, last: int) -> Iterator[bytes]:
        """The steps from the first to the last place as JSON. Raises OSError if they cannot be read."""
        begin, *_ = _RECORD.unpack(self._read_records(first, first))
        end, length, *_ = _RECORD.unpack(self._read_records(last, last))
        end += length - len(BETWEEN)
        while begin < end:
            piece = self._read(self._json, begin, min(AT_ONCE, end - begin))
            begin += len(piece)
            yield piece

    def place_of(self, step: Step | None) -> int:
        """Where a step is here. Raises ValueError if it is not."""
        if step is None:
            return TYPED
        archive, place = step.archived or (None, TYPED)
        if archive is not self:
            raise ValueError("a step that is in no archive, or in another one")
        return place

    def shared(self, ids: tuple[int, ...]) -> tuple[int, ...]:
        """The same numbers, of which each is one object wherever it was asked for."""
        with self._lock:
            most = min(max(ids, default=-1) + 1, SHARED)
            self._ids.extend(range(len(self._ids), most))
            known = len(self._ids)
        return tuple(self._ids[token] if token < known else token for token in ids)

    def _read_records(self, first: int, last: int) -> bytes:
        count = (last + 1 - first) * _RECORD.size
        parts = b""
        while len(parts) < count:
            parts += self._read(self._records, first * _RECORD.size + len(parts), count - len(parts))
        return parts

    def _read(self, file: FileIO, begin: int, count: int) -> bytes:
        with self._lock:
            file.seek(begin)
            content = file.read(count)
        if not content:
            raise OSError("A file of steps is shorter than it was.")
        return content


def _file(owner: object, folder: Path) -> FileIO:
    file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
    weakref.finalize(owner, file.close)
    return file


def _write(file: FileIO, begin: int, content: bytes) -> None:
    file.seek(begin)  # over what a full disk left of another
    if file.write(content) != len(content):
        raise OSError("The disk is full.")


class ArchivedSteps(Sequence[Step | None]):
    """The steps of a text that are all in an archive: four bytes each.

    What is read from it are new objects, equal to those that were left there. Raises OSError if they cannot
    be read.
    """

    def __init__(self, archive: StepArchive, places: "array[int]") -> None:
        self.archive = archive
        self.places = places  # [token] TYPED for one typed by hand

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> Step | None: ...
    @overload
    def __getitem__(self, index: slice) -> "ArchivedSteps": ...
    def __getitem__(self, index: int | slice) -> "Step | ArchivedSteps | None":
        if isinstance(index, slice):
            return ArchivedSteps(self.archive, self.places[index])
        place = self.places[index]
        return None if place == TYPED else next(self.archive.steps(place, place))

    def __iter__(self) -> Iterator[Step | None]:
        begin = 0
        while begin < len(self.places):
            first, end = self.places[begin], begin + 1
            if first == TYPED:
                yield None
            else:
                while end < len(self.places) and self.places[end] == first + end - begin:
                    end += 1
                yield from self.archive.steps(first, self.places[end - 1])
            begin = end

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ArchivedSteps):
            return self.archive is other.archive and self.places == other.places
        if isinstance(other, tuple):
            try:
                return len(self) == len(other) and self.places == _places(other, self.archive)
            except ValueError:
                return False
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]


def left_to(archive: StepArchive, steps: Sequence[Step | None]) -> Sequence[Step | None]:
    """The same steps in less memory, if all are in `archive`."""
    try:
        return steps if isinstance(steps, ArchivedSteps) else ArchivedSteps(archive, _places(steps, archive))
    except ValueError:
        return steps


def _places(steps: Sequence[Step | None], archive: StepArchive) -> "array[int]":
    return array("i", map(archive.place_of, steps))


def pieces_of_steps(steps: Sequence[Step | None], archive: StepArchive | None) -> Iterator[bytes]:
    """The JSON of steps, with commas between them; what lies together in an archive is copied as a whole.

    Steps that are in memory move to `archive`, if there is one with room.
    """
    run: tuple[StepArchive, int, int] | None = None  # not yet given: the archive, first and last place
    between = b""
    for entry in _entries(steps, archive):
        if run is not None:
            if entry == (run[0], run[2] + 1):
                run = run[0], run[1], run[2] + 1
                continue
            yield between
            yield from run[0].pieces(*run[1:])
            between, run = BETWEEN, None
        if isinstance(entry, tuple):
            run = entry[0], entry[1], entry[1]
        else:
            yield between + (b"null" if entry is None else step_json(entry).encode())
            between = BETWEEN
    if run is not None:
        yield between
        yield from run[0].pieces(*run[1:])


def _entries(
    steps: Sequence[Step | None], archive: StepArchive | None
) -> Iterator[tuple[StepArchive, int] | Step | None]:
    """Where each step is, or itself if it stays in memory."""
    if isinstance(steps, ArchivedSteps):
        for place in steps.places:
            yield None if place == TYPED else (steps.archive, place)
        return
    for step in steps:
        if step is not None and archive is not None:
            archive = _kept(step, archive)
        kept = None if step is None else step.archived
        yield (kept[0], kept[1]) if kept is not None and isinstance(kept[0], StepArchive) else step


def _kept(step: Step, archive: StepArchive) -> StepArchive | None:
    """The archive, if it could take the step."""
    try:
        archive.keep(step)
    except OSError as error:
        log.info("Steps stay in memory: %s", error)
        return None
    return archive
