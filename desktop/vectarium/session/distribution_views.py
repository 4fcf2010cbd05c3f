"""Distributions and draws as the rows, sentences and records that the Next token pane shows."""

from collections.abc import Iterator

import numpy as np

from vectarium.drawing.distribution_rows import Rows, percent
from vectarium.messages import Ids
from vectarium.sampling import Distribution, Step
from vectarium.session.step_views import Labels, settings_in_short

CONTEXT = 7  # tokens before a distribution that are named

COLUMNS = ("rank", "id", "text", "logit", "penalised", "scaled", "probability", "drawn")


def rows_of(shown: Distribution, labels: Labels, count: int) -> Rows:
    """The `count` most likely tokens."""
    first = shown.first(count)
    return Rows(
        labels=labels,
        ids=first.order,
        logits=first.logits,
        penalised=first.penalised,
        scaled=first.scaled,
        probability=first.probability,
        drawn=first.drawn,
        kept=shown.kept_count,
        greedy=shown.settings.temperature == 0,
        penalty=shown.settings.repetition_penalty != 1,
    )


def rows_of_step(step: Step, labels: Labels, count: int) -> Rows:
    """At most `count` of the hundred that a step keeps, and below them the drawn token if it is beyond."""
    count = min(count, len(step.top_ids))
    beyond = step.rank >= count
    head = slice(0, count)
    temperature = step.settings.temperature

    def with_own(numbers: np.ndarray, own: float) -> np.ndarray:
        return np.append(numbers[head], np.array([own], numbers.dtype)) if beyond else numbers[head]

    penalised = with_own(step.top_penalised, step.penalised)
    exact = penalised.astype(np.float64)
    with np.errstate(over="ignore"):
        scaled = exact / temperature if temperature else exact
    return Rows(
        labels=labels,
        ids=with_own(step.top_ids, step.token_id),
        logits=with_own(step.top_logits, step.logit),
        penalised=penalised,
        scaled=scaled,
        probability=with_own(step.top_probability, step.probability),
        drawn=with_own(step.top_drawn, step.drawn),
        kept=step.kept_count,
        greedy=temperature == 0,
        penalty=step.settings.repetition_penalty != 1,
        drawn_row=count if beyond else step.rank,
        last_rank=step.rank if beyond else None,
    )


def context(ids: Ids, end: int, labels: Labels) -> str:
    """The last few of the first `end` tokens, as they are drawn."""
    cut = "… " if end > CONTEXT else ""
    return cut + "".join(labels[token] for token in ids[max(0, end - CONTEXT) : end])


def summary(shown: Distribution, count: int) -> str:
    """How undecided the model is, and what is not listed or was cut."""
    total = shown.ranking.size
    lines = [f"As undecided as among {_about(2**shown.entropy_bits)} equally likely tokens."]
    if count < total:
        tail = percent(shown.mass_after(count))
        lines.append(f"The {total - count:,} tokens not listed hold {tail} together.")
    if shown.kept_count < total:
        gone = total - shown.kept_count
        lines.append(
            f"{gone:,} tokens with {percent(shown.removed_mass)} of the probability are cut and "
            f"cannot be drawn; {shown.kept_count:,} can."
        )
    else:
        lines.append("Nothing is cut: every token can be drawn.")
    return " ".join(lines)


def draw_summary(step: Step, rows: Rows) -> str:
    """With which settings and which number a token was drawn, and what is not listed or was cut."""
    how = "chosen by hand" if step.uniform is None else f"drawn by u = {step.uniform:.4f}"
    lines = [f"Rank {step.rank + 1:,}, {how}, with {settings_in_short(step.settings)}."]
    hidden = step.vocabulary_size - rows.count
    if hidden > 0:
        rest = max(0.0, 1.0 - float(rows.probability.sum()))
        lines.append(f"The {hidden:,} tokens not listed had {percent(rest)} together.")
    gone = step.vocabulary_size - step.kept_count
    if gone:
        lines.append(f"{gone:,} tokens with {percent(step.removed_mass)} of the probability were cut.")
    return " ".join(lines)


def records(rows: Rows) -> Iterator[tuple[object, ...]]:
    """All that `rows` hold, as `COLUMNS` names it; ranks count from 1."""
    arrays = (rows.ids, rows.logits, rows.penalised, rows.scaled, rows.probability, rows.drawn)
    for row, (token, *numbers) in enumerate(zip(*(array.tolist() for array in arrays), strict=True)):
        yield (rows.rank_of(row) + 1, token, rows.labels[token], *numbers)


def _about(number: float) -> str:
    return f"{number:.1f}" if number < 100 else f"{number:,.0f}"
