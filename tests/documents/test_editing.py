"""Which part of a text an edit touches, against tokenizing the whole text anew."""

from hypothesis import given
from hypothesis import strategies as st

from vectarium.documents.editing import common_prefix, edit_between, widened

texts = st.text(alphabet=st.sampled_from("ab' \n\té🦫.,12"), max_size=40)


@given(texts, texts)
def test_an_edit_turns_the_old_text_into_the_new(old, new):
    edit = edit_between(old, new)
    assert old[: edit.start] + new[edit.start : edit.new_end] + old[edit.old_end :] == new


@given(texts, texts)
def test_widening_keeps_the_edit_and_ends_at_boundaries(old, new):
    edit = edit_between(old, new)
    wide = widened(edit, old, new)
    assert wide.start <= edit.start
    assert wide.old_end >= edit.old_end
    assert old[: wide.start] == new[: wide.start]
    assert old[wide.old_end :] == new[wide.new_end :]
    assert wide.start == 0 or old[wide.start] == " "


def test_typing_at_the_end_touches_the_last_words_only():
    old = "one two three four"
    wide = widened(edit_between(old, old + "s"), old, old + "s")
    assert old[wide.start :] == " four"


@given(texts, texts)
def test_common_prefix(first, second):
    length = common_prefix(first, second)
    assert first[:length] == second[:length]
    assert length == min(len(first), len(second)) or first[length] != second[length]


@given(st.lists(texts, min_size=2, max_size=5))
def test_tokens_of_the_touched_part_complete_the_old_ones(tokenizer, versions):
    """What a session does with every keystroke gives the tokens of the whole text."""
    encoder, vocabulary = tokenizer
    ids, text = encoder.encode(versions[0]).tolist(), versions[0]
    for new in versions[1:]:
        edit = widened(edit_between(text, new), text, new)
        spans = vocabulary.spans(ids)
        head = [token for token, (_, end) in zip(ids, spans, strict=True) if end <= edit.start]
        tail = [token for token, (_, end) in zip(ids, spans, strict=True) if end > edit.old_end]
        ids = head + encoder.encode(new[edit.start : edit.new_end]).tolist() + tail
        text = new
        assert vocabulary.text(ids) == new
        assert ids == encoder.encode(new).tolist()
