"""The session with real workers and a real model: editing, branches, selection, stale answers."""

import random

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tiny_models import random_network, save_model, train_tokenizer
from vectarium.documents.document import Branch
from vectarium.messages import Encode, Encoded, Ran, Run, read_only
from vectarium.sampling import SamplingSettings

PROMPT = "Once upon a time"


@pytest.fixture
def app(start_app):
    return start_app(prompt=PROMPT)


@pytest.fixture
def session(app):
    return app.session


def settled(session):
    return session.tokens.pending is None and session.can_sample


def test_tokens_are_those_of_the_tokenizer(session, tokenizer):
    assert session.tokens.ids.tolist() == tokenizer[0].encode(PROMPT).tolist()
    assert session.tokens.text == PROMPT


@pytest.mark.parametrize(
    "text",
    ["", "\x00", "🦫🏽 beaver", "שלום עולם", "東京 naïve\r\n\ttab", "a" * 3000, "<|endoftext|>x", "  \n "],
)
def test_text_of_any_kind_is_kept_exactly(session, qtbot, text):
    session.edit_text(text)
    qtbot.waitUntil(lambda: session.tokens.pending is None, timeout=20_000)
    assert session.text == text
    assert b"".join(session.vocabulary.token_bytes[i] for i in session.tokens.ids) == text.encode()


def test_edits_faster_than_their_answers_end_in_the_last_text(session, qtbot, tokenizer):
    rng = random.Random(1)
    text = PROMPT
    for _ in range(60):
        place = rng.randrange(len(text) + 1)
        text = text[:place] + rng.choice([" cat", "é", "", "\n", " 東京"]) + text[place + rng.randrange(3) :]
        session.edit_text(text)
    qtbot.waitUntil(lambda: session.tokens.pending is None)
    assert session.text == text
    assert session.tokens.ids.tolist() == tokenizer[0].encode(text).tolist()


def test_a_stale_answer_is_dropped(session, qtbot):
    before = session.next_token
    ids = read_only(np.array([1, 2, 3], np.int32))
    logits = read_only(np.zeros(360, np.float32))
    stale_run, stale_text = session._newest.stamp(Run), session._newest.stamp(Encode)
    session.edit_text(PROMPT + " more")
    session.cancel(Run)
    session.take(Ran(stale_run, ids, 2, 0, 3, logits, 0.0, 3))
    session.take(Encoded(stale_text, ids, session.vocabulary.fingerprint))
    assert session.next_token is before
    qtbot.waitUntil(lambda: settled(session))
    assert session.text == PROMPT + " more"


def test_tokens_of_another_vocabulary_are_no_tokens_of_the_text(session, qtbot):
    session.edit_text(PROMPT + " more")
    pending = session.tokens.pending
    session.take(Encoded(session._newest._last, read_only(np.array([1, 2], np.int32)), "another"))
    assert session.tokens.pending == pending is not None
    qtbot.waitUntil(lambda: settled(session))
    assert session.text == PROMPT + " more"


def test_nobody_writes_on_in_the_tokens_of_another_model(app, session, qtbot, tmp_path):
    (tmp_path / "other").mkdir()
    other = str(save_model(tmp_path / "other", seed=5))
    session.load_model(other, "cpu")
    session.writing.set_pace(0.01)
    session.generate()
    assert session.generating
    with qtbot.waitSignal(session.model_changed, timeout=60_000):
        pass
    assert not session.generating
    qtbot.waitUntil(lambda: settled(session))


def test_the_distribution_is_the_models_at_every_position(session, qtbot):
    logits = random_network()(torch.tensor(session.tokens.ids[None].astype(np.int64))).logits[0]
    for position in range(len(session.tokens)):
        session.select(position)
        qtbot.waitUntil(lambda position=position: session.next_token.position == position)
        ranking = session.next_token.ranking
        expected = logits[position].numpy()[ranking.order]
        assert np.abs(ranking.logits - expected).max() < 1e-4


def test_a_drawn_token_keeps_how_it_was_drawn(session, qtbot):
    session.set_sampling(SamplingSettings(temperature=0.7, top_k=5))
    known = session.next_token
    session.sample_one()
    qtbot.waitUntil(lambda: settled(session))
    step = session.tokens.steps[-1]
    assert step.settings == SamplingSettings(temperature=0.7, top_k=5)
    assert step.rank < 5
    assert step.token_id == known.ranking.order[step.rank]
    assert step.top_ids[:5].tolist() == known.ranking.order[:5].tolist()


def test_drawing_in_the_middle_makes_a_branch_and_keeps_the_old_text(session, qtbot):
    for _ in range(3):
        session.sample_one()
        qtbot.waitUntil(lambda: settled(session))
    old = session.document.branch
    session.select(len(old) - 3)
    qtbot.waitUntil(lambda: settled(session))
    session.sample_one()
    qtbot.waitUntil(lambda: settled(session))
    assert old in session.document.branches
    assert len(session.document.branches) == 2
    assert session.document.branch.ids[: len(old) - 2] == old.ids[: len(old) - 2]


def test_typing_over_generated_text_keeps_it_in_its_branch(session, qtbot):
    session.generate(count=6)
    qtbot.waitUntil(lambda: not session.generating and settled(session))
    generated = session.document.branch
    session.edit_text(PROMPT + " we wrote")
    qtbot.waitUntil(lambda: settled(session))
    assert generated in session.document.branches
    assert session.text == PROMPT + " we wrote"
    session.undo()
    qtbot.waitUntil(lambda: settled(session))
    assert session.document.branch == generated


def test_typing_after_generated_text_keeps_the_drawn_tokens(session, qtbot):
    session.generate(count=4)
    qtbot.waitUntil(lambda: not session.generating and settled(session))
    generated = session.document.branch
    session.edit_text(session.text + " and then")
    qtbot.waitUntil(lambda: settled(session))
    assert session.document.branch.begins_with(generated)
    assert session.document.branch.steps[-1] is None


def test_the_same_seed_writes_the_same_text(session, qtbot):
    texts = []
    for _ in range(2):
        session.edit_text(PROMPT)
        qtbot.waitUntil(lambda: settled(session))
        session.writing.set_seed(7, fixed=True)
        session.generate(count=12)
        qtbot.waitUntil(lambda: not session.generating and settled(session))
        texts.append(session.text)
        session.edit_text("")
        qtbot.waitUntil(lambda: session.tokens.pending is None)
    assert texts[0] == texts[1]
    assert len(texts[0]) > len(PROMPT)


def test_generation_stops_when_told_and_the_text_so_far_stays(session, qtbot):
    session.set_sampling(SamplingSettings(temperature=0))  # this model's likeliest text does not end
    session.generate()
    qtbot.waitUntil(lambda: len(session.tokens) > 20)
    session.stop_generating()
    qtbot.waitUntil(lambda: settled(session))
    count = len(session.tokens)
    assert count > 20
    session.sample_one()
    qtbot.waitUntil(lambda: settled(session) and len(session.tokens) == count + 1)


def test_what_comes_next_is_asked_calmly_while_the_model_writes_and_catches_up_in_a_pause(session, qtbot):
    asked = []
    session.asked.connect(asked.append)
    session.set_sampling(SamplingSettings(temperature=0))
    session.writing.set_pace(0.005)
    session.generate()
    qtbot.waitUntil(lambda: len(session.tokens) > 30)
    session.writing.set_pace(60.0)
    qtbot.waitUntil(lambda: np.array_equal(session.next_token.ids, session.tokens.ids))
    assert session.generating
    assert sum(isinstance(request, Run) for request in asked) < 20
    session.stop_generating()
    qtbot.waitUntil(lambda: settled(session))


def test_every_generated_step_is_the_models_distribution_for_its_prefix(session, qtbot):
    session.generate(count=8)
    qtbot.waitUntil(lambda: not session.generating and settled(session))
    logits = random_network()(torch.tensor(session.tokens.ids[None].astype(np.int64))).logits[0].double()
    for index, step in enumerate(session.tokens.steps):
        if step is not None:
            expected = torch.softmax(logits[index - 1], 0).numpy()
            assert np.abs(step.top_probability - expected[step.top_ids]).max() < 1e-5


def test_beyond_the_context_the_oldest_tokens_are_not_seen_and_nothing_is_cut(session, qtbot):
    text = "cat " * 70
    session.edit_text(text)
    qtbot.waitUntil(lambda: settled(session), timeout=20_000)
    known = session.next_token
    assert session.text == text
    assert known.seen_to == len(session.tokens)
    assert 0.75 * 48 <= known.seen_to - known.seen_from <= 48
    session.select(3)
    qtbot.waitUntil(lambda: session.next_token.position == 3)
    assert session.next_token.seen_from == 0


def test_a_document_comes_back_from_its_file_form(session, qtbot, start_app):
    session.generate(count=5)
    qtbot.waitUntil(lambda: not session.generating and settled(session))
    session.select(2)
    qtbot.waitUntil(lambda: settled(session))
    saved = session.saved()
    session.edit_text("")
    qtbot.waitUntil(lambda: session.tokens.pending is None)
    session.open(saved)
    qtbot.waitUntil(lambda: settled(session))
    assert session.document == saved.document
    assert session.selection.token == 2
    session.undo()
    assert session.text == ""


def test_a_document_of_another_vocabulary_is_tokenized_afresh(session, qtbot):
    from vectarium.documents.document import Document
    from vectarium.documents.document_file import Saved

    foreign = Saved(Document((Branch((50_000, 3), (None, None)),)), "foreign text", None, "other", "f" * 64)
    session.open(foreign)
    qtbot.waitUntil(lambda: settled(session))
    assert session.text == "foreign text"
    assert max(session.tokens.ids) < 360


def test_a_file_that_lies_about_its_vocabulary_changes_no_text(session, qtbot):
    from dataclasses import replace

    from vectarium.documents.document import Document

    lie = Document((Branch((1_000_000,), (None,)),))
    session.open(replace(session.saved(), document=lie, text="the text", selected=900))
    qtbot.waitUntil(lambda: settled(session))
    assert session.text == "the text"
    assert session.selection.token is None


def test_a_cancelled_pass_leaves_the_session_usable(session, qtbot):
    session.edit_text(PROMPT + " and on")
    session.cancel(Run)
    qtbot.waitUntil(lambda: session.tokens.pending is None)
    session.edit_text(PROMPT)
    qtbot.waitUntil(lambda: settled(session))


actions = st.lists(
    st.sampled_from(["sample", "type", "select", "undo", "redo", "cut", "choose"]), max_size=12
)


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions)
def test_undo_all_the_way_returns_to_the_beginning(session, qtbot, sequence):
    session.history.clear()
    first = session.document, session.text
    for action in sequence:
        if action == "sample":
            session.sample_one()
        elif action == "choose":
            if session.can_sample:
                session.choose(17)
        elif action == "type":
            session.edit_text(session.text + " word")
        elif action == "cut":
            session.edit_text(session.text[: len(session.text) // 2])
        elif action == "select":
            session.select(len(session.tokens) // 2 if len(session.tokens) else None)
        else:
            getattr(session, action)()
        qtbot.waitUntil(
            lambda: session.tokens.pending is None and (settled(session) or not len(session.tokens))
        )
    while session.history.can_undo:
        session.undo()
    qtbot.waitUntil(lambda: session.tokens.pending is None)
    assert (session.document, session.text) == first


def test_undo_before_the_tokens_of_an_edit_are_there_stays_undone(session, qtbot):
    session.edit_text(PROMPT + " more")
    session.undo()
    assert session.text == PROMPT
    session.edit_text(PROMPT + " more and more")
    session.undo()
    assert session.text == PROMPT
    session.select(0)  # its answer comes after what was asked before
    qtbot.waitUntil(lambda: settled(session))
    assert session.text == PROMPT


def test_a_selected_token_that_is_deleted_is_no_longer_selected(session, qtbot):
    session.select(len(session.tokens) - 1)
    session.edit_text("O")
    qtbot.waitUntil(lambda: settled(session))
    assert session.selection.token is None
    session.edit_text("Once upon")
    qtbot.waitUntil(lambda: settled(session))
    assert session.position == len(session.tokens) - 1


def test_what_is_begun_while_another_model_is_loaded_writes_nothing_into_the_new_ones_text(
    session, qtbot, tmp_path
):
    """The tokens of both are numbers below 360, and mean other texts."""
    folder = save_model(tmp_path, seed=7, vocab_size=300)
    train_tokenizer(folder, 300)
    session.load_model(str(folder), "cpu")
    session.writing.start(count=10**6)
    qtbot.waitUntil(lambda: session.model.source == str(folder), timeout=60_000)
    assert not session.generating
    qtbot.waitUntil(lambda: settled(session), timeout=20_000)
    assert np.array_equal(session.next_token.ids, session.tokens.ids)
    written = session.text
    assert written.startswith(PROMPT)
    session.edit_text(PROMPT)
    qtbot.waitUntil(lambda: settled(session))
    assert not session.generating
    assert session.text == PROMPT
