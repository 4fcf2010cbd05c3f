"""What the further views on one head show, made from what the model answered."""

from collections import Counter

from vectarium.attention.worksheet import MOST_TOKENS, steps
from vectarium.drawing.heads.head_moves import Moves
from vectarium.drawing.heads.head_worksheet import Sheet
from vectarium.messages_attention import HeadRead, MovesRead


def moves_of(found: MovesRead, labels: tuple[str, ...]) -> Moves:
    """What the head moves, with the labels of the vocabulary; a token that stands there often is counted."""
    keys = found.seen.ids[found.seen.start : found.position + 1].tolist()
    often = Counter(keys)
    names = [
        labels[token] + (f" · {place}" if often[token] > 1 else "")
        for place, token in enumerate(keys, start=1)
    ]
    return Moves(
        query=labels[int(found.seen.ids[found.position])],
        sources=tuple(zip(names, found.weights.tolist(), found.moved.tolist(), strict=True)),
        change=found.change,
        residual=found.residual,
        up=tuple((labels[token], push) for token, push in found.up),
        down=tuple((labels[token], push) for token, push in found.down),
        check=f"All {found.heads} heads of the layer and its bias sum to its attention output: "
        f"they differ by {found.sum_error:.0e} at most.",
    )


def sheet_of(head: HeadRead, tokens: tuple[str, ...], queries_down: bool) -> Sheet:
    """The head worked out for the first of its tokens."""
    count = min(MOST_TOKENS, len(head.keys))
    worked = steps(
        head.queries[:count],
        head.keys[:count],
        head.values[:count],
        head.scaling,
        tokens[:count],
        queries_down,
    )
    cut = f"The first {count} tokens: what comes after them changes none of these numbers."
    return Sheet(
        f"Layer {head.layer} · head {head.head} by hand", worked, cut if len(head.keys) > count else ""
    )
