"""A text that grows has the same tokens as if it were looked at for the first time."""

import numpy as np
import pytest

from vectarium.documents.document import Branch
from vectarium.session.tokens import BranchTokens, tokens_of
from vectarium.vocabulary import Vocabulary

TEXTS = ["Once upon a time there was", "naïve 東京 🤖 café, a b c", "\n\n \t", ""]


def branch_of(ids):
    return Branch(tuple(ids), (None,) * len(ids))


def assert_same(found, expected):
    assert found.text == expected.text
    assert found.steps is expected.steps
    for name in ("ids", "spans"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))
        assert not getattr(found, name).flags.writeable


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("step", [1, 2, 5])
def test_every_beginning_of_a_text_has_its_tokens(tokenizer, text, step):
    encoder, vocabulary = tokenizer
    ids, looked = encoder.encode(text).tolist(), BranchTokens()
    for end in [*range(0, len(ids), step), len(ids)]:
        branch = branch_of(ids[:end])
        assert_same(looked.of(branch, vocabulary), tokens_of(branch, vocabulary))


def test_bytes_that_make_no_characters_do_so_with_what_follows_them(tokenizer):
    _, vocabulary = tokenizer
    single = {vocabulary.token_bytes[token]: token for token in range(len(vocabulary))}
    ids = [single[bytes([byte])] for byte in "é東🤖".encode() + b"\xe6\x9d\xff\x80a"]
    looked = BranchTokens()
    for end in range(len(ids) + 1):
        branch = branch_of(ids[:end])
        assert_same(looked.of(branch, vocabulary), tokens_of(branch, vocabulary))


def test_another_text_a_shorter_one_and_another_vocabulary_are_looked_at_anew(tokenizer):
    encoder, vocabulary = tokenizer
    looked, ids = BranchTokens(), encoder.encode("one two three").tolist()
    turned = Vocabulary(vocabulary.token_bytes[::-1], vocabulary.labels[::-1])
    for wanted, of in (
        (ids, vocabulary),
        (ids[:3], vocabulary),
        ([ids[1], *ids], vocabulary),
        ([ids[1], *ids, 4], turned),
    ):
        branch = branch_of(wanted)
        assert_same(looked.of(branch, of), tokens_of(branch, of))
