"""Steps in little memory: their top entries are in a file, as they stand in document files."""

import logging
import tempfile
import threading
import weakref
from array import array
from collections.abc import Iterator
from pathlib import Path

from vectarium.documents.step_json import read_top, step_json
from vectarium.sampling import Step
from vectarium.steps import Top

log = logging.getLogger(__name__)

BETWEEN = b", "  # steps, here as in a document
AT_ONCE = 2**20  # bytes copied


class StepArchive:
    """A temporary file of steps, one after the other. It vanishes with the process, however that ends, or
    when no step needs it any more. Any thread may use it."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError where nothing can be written."""
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self.numbers = bytearray()
        self._ends = array("q", [0])  # [place] where the step before ends
        self._lock = threading.Lock()
        self._newest_read: tuple[int, Top] | None = None

    def keep(self, step: Step) -> None:
        """Move what `step` holds of its distribution here. Raises OSError, and then it stays in memory."""
        if step.archived is None:
            content = step_json(step).encode() + BETWEEN
            with self._lock:
                begin, place = self._ends[-1], len(self._ends) - 1
                self._file.seek(begin)  # over what a full disk left of another
                written = self._file.write(content)
                if written != len(content):
                    raise OSError("The disk is full.")
                self._ends.append(begin + len(content))
                self.numbers += step.packed
            step.leave_to(self, place)

    def top(self, place: int) -> Top:
        """The top entries of a step. Raises OSError if they cannot be read."""
        newest = self._newest_read  # a card asks many times for those of one step
        if newest is None or newest[0] != place:
            newest = self._newest_read = place, read_top(b"".join(self.pieces(place, place)))
        return newest[1]

    def pieces(self, first: int, last: int) -> Iterator[bytes]:
        """The steps from the first to the last place as JSON. Raises OSError if they cannot be read."""
        begin, end = self._ends[first], self._ends[last + 1] - len(BETWEEN)
        while begin < end:
            with self._lock:
                self._file.seek(begin)
                piece = self._file.read(min(AT_ONCE, end - begin))
            if not piece:
                raise OSError("The file of steps is shorter than it was.")
            begin += len(piece)
            yield piece


def pieces_of_steps(steps: tuple[Step | None, ...], archive: StepArchive | None) -> Iterator[bytes]:
    """The JSON of steps, with commas between them; what lies together in an archive is copied as a whole.

    Steps that are in memory move to `archive`, if there is one with room.
    """
    run: tuple[StepArchive, int, int] | None = None  # not yet given: the archive, first and last place
    between = b""
    for step in steps:
        if step is not None and archive is not None:
            archive = _kept(step, archive)
        kept = None if step is None else step.archived
        if run is not None:
            if kept == (run[0], run[2] + 1):
                run = run[0], run[1], run[2] + 1
                continue
            yield between
            yield from run[0].pieces(*run[1:])
            between, run = BETWEEN, None
        if kept is not None and isinstance(kept[0], StepArchive):
            run = kept[0], kept[1], kept[1]
        else:
            yield between + (b"null" if step is None else step_json(step).encode())
            between = BETWEEN
    if run is not None:
        yield between
        yield from run[0].pieces(*run[1:])


def _kept(step: Step, archive: StepArchive) -> StepArchive | None:
    """The archive, if it could take the step."""
    try:
        archive.keep(step)
    except OSError as error:
        log.info("Steps stay in memory: %s", error)
        return None
    return archive
