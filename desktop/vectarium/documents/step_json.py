"""A step as JSON and back, checked. The format is described in `vectarium.documents.document_file`."""

import json
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from vectarium.ranking import read_only
from vectarium.sampling import STEP_ENTRIES, SamplingSettings, Step
from vectarium.steps import Top

NEW_IN_2 = frozenset({"penalised", "model_rank", "model_entropy_bits", "top_penalised"})
ROUNDING = 1e-9

_NUMBERS = tuple(
    entry.name for entry in fields(Step) if entry.name != "settings" and "NDArray" not in str(entry.type)
)


def step_json(step: Step) -> str:
    """The logits with the digits that give the very same float32 again."""
    # By hand: `json` takes several times as long, in which the window would wait for Python's lock.
    penalised = step.top_penalised is not step.top_logits
    penalised = penalised and not np.array_equal(step.top_penalised, step.top_logits)
    parts = [f'"{name}": {_number_json(getattr(step, name))}' for name in _NUMBERS]
    parts += [f'"settings": {_settings_json(step.settings)}', f'"top_ids": {step.top_ids.tolist()}']
    parts.append(f'"top_logits": {_logits_json(step.top_logits)}')
    if penalised:
        parts.append(f'"top_penalised": {_logits_json(step.top_penalised)}')
    return f"{{{', '.join(parts)}}}"


def _number_json(value: float | None) -> str:
    return "null" if value is None else repr(value)


@lru_cache(maxsize=64)
def _settings_json(settings: SamplingSettings) -> str:
    return json.dumps(asdict(settings))


def _logits_json(logits: npt.NDArray[np.float32]) -> str:
    return f"[{_digits(logits.size) % tuple(logits.tolist())}]"


@lru_cache(maxsize=STEP_ENTRIES)
def _digits(count: int) -> str:
    return ", ".join(["%.9g"] * count)


def read_top(text: str | bytes) -> Top:
    """The top entries of what `step_json` wrote, without a check."""
    plain = json.loads(text)
    logits = _array(plain["top_logits"], np.float32)
    penalised = _array(plain["top_penalised"], np.float32) if "top_penalised" in plain else logits
    return _array(plain["top_ids"], np.int32), logits, penalised


def _array(values: list[float], kind: Any) -> npt.NDArray[Any]:
    return read_only(np.array(values, kind))


def read_step(plain: Any) -> Step:
    """Raises KeyError, TypeError, ValueError or OverflowError for anything that no draw gives."""
    names = {entry.name for entry in fields(Step)}
    allowed = (names, names - {"top_penalised"}, names - NEW_IN_2)
    if not isinstance(plain, dict) or set(plain) not in allowed:
        raise ValueError("a step lacks something or has something strange")
    values = dict(plain)
    values["settings"] = SamplingSettings(**values["settings"])
    values["top_ids"] = read_only(np.array(read_ids(values["top_ids"]), np.int32))
    values["top_logits"] = _logits(values["top_logits"])
    values["top_penalised"] = (
        _logits(values["top_penalised"]) if "top_penalised" in plain else values["top_logits"]
    )
    if not NEW_IN_2 & set(plain):
        values["penalised"] = values["logit"]
        values["model_rank"] = values["rank"]
        at_one = values["settings"].temperature == 1
        values["model_entropy_bits"] = values["entropy_bits"] if at_one else None
    for name in ("token_id", "rank", "vocabulary_size", "kept_count"):
        values[name] = read_whole(values[name])
    for entry in fields(Step):
        if entry.type in ("float", float):
            values[entry.name] = _number(values[entry.name])
    for name, read in (("uniform", _number), ("model_entropy_bits", _number), ("model_rank", read_whole)):
        if values[name] is not None:
            values[name] = read(values[name])
    step = Step(**values)
    _check(step)
    return step


def _logits(values: Any) -> npt.NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return read_only(np.array([_number(value) for value in values]).astype(np.float32))


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


def read_ids(values: Any) -> tuple[int, ...]:
    if not isinstance(values, list):
        raise ValueError("token ids that are no list")
    return tuple(read_whole(value) for value in values)


def read_whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError(f"{value!r} where a whole number belongs")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise ValueError(f"{value!r} where a number belongs")
    return float(value)
