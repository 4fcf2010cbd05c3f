"""What a model sees of a text that is longer than its context."""

import hypothesis.strategies as st
from hypothesis import given

from vectarium.context import seen_around, seen_range


@given(st.integers(0, 5000), st.integers(1, 1100))
def test_seen_range(count, context):
    start, end = seen_range(count, context)
    assert end == count
    assert 0 <= start <= end
    assert end - start <= context
    if count <= context:
        assert start == 0
    else:
        assert end - start > context - max(1, context // 4)
        assert seen_range(count + 1, context)[0] in (start, start + max(1, context // 4))


@given(st.integers(1, 5000), st.integers(1, 1100), st.data())
def test_seen_around_a_token(count, context, data):
    position = data.draw(st.integers(0, count - 1))
    start, end = seen_around(count, context, position)
    assert start <= position < end <= count
    assert (start, end) in (seen_range(count, context), seen_range(position + 1, context))
    if position >= seen_range(count, context)[0]:
        assert end == count
