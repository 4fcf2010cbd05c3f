"""Prose: every character has its place, and a text laid out piece by piece lies as one laid out at once."""

from hypothesis import given
from hypothesis import strategies as st

from vectarium.drawing.writing.prose_layout import ProseLayout, shown, spelled

WIDTH = 10.0


def advances(piece: str) -> tuple[float, ...]:
    return tuple(WIDTH * index for index in range(len(piece) + 1))


texts = st.text(alphabet="ab c\n\t é東\udce2", max_size=60)


@given(st.lists(texts, min_size=1, max_size=4), st.sampled_from([30.0, 55.0, 100.0, 400.0]))
def test_a_change_gives_the_layout_of_the_whole(versions, room):
    grown = ProseLayout(advances)
    for text in versions:
        grown.lay_out(text, room)
        fresh = ProseLayout(advances)
        fresh.lay_out(text, room)
        assert (grown.left, grown.right, grown.line) == (fresh.left, fresh.right, fresh.line)
        assert (grown.fragments, grown.end) == (fresh.fragments, fresh.end)


@given(texts, st.sampled_from([30.0, 55.0, 100.0]))
def test_every_character_has_a_place_within_the_room(text, room):
    layout = ProseLayout(advances)
    layout.lay_out(text, room)
    assert len(layout.left) == len(layout.right) == len(layout.line) == len(text)
    assert layout.line == sorted(layout.line)
    for index, character in enumerate(text):
        if not character.isspace():
            assert 0 <= layout.left[index] < layout.right[index] <= room
    covered = [index for part in layout.fragments for index in range(part.start, part.end)]
    assert covered == list(range(len(text)))


def test_lines_break_at_spaces_which_then_take_no_room():
    layout = ProseLayout(advances)
    layout.lay_out("aaa bbb ccc", 75.0)
    assert layout.line == [0] * 7 + [1] * 4
    assert layout.left[8] == 0
    assert layout.segments(4, 11) == [(0, 40.0, 70.0), (1, 0.0, 30.0)]
    assert layout.character_at(45, 0) == 4
    assert layout.character_at(75, 0) is None
    assert layout.first_of_line(1) == 7


def test_what_has_no_glyph_is_shown_character_by_character():
    assert shown("a\n\t\x00\udce2") == "a⏎⇥\u2400\udce2"
    assert spelled("a\udce2\udc82b") == "a⟨E2⟩⟨82⟩b"


@given(st.lists(texts, min_size=1, max_size=3), st.integers(1, 5))
def test_a_layout_in_portions_ends_as_one_at_once(versions, pieces):
    portions, whole = ProseLayout(advances), ProseLayout(advances)
    for text in versions:
        done = portions.lay_out(text, 55.0, pieces)
    while not done:
        done = portions.go_on(pieces)
    whole.lay_out(versions[-1], 55.0)
    assert (portions.left, portions.line, portions.fragments) == (whole.left, whole.line, whole.fragments)


@given(texts, st.sampled_from([30.0, 55.0, 100.0]))
def test_the_caret_finds_back_to_where_it_is_drawn(text, room):
    layout = ProseLayout(advances)
    layout.lay_out(text, room)
    for index in range(len(text) + 1):
        x, line = layout.caret(index)
        found = layout.caret_at(x, line)
        assert layout.caret(found) == (x, line) or text[index - 1 : index].isspace()
        assert 0 <= found <= len(text)
