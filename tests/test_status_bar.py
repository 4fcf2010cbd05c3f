"""The line at the bottom while the model writes and after."""

import pytest

from vectarium.sampling import SamplingSettings


@pytest.fixture
def app(start_app):
    return start_app(prompt="Once upon a time")


def test_numbers_change_calmly_while_the_model_writes_and_the_last_ones_are_shown_with_its_end(app, qtbot):
    session, status = app.session, app.status
    said = []
    session.generating_changed.connect(lambda generating: said.append((generating, status._speed.text())))
    session.set_sampling(SamplingSettings(temperature=0))  # this model's likeliest text does not end
    session.generate(count=30)
    shown = set()
    session.tokens_changed.connect(lambda tokens: shown.add(status._seen.text()))
    qtbot.waitUntil(lambda: not session.generating)
    assert status._seen.text() == f"{len(session.tokens):,} / {session.model.context:,} tokens"
    generating, speed = said[-1]
    assert not generating
    assert speed.endswith("tokens/s")
    assert len(shown) < 30


def test_beyond_the_context_it_says_how_much_is_seen_while_the_model_writes(app, qtbot):
    session, status = app.session, app.status
    session.edit_text("cat " * 70)
    session.set_sampling(SamplingSettings(temperature=0))
    qtbot.waitUntil(lambda: session.can_sample)
    session.writing.set_pace(0.4)
    before, shown = status._seen.text(), []
    for changed in (session.tokens_changed, session.generating_changed, session.next_token_changed):
        changed.connect(lambda *_: shown.append(status._seen.text()))
    session.generate()
    qtbot.waitUntil(lambda: status._seen.text() != before)
    assert before.startswith("sees ")
    assert status._seen.text().startswith("sees ")
    session.writing.set_pace(0)
    written = len(session.tokens)
    qtbot.waitUntil(lambda: len(session.tokens) > written + 10)
    session.stop_generating()
    qtbot.waitUntil(lambda: session.can_sample)
    known = session.next_token
    seen, count = known.seen_to - known.seen_from, len(session.tokens)
    assert status._seen.text() == f"sees {seen:,} of {count:,} tokens · context {session.model.context:,}"
    assert all(text.startswith("sees ") for text in shown)

    session.edit_text("dog " * 90)
    qtbot.waitUntil(lambda: session.can_sample)
    until_it_was_read = f"{len(session.tokens):,} / {session.model.context:,} tokens"
    assert until_it_was_read in shown
