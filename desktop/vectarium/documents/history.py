"""Undo and redo of the document, with typing gathered into words."""

from collections import deque

from vectarium.documents.document import Document
from vectarium.documents.editing import edit_between

LONGEST, SHORTEST = 500, 20
MOST_TOKENS = 250_000  # of the texts looked at, some 16 bytes each; beyond, undo is shorter

State = tuple[Document, str]  # the document and its text, which may be ahead of its tokens


class History:
    """The states before and after the present one."""

    def __init__(self) -> None:
        self._before: deque[State] = deque(maxlen=LONGEST)
        self._after: list[State] = []
        self._typing: tuple[int, int] | None = None  # where the last edit was, and whether it added or took

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        return bool(self._after)

    @property
    def documents(self) -> tuple[Document, ...]:
        """Those of all states."""
        return tuple(document for states in (self._before, self._after) for document, _ in states)

    def clear(self) -> None:
        self._before.clear()
        self._after.clear()
        self._typing = None

    def keep(self, present: State) -> None:
        """`present` is about to be left for something new."""
        self._before.append(present)
        tokens = sum(len(document.branch) for document, _ in self._before)
        while tokens > MOST_TOKENS and len(self._before) > SHORTEST:
            tokens -= len(self._before.popleft()[0].branch)
        self._after.clear()
        self._typing = None

    def keep_before_edit(self, present: State, text: str) -> None:
        """`present` is about to become `text`; kept unless that only goes on with the word being typed."""
        edit = edit_between(present[1], text)
        added, gone = edit.new_end - edit.start, edit.old_end - edit.start
        one = 1 if (added, gone) == (1, 0) else -1 if (added, gone) == (0, 1) else 0
        goes_on = (
            one != 0
            and self._typing == (edit.start - one, one)
            and not text[edit.start : edit.new_end].isspace()
            and bool(self._before)
        )
        if not goes_on:
            self.keep(present)
        self._after.clear()
        self._typing = (edit.start, one)

    def undo(self, present: State) -> State | None:
        """The state before `present`, or None."""
        return self._travel(self._before, self._after, present)

    def redo(self, present: State) -> State | None:
        """The state that undo left, or None."""
        return self._travel(self._after, self._before, present)

    def _travel(
        self, source: "deque[State] | list[State]", target: "deque[State] | list[State]", present: State
    ) -> State | None:
        if not source:
            return None
        self._typing = None
        target.append(present)
        return source.pop()
