"""What a model sees of a text that is longer than its context. Pure functions."""


def seen_range(count: int, context: int) -> tuple[int, int]:
    """The tokens, from start to end - 1, that a model sees at the end of a text of ``count`` tokens.

    All of them while they fit into its context. Beyond that the oldest drop out, a quarter of the context
    at a time, so that the model always sees at least three quarters of its context, and the pass runs anew
    once a quarter instead of once a token. The same text is always seen in the same way, typed or generated.
    """
    hop = max(1, context // 4)
    start = -(-max(0, count - context) // hop) * hop
    return start, count


def seen_around(count: int, context: int, position: int) -> tuple[int, int]:
    """The tokens that a model sees when it is asked about the one at ``position``: `seen_range`, or, where
    that begins later, what it saw when the text ended there."""
    start, end = seen_range(count, context)
    return (start, end) if position >= start else seen_range(position + 1, context)
