"""Branches: nothing that was drawn is ever lost, and the tree shows every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectarium.documents.document import Branch, Document
from vectarium.documents.tree import tree
from writing_steps import step_after, written


def paths(document: Document) -> set[tuple[int, ...]]:
    """Every text that can be read off the tree, from the root to an end."""
    nodes = tree(document)
    found = set()
    for node in nodes:
        if node.leaf is not None:
            way = [node]
            while way[-1].parent is not None:
                way.append(nodes[way[-1].parent])
            ids: tuple[int, ...] = ()
            for part in reversed(way):
                ids += document.branches[part.branch].ids[part.start : part.end]
            found.add(ids)
    return found


def drawn_texts(document: Document) -> set[tuple[int, ...]]:
    """Each branch up to its last drawn token."""
    return {branch.ids[: branch.generated_up_to(len(branch))] for branch in document.branches}


def test_typed_text_is_replaced_and_drawn_text_stays():
    document = Document().with_branch(Branch((1, 2), (None, None)))
    assert len(document.with_branch(Branch((3,), (None,))).branches) == 1
    grown = document.with_branch(written((1, 2), 5))
    edited = grown.with_branch(Branch((3,), (None,)))
    assert len(edited.branches) == 2
    assert edited.branch.ids == (3,)
    assert edited.branches[0] == grown.branch


def test_taking_tokens_back_one_by_one_leaves_one_branch_beside():
    document = Document().with_branch(written((1,), 6))
    whole = document.branch
    for count in range(6, 2, -1):
        document = document.with_branch(document.branch.cut(count))
    assert document.branches == (whole, whole.cut(3))
    back = document.with_branch(whole.cut(4))  # the same token drawn again
    assert back.branches == (whole, whole.cut(4))
    assert document.with_branch(whole).branches == (whole,)


def test_the_same_draws_again_are_the_same_branch():
    first, second = written((1, 2), 8, seed=3), written((1, 2), 8, seed=3)
    assert first.steps[-1] is not second.steps[-1]
    assert first.begins_with(second)
    assert not first.begins_with(written((1, 2), 8, seed=4))


def test_a_name_stays_while_the_branch_grows_and_keeps_it_from_being_dropped():
    document = Document().with_branch(written((1,), 3)).rename(0, "  the first ")
    assert document.branch.name == "the first"
    grown = document.with_branch(document.branch.with_steps(step_after(document.branch.ids[-1], 0.5)))
    assert grown.branch.name == "the first"
    assert len(document.with_branch(written((1,), 3).cut(2)).branches) == 2


def test_deleting_the_last_branch_leaves_an_empty_document():
    document = Document().with_branch(written((1,), 3)).with_branch(written((1,), 3, seed=9))
    assert len(document.branches) == 2
    left = document.delete(1)
    assert left.branch == document.branches[0]
    assert document.delete(0).branch == document.branches[1]
    assert left.delete(0) == Document()


def test_a_branch_that_is_not_there_cannot_be_chosen():
    with pytest.raises(ValueError, match="branch 3 of 1"):
        Document().choose(3)


actions = st.lists(
    st.tuples(
        st.sampled_from(["draw", "type", "cut", "choose", "branch", "rename"]), st.integers(0, 2**16 - 1)
    ),
    max_size=25,
)


def act(document: Document, action: str, number: int) -> Document:
    branch = document.branch
    if action == "draw" and len(branch):
        return document.with_branch(branch.with_steps(step_after(branch.ids[-1], number / 2**16)))
    if action == "type":
        return document.with_branch(Branch(branch.ids + (number % 300,), branch.steps + (None,), branch.name))
    if action == "cut" and len(branch):
        return document.with_branch(branch.cut(number % len(branch)))
    if action == "branch" and len(branch):
        start = branch.cut(1 + number % len(branch))
        return document.with_branch(start.with_steps(step_after(start.ids[-1], number / 2**16)))
    if action == "rename":
        return document.rename(number % len(document.branches), f"name {number}")
    return document.choose(number % len(document.branches))


@given(actions)
def test_no_drawn_token_is_lost_and_the_tree_holds_every_branch(sequence):
    document = Document()
    for action, number in sequence:
        before = drawn_texts(document)
        document = act(document, action, number)
        after = [branch.ids for branch in document.branches]
        assert all(any(ids[: len(text)] == text for ids in after) for text in before)
        readable = paths(document)
        for ids in after:
            if ids:
                assert any(text[: len(ids)] == ids for text in readable)
        nodes = tree(document)
        assert all(node.parent is None or node.parent < index for index, node in enumerate(nodes))
        assert sum(node.parent is None for node in nodes) == (1 if nodes else 0)
        if len(document.branch):
            assert any(node.active for node in nodes)
