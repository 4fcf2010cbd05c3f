"""The document: what the user wrote and the model continued, as branches of tokens.

A branch is one whole text from its first token to its last. Branches that begin alike form a tree, which is
derived from them and stored nowhere. Documents are immutable: undo keeps the old one.
"""

from dataclasses import dataclass, replace

from vectarium.sampling import Step


@dataclass(frozen=True)
class Branch:
    """A text as tokens. `steps` holds how each generated token was drawn, None for a token typed by hand."""

    ids: tuple[int, ...] = ()
    steps: tuple[Step | None, ...] = ()

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.steps):
            raise ValueError(f"{len(self.ids)} tokens with {len(self.steps)} steps")

    def __len__(self) -> int:
        return len(self.ids)

    def generated_up_to(self, end: int) -> int:
        """The number of leading tokens up to the last generated one among the first `end`, 0 if none is."""
        for index in range(min(end, len(self)), 0, -1):
            if self.steps[index - 1] is not None:
                return index
        return 0

    def begins_with(self, other: "Branch") -> bool:
        """Whether nothing of `other` would be lost if only this branch were kept."""
        count = len(other)
        return self.ids[:count] == other.ids and self.steps[:count] == other.steps


@dataclass(frozen=True)
class Document:
    """All branches and which of them is looked at."""

    branches: tuple[Branch, ...] = (Branch(),)
    active: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.active < len(self.branches):
            raise ValueError(f"branch {self.active} of {len(self.branches)}")

    @property
    def branch(self) -> Branch:
        return self.branches[self.active]

    def with_branch(self, branch: Branch) -> "Document":
        """The document after the looked-at text became `branch`.

        Text that was only typed is replaced. A generated token that `branch` lacks stays in the branch it was
        in, and `branch` is added beside it.
        """
        old = self.branch
        kept = _common_length(old, branch)
        if old.generated_up_to(len(old)) <= kept:
            return replace(
                self, branches=self.branches[: self.active] + (branch,) + self.branches[self.active + 1 :]
            )
        return Document(self.branches + (branch,), len(self.branches))

    def choose(self, active: int) -> "Document":
        return replace(self, active=active)


def _common_length(first: Branch, second: Branch) -> int:
    """Leading tokens that both share, drawn in the same way."""
    shorter = min(len(first), len(second))
    if first.ids[:shorter] == second.ids[:shorter] and first.steps[:shorter] == second.steps[:shorter]:
        return shorter
    for index in range(shorter):
        if first.ids[index] != second.ids[index] or first.steps[index] != second.steps[index]:
            return index
    return shorter
