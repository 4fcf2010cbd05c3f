"""The tree that a document's branches form: derived, for looking at and walking."""

from dataclasses import dataclass

from vectarium.documents.document import Document
from vectarium.documents.editing import common_prefix


@dataclass(frozen=True)
class Node:
    """A place where branches part, the beginning, or the end of a branch.

    It stands for a stretch of tokens that all its branches share: from `start` (the token that differs from
    its siblings' tokens) to before `end`, in branch `branch`.
    """

    parent: int | None  # index of the node, None for the root
    branch: int  # one of the branches that pass here, the looked-at one if it does
    start: int
    end: int
    active: bool  # on the way of the branch looked at
    leaf: int | None  # the branch that ends here


def tree(document: Document) -> tuple[Node, ...]:
    """The nodes, parents before children, children in the order of the branches. Empty for an empty text."""
    nodes: list[Node] = []
    if not any(len(branch) for branch in document.branches):
        return ()
    _grow(document, list(range(len(document.branches))), 0, None, nodes)
    return tuple(nodes)


def _grow(document: Document, members: list[int], start: int, parent: int | None, nodes: list[Node]) -> None:
    """Add the node of the branches `members`, which share the tokens before `start`, and what follows."""
    waiting = [(members, start, parent)]
    while waiting:
        members, start, parent = waiting.pop(0)
        shown = document.active if document.active in members else members[0]
        texts = [document.branches[member].ids for member in members]
        longest = max(texts, key=len)
        end = len(longest)
        for ids in texts:
            # A branch that is the beginning of another parts from it nowhere.
            shared = common_prefix(ids, longest, start)
            if shared < len(ids):
                end = min(end, shared)
        following: dict[int, list[int]] = {}
        for member, ids in zip(members, texts, strict=True):
            if len(ids) > end:
                following.setdefault(ids[end], []).append(member)
        ends_here = [member for member in members if len(document.branches[member]) <= end]
        longest_member = max(members, key=lambda member: len(document.branches[member]))
        leaf = None
        if not following:
            leaf = shown if len(document.branches[shown]) == end else longest_member
        stretch = shown if len(document.branches[shown]) >= end else longest_member
        nodes.append(Node(parent, stretch, start, end, document.active in members, leaf))
        here = len(nodes) - 1
        groups = list(following.values())
        # Named texts that end inside another are ends of their own for the user.
        for member in ends_here:
            if member != leaf and document.branches[member].name:
                nodes.append(
                    Node(
                        here,
                        member,
                        len(document.branches[member]),
                        len(document.branches[member]),
                        member == document.active,
                        member,
                    )
                )
        waiting = [(group, end, here) for group in groups] + waiting
