"""How long work tells the share that is done, and is stopped."""

from collections.abc import Callable

Checkpoint = Callable[[float], None]
"""Called with the share that is done, 0 to 1; what it raises ends the work and reaches the caller."""


def unheeded(share: float) -> None:
    """The checkpoint of a caller that wants neither progress nor a way to cancel."""
