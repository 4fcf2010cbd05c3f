"""Writing files: in one step, so that a crash or a full disk never leaves half of one; and tables as CSV."""

import csv
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` by `text` (UTF-8) in one step. Raises OSError and leaves the old file as it was."""
    write_pieces_atomically(path, (text.encode("utf-8"),))


def write_pieces_atomically(path: Path, pieces: Iterable[bytes]) -> None:
    """The same for what is made piece by piece, so that it is never in memory as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_csv(path: Path, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """`rows` below a line with the names of the columns. Raises OSError if the file cannot be written."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
