"""The numbers that a widget shows, for a file."""

from collections.abc import Callable, Iterable

Numbers = tuple[str, tuple[str, ...], Callable[[], Iterable[tuple[object, ...]]]]
"""A name, the columns, and what makes the rows."""
