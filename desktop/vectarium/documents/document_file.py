"""A document as a file: JSON with a version, checked on load. Nothing in it is ever executed.

Format, version 2::

    {"vectarium": 2, "model": name, "vocabulary": fingerprint, "text": text looked at,
     "selected": token index or null, "active": branch index,
     "branches": [{"ids": [...], "steps": [null or step, ...], "name": given by the user or missing,
                   "shares": [earlier branch, leading tokens] or missing}, ...]}

Of a branch that shares its leading tokens with an earlier one, `ids` and `steps` hold only what follows them.
A step holds the fields of `vectarium.steps.Step`; `top_penalised` may be missing where no repetition
penalty changed a logit. Stray bytes in `text` are written as escaped lone surrogates (see
`vectarium.vocabulary`).

Version 1 knew no repetition penalty: its steps lack what `NEW_IN_2` of `vectarium.documents.step_json` names.
Both versions are read.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectarium.documents.document import Branch, Document
from vectarium.documents.step_archive import StepArchive, pieces_of_steps
from vectarium.documents.step_json import read_ids, read_step, read_whole
from vectarium.files import write_pieces_atomically

VERSION = 2
LARGEST = 512 * 1024 * 1024  # bytes
MOST_TOKENS = 10_000_000  # in a branch
SHARED_AT_ONCE = 1024  # tokens compared with those of another branch


class DocumentFileError(ValueError):
    """A file that is no document, is damaged, or comes from a newer version; the text says which."""


@dataclass(frozen=True, eq=False)
class Saved:
    """What a file holds."""

    document: Document
    text: str
    selected: int | None = None
    model: str = ""
    vocabulary: str = ""  # fingerprint of the vocabulary that the ids belong to


def save(path: Path, saved: Saved, archive: StepArchive | None = None) -> None:
    """Raises OSError when the file cannot be written; the old one then stays.

    What steps hold of their distributions moves to `archive`, from where it is copied the next time.
    """
    write_pieces_atomically(path, _pieces(saved, archive))


def _pieces(saved: Saved, archive: StepArchive | None) -> Iterator[bytes]:
    head = {
        "vectarium": VERSION,
        "model": saved.model,
        "vocabulary": saved.vocabulary,
        "text": saved.text,
        "selected": saved.selected,
        "active": saved.document.active,
    }
    yield f'{json.dumps(head)[:-1]}, "branches": ['.encode()
    for index in range(len(saved.document.branches)):
        yield from _branch_pieces(saved.document.branches, index, archive)
    yield b"]}"


def _branch_pieces(branches: tuple[Branch, ...], index: int, archive: StepArchive | None) -> Iterator[bytes]:
    branch, source, shared = branches[index], -1, 0
    for earlier in range(index):
        count = _shared(branches[earlier], branch)
        if count > shared:
            source, shared = earlier, count
    yield f'{", " if index else ""}{{"ids": {json.dumps(branch.ids[shared:])}, "steps": ['.encode()
    yield from pieces_of_steps(branch.kept[shared:], archive)
    name = f', "name": {json.dumps(branch.name)}' if branch.name else ""
    shares = f', "shares": [{source}, {shared}]' if shared else ""
    yield f"]{name}{shares}}}".encode()


def _shared(first: Branch, second: Branch) -> int:
    """Leading tokens that two branches have in common with the very same draws."""
    count, block = 0, SHARED_AT_ONCE
    while block:
        part = slice(count, count + block)
        same = first.ids[part] == second.ids[part] and first.kept[part] == second.kept[part]
        if same and part.stop <= min(len(first), len(second)):
            count = part.stop
        else:
            block //= 2
    return count


def load(path: Path) -> Saved:
    """Raises DocumentFileError for anything that is not a whole document, OSError if it cannot be read."""
    if path.stat().st_size > LARGEST:
        raise DocumentFileError(f"{path.name} is larger than any document that Vectarium writes.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DocumentFileError(f"{path.name} is not a Vectarium document, or it is damaged.") from error
    if not isinstance(content, dict) or "vectarium" not in content:
        raise DocumentFileError(f"{path.name} is not a Vectarium document.")
    if content["vectarium"] not in (1, VERSION):
        raise DocumentFileError(f"{path.name} was written by a newer version of Vectarium.")
    try:
        branches: list[Branch] = []
        for plain in content["branches"]:
            branches.append(_branch(plain, branches))
        return Saved(
            Document(tuple(branches), read_whole(content["active"])),
            _text(content["text"]),
            None if content["selected"] is None else read_whole(content["selected"]),
            _text(content["model"]),
            _text(content["vocabulary"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DocumentFileError(f"{path.name} is damaged: {error}.") from error


def _branch(plain: Any, earlier: list[Branch]) -> Branch:
    ids = read_ids(plain["ids"])
    steps = tuple(None if step is None else read_step(step) for step in plain["steps"])
    if "shares" in plain:
        source, count = read_ids(plain["shares"])
        if source >= len(earlier) or count > len(earlier[source]):
            raise ValueError("a branch shares tokens with one that is not there")
        shared = earlier[source].cut(count)
        if count + len(ids) > MOST_TOKENS:
            raise ValueError("a branch is longer than any that Vectarium writes")
        ids, steps = shared.ids + ids, shared.steps + steps
    if any(step is not None and step.token_id != token for token, step in zip(ids, steps, strict=False)):
        raise ValueError("a step is of another token than the one in the text")
    return Branch(ids, steps, _text(plain.get("name", "")))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} where a text belongs")
    return value
