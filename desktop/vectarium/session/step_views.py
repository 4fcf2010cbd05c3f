"""Steps and branches in the words and shapes that the Writing pane shows."""

import math

import numpy as np

from vectarium.documents.document import Document
from vectarium.documents.tree import Node, tree
from vectarium.drawing.distribution_rows import percent
from vectarium.drawing.writing.branch_tree import TreeNode
from vectarium.drawing.writing.dice import Chances
from vectarium.drawing.writing.step_card import Card, CardRow
from vectarium.sampling import SamplingSettings, Step
from vectarium.session.token_numbers import TokenNumbers

SHOWN = 10
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Labels = tuple[str, ...]  # [token id]


def settings_in_short(settings: SamplingSettings) -> str:
    """Temperature and cuts in a few characters."""
    parts = [f"T {settings.temperature:g}"]
    parts += [f"top-k {settings.top_k:,}"] if settings.top_k else []
    parts += [f"top-p {settings.top_p:g}"] if settings.top_p < 1 else []
    parts += [f"min-p {settings.min_p:g}"] if settings.min_p else []
    penalty = settings.repetition_penalty
    parts += [f"repetition {penalty:g}"] if penalty != 1 else []
    return ", ".join(parts)


def scientific(logarithm: float) -> str:
    """exp of a natural logarithm, as small as it may be: 0.52, 1.2 × 10⁻⁹."""
    power = logarithm / math.log(10)
    if power > -3:
        return f"{10**power:.3g}"
    whole = math.floor(power)
    return f"{10 ** (power - whole):.1f} × 10{str(whole).translate(_SUPERSCRIPTS)}"


def step_card(step: Step, labels: Labels) -> Card:
    """The ten most likely tokens of a step, and the drawn one if it is beyond them."""
    probability, count = step.top_probability, len(step.top_ids)
    ranks = list(range(min(SHOWN, count)))
    if SHOWN <= step.rank < count:
        ranks.append(step.rank)
    rows = [
        CardRow(
            rank,
            labels[step.top_ids[rank]],
            float(step.top_logits[rank]),
            float(probability[rank]),
            rank < step.kept_count,
            rank == step.rank,
        )
        for rank in ranks
    ]
    if step.rank >= count:
        kept = step.rank < step.kept_count
        rows.append(CardRow(step.rank, labels[step.token_id], step.logit, step.probability, kept, True))
    how = "chosen by hand" if step.uniform is None else f"drawn by u = {step.uniform:.4f}"
    facts = (
        f"rank {step.rank + 1:,} of {step.vocabulary_size:,} · {percent(step.probability)} · {how} · "
        f"{settings_in_short(step.settings)}"
    )
    return Card(labels[step.token_id], facts, tuple(rows), "Click another token to branch off with it.")


def typed_card(token: int, position: int, numbers: TokenNumbers, labels: Labels) -> Card:
    """What is known of a token that someone typed."""
    if position == 0:
        facts = "typed by hand · the first token: the model has nothing to expect it from"
    elif position < len(numbers) and not np.isnan(numbers.probability[position]):
        facts = (
            f"typed by hand · the model gave it {percent(float(numbers.probability[position]))}, "
            f"rank {int(numbers.rank[position]) + 1:,}"
        )
    else:
        facts = "typed by hand"
    return Card(labels[token], facts)


def chances(step: Step, labels: Labels) -> Chances:
    """The tokens that the cuts left, the hundred most likely one by one."""
    kept = min(step.kept_count, len(step.top_ids))
    drawn = step.top_drawn[:kept]
    names = tuple(labels[token] for token in step.top_ids[:kept].tolist())
    others = step.kept_count - kept
    if others:
        rest = max(0.0, 1.0 - float(drawn.sum()))
        return Chances((*names, f"{others:,} others"), np.append(drawn, rest), others)
    return Chances(names, drawn)


def dice_words(step: Step, labels: Labels) -> tuple[str, str]:
    """A title and a sentence on how a step was drawn."""
    label = labels[step.token_id]
    if step.uniform is None:
        return f"{label} was chosen by hand", "No number was drawn for it; roll to see what chance would do."
    if step.settings.temperature == 0:
        return f"How {label} was drawn", "At temperature 0 the most likely token has the whole bar."
    return (
        f"How {label} was drawn",
        f"{step.kept_count:,} of {step.vocabulary_size:,} tokens could be drawn, each as wide as its "
        f"probability. The random number u = {step.uniform:.4f} fell on {label}.",
    )


def tree_nodes(document: Document, labels: Labels) -> tuple[tuple[TreeNode, ...], tuple[Node, ...]]:
    """The document's tree as it is drawn, and as it is."""
    nodes = tree(document)
    deepest = max((index for index, node in enumerate(nodes) if node.active), default=-1)
    drawn = []
    for index, node in enumerate(nodes):
        branch = document.branches[node.branch]
        label = labels[branch.ids[node.start]] if node.start < len(branch) else "·"
        detail = ""
        step = branch.kept[node.start] if node.start < len(branch) else None
        if node.parent is None:
            label = f"{label}…" if node.end > node.start else "start"
        elif step is not None:
            detail = percent(step.model_probability)
        else:
            detail = "typed"
        tip = f"{node.end - node.start:,} tokens"
        if node.leaf is not None:
            logarithm, count = document.branches[node.leaf].log_probability
            if document.branches[node.leaf].name:
                label = document.branches[node.leaf].name
            if count:
                tip += (
                    f"; the model's own probability of this branch's {count:,} written tokens: "
                    f"{scientific(logarithm)}"
                )
        drawn.append(TreeNode(node.parent, label, detail, tip, node.active, index == deepest, node.leaf))
    return tuple(drawn), nodes


def branch_summary(document: Document, ends: int) -> str:
    """How many branches there are, and how likely the one looked at was."""
    logarithm, count = document.branch.log_probability
    branches = "1 branch" if ends == 1 else f"{ends:,} branches"
    return f"{branches} · this one p = {scientific(logarithm)}" if count else branches
