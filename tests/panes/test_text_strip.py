"""The strip on top, linked with a running session."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from vectarium.panes.text_strip import boxes_of
from vectarium.sampling import SamplingSettings
from vectarium.session.tokens import Tokens

PROMPT = "Once upon a time"


@pytest.fixture
def app(start_app):
    return start_app(prompt=PROMPT)


@pytest.fixture
def strip(app):
    return app.strip


def ready(app):
    return app.session.tokens.pending is None and app.session.can_sample


def test_typing_shows_the_tokens_of_the_new_text(app, strip, qtbot, tokenizer):
    strip.editor.setFocus()
    QTest.keyClick(strip.editor, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(strip.editor, " there")
    qtbot.waitUntil(lambda: ready(app))
    assert app.session.text == PROMPT + " there"
    assert strip.editor._boxes.ids.tolist() == tokenizer[0].encode(PROMPT + " there").tolist()


def test_a_click_selects_the_token_everywhere_and_escape_lets_go(app, strip, qtbot):
    QTest.mouseClick(
        strip.editor.viewport(), Qt.MouseButton.LeftButton, pos=strip.editor.box_rect(1).center()
    )
    assert app.session.selection.token == 1
    qtbot.waitUntil(lambda: app.session.next_token.position == 1)
    QTest.keyClick(strip.editor, Qt.Key.Key_Escape)
    assert app.session.selection.token is None


def test_hover_is_told_to_every_pane(app, strip, qtbot):
    with qtbot.waitSignal(app.session.hover_changed, check_params_cb=lambda token: token == 2):
        QTest.mouseMove(strip.editor.viewport(), strip.editor.box_rect(2).center())
    app.session.set_hover(0)
    assert strip.editor._lit == 0


def test_a_tooltip_says_what_a_token_is(app, strip, qtbot):
    token = int(app.session.tokens.ids[0])
    assert f"token {token}, number 1 of {len(app.session.tokens)}" in strip._tip(0)
    assert app.session.vocabulary.token_bytes[token].hex(" ").upper() in strip._tip(0)
    app.session.sample_one()
    qtbot.waitUntil(lambda: ready(app))
    assert "drawn with u" in strip._tip(len(app.session.tokens) - 1)


def test_generated_and_unseen_tokens_are_marked(app, strip, qtbot):
    app.session.sample_one()
    qtbot.waitUntil(lambda: ready(app))
    assert strip.editor._drawn_by_model.nonzero()[0].tolist() == [len(app.session.tokens) - 1]
    app.session.edit_text("cat " * 70)
    qtbot.waitUntil(lambda: ready(app))
    seen_from = app.session.next_token.seen_from
    assert seen_from > 0
    assert strip.editor._seen == (seen_from, len(app.session.tokens))


def test_while_the_model_writes_all_that_it_wrote_is_marked_as_seen(app, strip, qtbot):
    app.session.edit_text("cat " * 70)
    app.session.set_sampling(SamplingSettings(temperature=0))
    qtbot.waitUntil(lambda: ready(app))
    begun = len(app.session.tokens)
    app.session.writing.set_pace(0.4)
    app.session.generate()
    qtbot.waitUntil(lambda: len(strip.editor._boxes) > begun)
    assert app.session.generating
    assert strip.editor._seen[0] > 0
    assert strip.editor._seen[1] == len(strip.editor._boxes)
    app.session.stop_generating()
    qtbot.waitUntil(lambda: ready(app))
    assert strip.editor.text == app.session.text


def test_examples_are_real_texts_and_undo_brings_the_old_one_back(app, strip, qtbot):
    actions = strip.examples.menu().actions()
    assert len(actions) >= 8
    actions[2].trigger()
    qtbot.waitUntil(lambda: ready(app))
    assert app.session.text == actions[2].data()
    app.session.undo()
    qtbot.waitUntil(lambda: ready(app))
    assert app.session.text == PROMPT


def test_words_hold_their_tokens(app, strip, qtbot):
    app.session.edit_text("The cat's cups")
    qtbot.waitUntil(lambda: ready(app))
    labels = strip.editor._boxes.labels
    app.session.set_words(True)
    boxes = strip.editor._boxes
    assert boxes.labels == ("The", "␣cat's", "␣cups")
    assert sum(boxes.sizes) == len(labels) > 3
    last = len(boxes) - 1
    assert f"a word of {boxes.sizes[1]} tokens" in strip._tip(1)
    assert strip._tip(1).count("bytes") == boxes.sizes[1]
    box = strip.editor.box_rect(1).center()
    QTest.mouseClick(strip.editor.viewport(), Qt.MouseButton.LeftButton, pos=box)
    assert app.session.selection.token == boxes.sizes[:2].sum() - 1
    assert strip.editor._selected == 1
    app.session.set_hover(len(app.session.tokens) - 1)
    app.session.set_link((len(app.session.tokens) - 1, 0))
    assert strip.editor._lit == last
    assert strip.editor._link == (last, 0)
    qtbot.waitUntil(lambda: ready(app))
    assert strip.editor._seen == (0, len(boxes))
    strip.editor.setFocus()
    QTest.keyClick(strip.editor, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(strip.editor, "y")
    assert strip.editor._boxes.labels[-1] == "␣cupsy"
    qtbot.waitUntil(lambda: ready(app))
    assert strip.editor._boxes.labels[-1] == "␣cupsy"
    app.session.set_words(False)
    assert len(strip.editor._boxes) == len(app.session.tokens)


def test_text_without_tokens_yet_is_boxed_by_words():
    boxes = boxes_of(Tokens("one two  three", pending=(0, 14)), ())
    assert boxes.labels == ("one", "␣two", "␣␣", "three")
    assert (boxes.ids == -1).all()
    assert boxes.spans[0].tolist() == [0, 3]
    assert boxes.spans[-1, 1] == 14


def test_boxes_around_an_edit_keep_their_tokens():
    tokens = Tokens(
        "ab new cd",
        np.array([5, 6], np.int32),
        np.array([[0, 2], [6, 9]], np.int64),
        (None, None),
        pending=(2, 6),
    )
    boxes = boxes_of(tokens, tuple(f"t{i}" for i in range(10)))
    assert boxes.labels == ("t5", "␣new", "t6")
    assert boxes.ids.tolist() == [5, -1, 6]
    assert boxes.spans.tolist() == [[0, 2], [2, 6], [6, 9]]
