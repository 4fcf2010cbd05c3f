"""A document as a file: JSON with a version, checked on load. Nothing in it is ever executed.

Format, version 2::

    {"vectarium": 2, "model": name, "vocabulary": fingerprint, "text": text looked at,
     "selected": token index or null, "active": branch index,
     "branches": [{"ids": [...], "steps": [null or step, ...], "name": given by the user or missing,
                   "shares": [earlier branch, leading tokens] or missing}, ...]}

Of a branch that shares its leading tokens with an earlier one, `ids` and `steps` hold only what follows them.
A step holds the fields of `vectarium.sampling.Step`; `top_penalised` may be missing where no repetition
penalty changed a logit. Stray bytes in `text` are written as escaped lone surrogates (see
`vectarium.vocabulary`).

Version 1 knew no repetition penalty: its steps lack what `NEW_IN_2` names. Both versions are read.
"""

import json
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vectarium.documents.document import Branch, Document
from vectarium.files import write_atomically
from vectarium.sampling import STEP_ENTRIES, SamplingSettings, Step

VERSION = 2
NEW_IN_2 = frozenset({"penalised", "model_rank", "model_entropy_bits", "top_penalised"})
LARGEST = 512 * 1024 * 1024  # bytes
ROUNDING = 1e-9
MOST_TOKENS = 10_000_000  # in a branch


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


def save(path: Path, saved: Saved) -> None:
    """Raises OSError when the file cannot be written; the old one then stays."""
    head = {
        "vectarium": VERSION,
        "model": saved.model,
        "vocabulary": saved.vocabulary,
        "text": saved.text,
        "selected": saved.selected,
        "active": saved.document.active,
    }
    branches = ", ".join(
        _branch_json(saved.document.branches, i) for i in range(len(saved.document.branches))
    )
    write_atomically(path, f'{json.dumps(head)[:-1]}, "branches": [{branches}]}}')


def _branch_json(branches: tuple[Branch, ...], index: int) -> str:
    branch, source, shared = branches[index], -1, 0
    for earlier in range(index):
        count = _shared(branches[earlier], branch)
        if count > shared:
            source, shared = earlier, count
    steps = ", ".join(_step_json(step) for step in branch.steps[shared:])
    parts = [f'"ids": {json.dumps(branch.ids[shared:])}', f'"steps": [{steps}]']
    if branch.name:
        parts.append(f'"name": {json.dumps(branch.name)}')
    if shared:
        parts.append(f'"shares": [{source}, {shared}]')
    return "{" + ", ".join(parts) + "}"


def _shared(first: Branch, second: Branch) -> int:
    """Leading tokens that two branches have in common with the very same draws."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first.ids[:middle] == second.ids[:middle] and first.steps[:middle] == second.steps[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


@lru_cache(maxsize=20_000)
def _step_json(step: Step | None) -> str:
    """Steps never change: what was written once is kept, so that autosave stays cheap in a long text."""
    return json.dumps(_plain_step(step))


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
            Document(tuple(branches), _whole(content["active"])),
            _text(content["text"]),
            None if content["selected"] is None else _whole(content["selected"]),
            _text(content["model"]),
            _text(content["vocabulary"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DocumentFileError(f"{path.name} is damaged: {error}.") from error


def _branch(plain: Any, earlier: list[Branch]) -> Branch:
    ids, steps = _ids(plain["ids"]), tuple(_step(step) for step in plain["steps"])
    if "shares" in plain:
        source, count = _ids(plain["shares"])
        if source >= len(earlier) or count > len(earlier[source]):
            raise ValueError("a branch shares tokens with one that is not there")
        shared = earlier[source].cut(count)
        if count + len(ids) > MOST_TOKENS:
            raise ValueError("a branch is longer than any that Vectarium writes")
        ids, steps = shared.ids + ids, shared.steps + steps
    if any(step is not None and step.token_id != token for token, step in zip(ids, steps, strict=False)):
        raise ValueError("a step is of another token than the one in the text")
    return Branch(ids, steps, _text(plain.get("name", "")))


def _plain_step(step: Step | None) -> dict[str, Any] | None:
    if step is None:
        return None
    plain: dict[str, Any] = {}
    for entry in fields(Step):
        value = getattr(step, entry.name)
        if isinstance(value, np.ndarray):
            value = [float(f"{x:.9g}") for x in value] if value.dtype.kind == "f" else value.tolist()
        elif isinstance(value, SamplingSettings):
            value = {setting.name: getattr(value, setting.name) for setting in fields(value)}
        plain[entry.name] = value
    if np.array_equal(step.top_penalised, step.top_logits):
        del plain["top_penalised"]
    return plain


def _step(plain: Any) -> Step | None:
    if plain is None:
        return None
    names = {entry.name for entry in fields(Step)}
    allowed = (names, names - {"top_penalised"}, names - NEW_IN_2)
    if not isinstance(plain, dict) or set(plain) not in allowed:
        raise ValueError("a step lacks something or has something strange")
    values = dict(plain)
    values["settings"] = SamplingSettings(**values["settings"])
    values["top_ids"] = np.array(_ids(values["top_ids"]), np.int32)
    values["top_logits"] = _logits(values["top_logits"])
    values["top_penalised"] = (
        _logits(values["top_penalised"]) if "top_penalised" in plain else values["top_logits"]
    )
    for array in (values["top_ids"], values["top_logits"], values["top_penalised"]):
        array.flags.writeable = False
    if not NEW_IN_2 & set(plain):
        values["penalised"] = values["logit"]
        values["model_rank"] = values["rank"]
        at_one = values["settings"].temperature == 1
        values["model_entropy_bits"] = values["entropy_bits"] if at_one else None
    for name in ("token_id", "rank", "vocabulary_size", "kept_count"):
        values[name] = _whole(values[name])
    for entry in fields(Step):
        if entry.type in ("float", float):
            values[entry.name] = _number(values[entry.name])
    for name, read in (("uniform", _number), ("model_entropy_bits", _number), ("model_rank", _whole)):
        if values[name] is not None:
            values[name] = read(values[name])
    step = Step(**values)
    _check(step)
    return step


def _logits(values: Any) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.array([_number(value) for value in values]).astype(np.float32)


def _check(step: Step) -> None:
    """Raise ValueError for numbers that no draw gives, which would only come to light when they are shown."""
    entries, size = len(step.top_ids), step.vocabulary_size
    if not 0 < entries == len(step.top_logits) == len(step.top_penalised) <= STEP_ENTRIES:
        raise ValueError("a step has tokens without logits")
    shares = (step.model_probability, step.probability, step.drawn, step.removed_mass, step.uniform or 0.0)
    if not all(0 <= share <= 1 + ROUNDING for share in shares) or step.removed_mass == 1 or step.uniform == 1:
        raise ValueError("a step has a probability that is none")
    ranks = (step.rank, step.model_rank or 0, step.kept_count - 1, step.token_id, int(step.top_ids.max()))
    if not all(0 <= number < size for number in ranks):
        raise ValueError("a step has a token or a rank outside its vocabulary")
    if step.rank < entries and step.top_ids[step.rank] != step.token_id:
        raise ValueError("a step has another token than its rank says")
    if not np.isfinite([step.top_logits, step.top_penalised]).all():
        raise ValueError("a step has a logit that is too large")
    if (np.diff(step.top_penalised) > 0).any():
        raise ValueError("a step has tokens in the wrong order")


def _ids(values: Any) -> tuple[int, ...]:
    if not isinstance(values, list):
        raise ValueError("token ids that are no list")
    return tuple(_whole(value) for value in values)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError(f"{value!r} where a whole number belongs")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise ValueError(f"{value!r} where a number belongs")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} where a text belongs")
    return value
