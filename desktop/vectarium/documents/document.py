"""The document: what the user wrote and the model continued, as branches of tokens.

A branch is one whole text from its first token to its last. Branches that begin alike form a tree, which is
derived from them (`vectarium.documents.tree`) and stored nowhere. Documents are immutable: undo keeps the
old one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from vectarium.documents.step_archive import ArchivedSteps, StepArchive, left_to
from vectarium.sampling import Step


@dataclass(frozen=True)
class Branch:
    """A text as tokens, and how each generated one was drawn, None for a token typed by hand."""

    ids: tuple[int, ...] = ()
    kept: Sequence[Step | None] = ()
    """The steps, in memory or in an archive, from where each look reads them anew."""
    name: str = ""  # given by the user, or none

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.kept):
            raise ValueError(f"{len(self.ids)} tokens with {len(self.kept)} steps")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def steps(self) -> tuple[Step | None, ...]:
        """The steps, in memory from now on: for a text that is looked at."""
        steps = self.kept
        if not isinstance(steps, tuple):
            steps = tuple(steps)
            object.__setattr__(self, "kept", steps)
        return steps

    def leave_to(self, archive: StepArchive) -> None:
        """Occupy less: a text that is not looked at, all of whose steps `archive` holds.

        Other threads may read meanwhile.
        """
        if not isinstance(self.kept, ArchivedSteps):
            object.__setattr__(self, "ids", archive.shared(self.ids))
            object.__setattr__(self, "kept", left_to(archive, self.kept))

    def generated_up_to(self, end: int) -> int:
        """The number of leading tokens up to the last generated one among the first `end`, 0 if none is."""
        for index in range(min(end, len(self)), 0, -1):
            if self.kept[index - 1] is not None:
                return index
        return 0

    def written_from(self, end: int) -> int:
        """Where the model began to write the tokens just before `end`; `end` if the last was typed."""
        while end > 0 and self.steps[end - 1] is not None:
            end -= 1
        return end

    def cut(self, end: int) -> "Branch":
        """The first `end` tokens."""
        return Branch(self.ids[:end], self.steps[:end])

    def after(self, start: int) -> "Branch":
        """The tokens from `start` on, as a text of their own."""
        return Branch(self.ids[start:], self.steps[start:])

    def with_steps(self, *steps: Step) -> "Branch":
        """The branch with more generated tokens at its end."""
        ids = tuple(step.token_id for step in steps)
        return replace(self, ids=self.ids + ids, kept=self.steps + steps)

    @cached_property
    def log_probability(self) -> tuple[float, int]:
        """ln of the probability that the model itself gave the generated tokens, and how many they are."""
        drawn = [max(step.model_probability, 1e-300) for step in self.kept if step is not None]
        return sum(map(math.log, drawn)), len(drawn)

    def begins_with(self, other: "Branch") -> bool:
        """Whether nothing of `other` would be lost if only this branch were kept."""
        count = len(other)
        return self.ids[:count] == other.ids and (
            self.kept[:count] == other.kept or all(map(_alike, self.kept, other.kept))
        )


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
        in, and `branch` is added beside it. Branches without a name that are wholly in another are dropped.
        """
        old = self.branch
        kept = _common_length(old, branch)
        if old.generated_up_to(len(old)) <= kept:
            branch = replace(branch, name=branch.name or old.name)
            branches = self.branches[: self.active] + (branch,) + self.branches[self.active + 1 :]
            return replace(self, branches=branches)._without_what_is_in(branch, self.active)
        added = Document(self.branches + (branch,), len(self.branches))
        if not old.name and any(other.begins_with(old) for other in self.branches if other is not old):
            added = Document(
                self.branches[: self.active] + self.branches[self.active + 1 :] + (branch,),
                len(self.branches) - 1,
            )
        return added._without_what_is_in(branch, added.active)

    def choose(self, active: int) -> "Document":
        """Look at another branch. Raises ValueError if there is none such."""
        return replace(self, active=active)

    def rename(self, index: int, name: str) -> "Document":
        """Give a branch a name; an empty one takes it away."""
        renamed = replace(self.branches[index], name=name.strip())
        return replace(self, branches=self.branches[:index] + (renamed,) + self.branches[index + 1 :])

    def delete(self, index: int) -> "Document":
        """The document without a branch; without its only one it is empty.

        The neighbour of a deleted branch that was looked at is looked at next.
        """
        branches = self.branches[:index] + self.branches[index + 1 :]
        if not branches:
            return Document()
        active = self.active - (index < self.active)
        return Document(branches, min(active, len(branches) - 1))

    def _without_what_is_in(self, branch: Branch, active: int) -> "Document":
        """Drop the branches without a name that `branch`, the one looked at, holds wholly."""
        kept = tuple(
            other
            for index, other in enumerate(self.branches)
            if index == active or other.name or not branch.begins_with(other)
        )
        return Document(kept, next(index for index, other in enumerate(kept) if other is branch))


def _common_length(first: Branch, second: Branch) -> int:
    """Leading tokens that both share, drawn in the same way."""
    shorter = min(len(first), len(second))
    if first.ids[:shorter] == second.ids[:shorter] and first.steps[:shorter] == second.steps[:shorter]:
        return shorter
    for index in range(shorter):
        if first.ids[index] != second.ids[index] or not _alike(first.steps[index], second.steps[index]):
            return index
    return shorter


def _alike(first: Step | None, second: Step | None) -> bool:
    """Whether two tokens after the same text were drawn alike: by the same model, settings and number.

    A model's numbers differ in the last digits with how much of a text it reads at once.
    """
    if first is second or first is None or second is None:
        return first is second
    return (first.token_id, first.uniform, first.settings) == (
        second.token_id,
        second.uniform,
        second.settings,
    ) and math.isclose(first.model_log_normaliser, second.model_log_normaliser, rel_tol=1e-3)
