"""Continuations in a tree against transformers, one text at a time."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tiny_models import as_theirs
from vectarium.model import forward_pass
from vectarium.model.token_tree import TokenTree

TEXT = [5, 17, 300, 42, 8]


@pytest.fixture(scope="module")
def model(make_model):
    return make_model(seed=3)


def their_logits(model, *texts):
    """[text, vocabulary], after the end of each: nothing that follows it changes that."""
    longest = max(map(len, texts))
    ids = torch.tensor([[*text, *[0] * (longest - len(text))] for text in texts])
    with torch.inference_mode():
        logits = as_theirs(model.network)(ids).logits
    return logits[range(len(texts)), [len(text) - 1 for text in texts]].numpy()


def tree_after(model, text=TEXT, length=None):
    return TokenTree(model, forward_pass.run(model, text), length or len(text))


tokens = st.integers(0, 9)  # few, so that paths share their beginnings
paths = st.lists(st.lists(tokens, min_size=1, max_size=4).map(tuple), min_size=1, max_size=12)


@given(st.lists(paths, min_size=1, max_size=3))
def test_every_path_is_seen_as_a_text_of_its_own_whatever_was_asked_before(model, questions):
    tree = tree_after(model)
    for asked in questions:
        theirs = their_logits(model, *([*TEXT, *path] for path in asked))
        assert np.abs(np.array(tree.logits(asked)) - theirs).max() < 1e-4


def test_it_grows_from_the_middle_of_a_text_and_leaves_its_trace_alone(model):
    trace = forward_pass.run(model, TEXT)
    before = [tensor.clone() for tensor in (trace.residual, trace.keys, trace.values)]
    tree = TokenTree(model, trace, 3)
    many = [(token, other) for token in range(20) for other in range(20)]  # more than the first room
    logits = tree.logits(many)
    assert np.abs(logits[57] - their_logits(model, [*TEXT[:3], *many[57]])).max() < 1e-4
    for old, now in zip(before, (trace.residual, trace.keys, trace.values), strict=True):
        assert torch.equal(old, now)


def test_no_token_is_computed_twice(model, monkeypatch):
    tree, computed = tree_after(model), []
    through = forward_pass.go_through

    def counted(model, store, hidden, *rest):
        computed.append(len(hidden))
        return through(model, store, hidden, *rest)

    monkeypatch.setattr(forward_pass, "go_through", counted)
    tree.logits([(1,), (2,), (1, 3)])
    tree.logits([(1, 3, 4), (1, 3, 5), (2,)])
    assert computed == [2, 1, 2]


def test_up_to_the_end_of_the_context_and_no_further(model):
    text = list(range(46))
    tree = tree_after(model, text)
    assert tree.room == 2
    assert np.abs(tree.logits([(7, 9)])[0] - their_logits(model, [*text, 7, 9])).max() < 1e-4
    with pytest.raises(ValueError, match="1 to 2 tokens"):
        tree.logits([(7, 9, 1)])
    with pytest.raises(ValueError, match="1 to 2 tokens"):
        tree.logits([()])
    with pytest.raises(ValueError, match="outside"):
        tree.logits([(360,)])
    with pytest.raises(ValueError, match="grows from"):
        TokenTree(model, forward_pass.run(model, text), 0)


def test_what_stops_it_between_layers_leaves_it_as_it_was(model):
    tree = tree_after(model)
    first = tree.logits([(1,)])

    def stop(share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tree.logits([(1, 2), (3,)], stop)
    assert np.array_equal(tree.logits([(1,)]), first)
    assert np.abs(tree.logits([(1, 2)])[0] - their_logits(model, [*TEXT, 1, 2])).max() < 1e-4
