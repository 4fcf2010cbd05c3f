"""In which form the model worker writes, and what it then says of the text."""

import gc
import itertools
import weakref

import numpy as np
import pytest

from ready_forms import fastest_is, guesses_that_take
from vectarium.messages import Finished, Generate, Generated, Ids, LoadModel, Newest, Ran, Run, read_only
from vectarium.messages_attention import HeadsRead, ReadHead, ReadHeads
from vectarium.messages_futures import ColumnsWritten, ColumnToWrite, FuturesRead, ReadFutures, WriteColumns
from vectarium.messages_writing import ChooseForm, FormChosen
from vectarium.model import compiled, forward_pass
from vectarium.model.guesses import MOST
from vectarium.model.loading import load
from vectarium.model.one_token import FLOAT16, FLOAT32, INT8
from vectarium.sampling import SamplingSettings
from vectarium.workers.model_worker import ModelWorker

PROMPT = read_only(np.array([5, 17, 300, 42], np.int32))


class Asking:
    """A model worker in this thread, and its answers."""

    def __init__(self, qtbot, folder):
        self.newest, self.qtbot, self.folder = Newest(), qtbot, folder
        self.worker = ModelWorker(self.newest)
        self.replies = []
        self.worker.replied.connect(self.replies.append)
        self.ask(LoadModel, source=str(folder), device="cpu")

    def ask(self, kind, **content):
        """Ask, and go on once the last reply is of `kind`'s own."""
        self.replies.clear()
        self.worker.take(kind(self.newest.stamp(kind), **content))

    def choose(self, exact):
        self.ask(ChooseForm, exact=exact)
        self.qtbot.waitUntil(lambda: any(isinstance(reply, FormChosen) for reply in self.replies))
        return self.replies[-1]

    def write(self, ids: Ids, count=12, used=0):
        """The steps of a text that is written on."""
        self.ask(Generate, ids=ids, settings=SamplingSettings(), seed=5, count=count, used=used)
        self.qtbot.waitUntil(lambda: any(isinstance(reply, Finished) for reply in self.replies))
        return [step for reply in self.replies if isinstance(reply, Generated) for step in reply.steps]

    def logits(self, ids: Ids):
        self.ask(Run, ids=ids, position=len(ids) - 1)
        assert isinstance(self.replies[-1], Ran)
        return self.replies[-1].logits

    def futures(self, ids: Ids, path):
        """The ranking after a text and a path."""
        self.ask(ReadFutures, ids=ids, position=len(ids) - 1, paths=(path,))
        self.qtbot.waitUntil(lambda: any(isinstance(reply, Finished) for reply in self.replies))
        return next(reply.rankings[0] for reply in self.replies if isinstance(reply, FuturesRead))

    def columns(self, ids: Ids, count, used=0):
        """The steps of a single column."""
        column = ColumnToWrite(ids, SamplingSettings(), 5, used)
        self.ask(WriteColumns, columns=(column,), count=count)
        self.qtbot.waitUntil(lambda: any(isinstance(reply, Finished) for reply in self.replies))
        return [reply.steps[0] for reply in self.replies if isinstance(reply, ColumnsWritten)]


@pytest.fixture
def asking(qtbot, model_folder):
    with fastest_is(FLOAT16), guesses_that_take(5.0):
        yield Asking(qtbot, model_folder)


def test_a_text_has_the_same_digits_whether_it_was_looked_at_before_or_not(asking):
    before = asking.logits(PROMPT)
    asking.choose(exact=False)
    after, steps = asking.logits(PROMPT), asking.write(PROMPT)
    assert before == pytest.approx(after, rel=1e-5, abs=1e-5)
    other = Asking(asking.qtbot, asking.folder)
    other.choose(exact=False)
    assert numbers(other.write(PROMPT)) == numbers(steps)
    assert np.array_equal(other.logits(PROMPT), after)


def text_of(steps, prompt=PROMPT):
    return read_only(np.append(prompt, np.array([step.token_id for step in steps], np.int32)))


def numbers(steps):
    return [(step.token_id, step.logit, step.model_probability, step.entropy_bits) for step in steps]


def test_float32_until_something_else_is_asked_for(asking, model_folder):
    exact = load(str(model_folder), "cpu")
    steps = asking.write(PROMPT)
    trace = forward_pass.run(exact, PROMPT)
    for step, end in zip(steps, itertools.count(len(PROMPT)), strict=False):
        trace = forward_pass.run(exact, text_of(steps)[:end], trace)
        assert step.logit == forward_pass.logits(exact, trace, end - 1)[step.token_id]


def test_the_form_is_told_and_written_in(asking):
    asking.choose(exact=True)
    in_float32 = asking.write(PROMPT)
    chosen = asking.choose(exact=False)
    assert (chosen.form, chosen.exact, chosen.forgotten) == (FLOAT16, False, False)
    in_float16 = asking.write(PROMPT)
    assert numbers(in_float16) != numbers(in_float32)
    assert in_float16[0].model_probability == pytest.approx(in_float32[0].model_probability, abs=0.01)
    assert numbers(asking.write(PROMPT)) == numbers(in_float16)
    chosen = asking.choose(exact=True)
    assert (chosen.form, chosen.exact) == (FLOAT32, True)
    assert numbers(asking.write(PROMPT)) == numbers(in_float32)


@pytest.mark.parametrize("exact", [True, False])
def test_looking_and_pausing_change_nothing_of_what_is_written(asking, exact):
    asking.choose(exact)
    whole = asking.write(PROMPT, count=20)
    first = asking.write(PROMPT, count=1)
    for pause, end in ((1, 9), (9, 10), (10, 20)):
        text = text_of(first)
        assert len(text) == len(PROMPT) + pause
        asking.logits(text)
        asking.logits(PROMPT[::-1].copy())  # another text
        asking.ask(ReadHead, ids=text, position=len(text) - 1, layer=1, head=2)
        first += asking.write(text, count=end - pause, used=pause)
    assert numbers(first) == numbers(whole)


def test_what_was_written_is_looked_at_as_it_was_drawn_and_typed_text_in_float32(asking, model_folder):
    exact = load(str(model_folder), "cpu")
    asking.choose(exact=False)
    steps = asking.write(PROMPT)
    text = text_of(steps)
    expected = forward_pass.logits(exact, forward_pass.run(exact, text), len(text) - 1)
    rounded = asking.logits(text)
    assert not np.array_equal(rounded, expected)
    assert rounded == pytest.approx(expected, abs=0.05)
    typed = read_only(text[::-1].copy())
    again = forward_pass.logits(exact, forward_pass.run(exact, typed), len(typed) - 1)
    assert asking.logits(typed) == pytest.approx(again, rel=1e-5, abs=1e-5)


def test_exact_numbers_are_read_anew(asking, model_folder):
    exact = load(str(model_folder), "cpu")
    asking.choose(exact=False)
    text = text_of(asking.write(PROMPT))
    asking.logits(text)
    assert asking.choose(exact=True).forgotten
    expected = forward_pass.logits(exact, forward_pass.run(exact, text), len(text) - 1)
    assert asking.logits(text) == pytest.approx(expected, abs=1e-4)
    assert not asking.choose(exact=True).forgotten
    assert not asking.choose(exact=False).forgotten


@pytest.fixture
def passes(monkeypatch):
    """How many positions each pass read that wrote the text."""
    computed, read, found = forward_pass._compute, compiled.Compiled.read, []

    def computing(model, store, ids, start, *more):
        found.append(len(ids) - start)
        computed(model, store, ids, start, *more)

    def reading(form, residual, heads, tokens, *more):
        if form.form != INT8:
            found.append(len(tokens))
        return read(form, residual, heads, tokens, *more)

    monkeypatch.setattr(forward_pass, "_compute", computing)
    monkeypatch.setattr(compiled.Compiled, "read", reading)
    return found


@pytest.mark.parametrize("exact", [True, False])
def test_guesses_leave_the_text_as_it_is(asking, passes, exact):
    assert not asking.choose(exact).guesses
    alone = asking.write(PROMPT, count=40)
    assert passes == [len(PROMPT)] + [1] * 39
    with guesses_that_take(0.01):
        assert asking.choose(exact).guesses
    passes.clear()
    guessed = asking.write(PROMPT, count=40)
    assert max(passes[1:]) > 1
    assert numbers(guessed) == numbers(alone)
    assert [step.uniform for step in guessed] == [step.uniform for step in alone]
    # What is looked at is what was drawn from.
    for count in (10, 11, 20):
        text = text_of(guessed[:count])
        assert asking.logits(text)[guessed[count].token_id] == pytest.approx(
            guessed[count].logit, abs=1e-5 if exact else 1e-3
        )
    paused = asking.write(PROMPT, count=10)
    paused += asking.write(text_of(paused), count=30, used=10)
    assert [step.token_id for step in paused] == [step.token_id for step in alone]


def test_nothing_is_guessed_beyond_what_is_wanted(asking, passes):
    with guesses_that_take(0.01):
        asking.choose(exact=True)
    asking.write(PROMPT, count=1)
    asking.write(PROMPT, count=3)
    assert passes[0] == len(PROMPT)  # the prompt is read once, the last token never
    assert sum(passes[1:]) <= 3
    assert max(passes[1:]) == 2
    assert MOST > 2


def test_at_a_slow_pace_nothing_is_guessed(asking, passes):
    with guesses_that_take(0.01):
        asking.choose(exact=True)
    asking.ask(Generate, ids=PROMPT, settings=SamplingSettings(), seed=5, count=4, used=0, pace=0.001)
    asking.qtbot.waitUntil(lambda: any(isinstance(reply, Finished) for reply in asking.replies))
    assert passes == [len(PROMPT), 1, 1, 1]


def test_who_writes_at_once_waits_for_the_form(asking):
    asking.choose(exact=False)
    expected = numbers(asking.write(PROMPT))
    asking.choose(exact=True)
    asking.worker.take(ChooseForm(asking.newest.stamp(ChooseForm), exact=False))  # not waited for
    assert numbers(asking.write(PROMPT)) == expected


def test_nobody_waits_for_what_only_guesses(asking, passes):
    with guesses_that_take(0.01):
        asking.worker.take(ChooseForm(asking.newest.stamp(ChooseForm), exact=False))  # not waited for
        first = asking.write(PROMPT, count=30)
        assert asking.worker._form.fast.form == FLOAT16
        asking.qtbot.waitUntil(lambda: asking.worker._form.draft is not None)
    passes.clear()
    again = asking.write(PROMPT, count=30)
    assert max(passes[1:]) > 1
    assert [step.token_id for step in again] == [step.token_id for step in first]


def test_nothing_rounded_is_gone_on_from_when_numbers_are_to_be_exact(asking, model_folder):
    exact = load(str(model_folder), "cpu")
    asking.choose(exact=False)
    text = text_of(asking.write(PROMPT))
    asking.logits(text)
    path = (7,)
    asking.futures(text, path)
    asking.columns(text, count=6)
    written = asking.columns(text, count=6)
    asking.logits(read_only(text[::-1].copy()))  # another text is on screen
    assert asking.choose(exact=True).forgotten  # of the columns
    expected = forward_pass.logits(exact, forward_pass.run(exact, text), len(text) - 1)
    assert asking.logits(text) == pytest.approx(expected, abs=1e-5)
    ahead = read_only(np.append(text, np.array(path, np.int32)))
    expected = forward_pass.logits(exact, forward_pass.run(exact, ahead), len(ahead) - 1)
    ranking = asking.futures(text, path)
    assert ranking.logits == pytest.approx(expected[ranking.order], abs=1e-5)
    longer = text_of(written, text)
    step = asking.columns(longer, count=1, used=len(written))[0]
    expected = forward_pass.logits(exact, forward_pass.run(exact, longer), len(longer) - 1)
    assert step.top_logits == pytest.approx(expected[step.top_ids], abs=1e-5)


def test_another_model_leaves_nothing_of_the_one_before_it(asking, model_folder):
    ids = read_only(np.array([5, 17, 300], np.int32))
    asking.futures(ids, (7,))
    asking.ask(ReadHeads, ids=ids, position=2)
    asking.qtbot.waitUntil(lambda: any(isinstance(reply, HeadsRead) for reply in asking.replies))
    before = weakref.ref(asking.worker._model.network)
    asking.ask(LoadModel, source=str(model_folder), device="cpu")
    gc.collect()
    assert before() is None


def test_what_was_asked_before_the_oldest_tokens_dropped_out_is_not_read_anew(asking):
    """The context is 48 tokens; after the 49th the model sees the text from token 12 on."""
    prompt = read_only(np.random.default_rng(5).integers(1, 360, 44).astype(np.int32))
    steps = asking.write(prompt, count=8)
    ids = text_of(steps, prompt)
    assert len(ids) == 52
    for count, expected in ((48, steps[4]), (51, steps[7])):
        asking.logits(ids[:count])
        ran = asking.replies[-1]
        assert ran.computed == 0
        assert ran.seen_from == (0 if count == 48 else 12)
        np.testing.assert_allclose(ran.logits[expected.top_ids], expected.top_logits, atol=0.02)
