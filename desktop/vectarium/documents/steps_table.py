"""The draws of a text as rows, for files: one a generated token."""

from collections.abc import Iterator
from pathlib import Path

from vectarium.documents.document import Branch
from vectarium.files import write_csv
from vectarium.vocabulary import Vocabulary, visible

COLUMNS = (
    "position",
    "id",
    "text",
    "logit",
    "penalised",
    "model_probability",
    "probability",
    "drawn",
    "rank",
    "uniform",
    "entropy_bits",
    "model_entropy_bits",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "repetition_penalty",
)


def rows(branch: Branch, vocabulary: Vocabulary) -> Iterator[tuple[object, ...]]:
    """Position counts from 0, rank from 1. `penalised` is the logit after the repetition penalty.
    `model_probability` and `model_entropy_bits` are the model's own: no penalty, temperature 1, no cuts;
    `probability` and `entropy_bits` are after penalty and temperature, `drawn` after the cuts as well.
    `uniform` is empty for a token chosen by hand."""
    for position, (token, step) in enumerate(zip(branch.ids, branch.steps, strict=True)):
        if step is not None:
            settings = step.settings
            yield (
                position,
                token,
                vocabulary.plain(token),
                step.logit,
                step.penalised,
                step.model_probability,
                step.probability,
                step.drawn,
                step.rank + 1,
                "" if step.uniform is None else step.uniform,
                step.entropy_bits,
                "" if step.model_entropy_bits is None else step.model_entropy_bits,
                settings.temperature,
                settings.top_k,
                settings.top_p,
                settings.min_p,
                settings.repetition_penalty,
            )


def write(path: Path, branch: Branch, vocabulary: Vocabulary) -> None:
    """Write `rows` as CSV with a header line. Raises OSError if the file cannot be written."""
    write_csv(path, COLUMNS, rows(branch, vocabulary))


def markdown(text: str, branch: Branch, vocabulary: Vocabulary, model: str) -> str:
    """The text as Markdown shows it literally, then its draws."""
    fence = "```"
    while fence in text:
        fence += "`"
    drawn = list(rows(branch, vocabulary))
    lines = [f"# Written with {model or 'Vectarium'}", "", fence, text, fence, ""]
    if drawn:
        shown = ("position", "text", "model_probability", "drawn", "rank", "uniform", "temperature")
        places = [COLUMNS.index(name) for name in shown]
        lines += [
            f"| {' | '.join(name.replace('_', ' ') for name in shown)} |",
            "|---:|:---" + "|---:" * 5 + "|",
        ]
        for row in drawn:
            cells = [_cell(row[place]) for place in places]
            cells[1] = f"`{visible(str(row[COLUMNS.index('text')])).replace('|', '¦').replace('`', 'ˋ')}`"
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
