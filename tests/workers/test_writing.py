"""Writing on beside questions: about what was written, and about a model that has gone."""

import numpy as np

from vectarium.messages import Finished, Generate, LoadModel, Newest, read_only
from vectarium.messages_futures import ReadFutures, ScoreTexts
from vectarium.messages_vectors import ReadLens, ReadStreams
from vectarium.messages_writing import Score
from vectarium.model import forward_pass, loading
from vectarium.sampling import SamplingSettings
from vectarium.workers.model_worker import ModelWorker
from vectarium.workers.writing import Writer


def test_what_was_asked_of_a_model_with_more_tokens_is_no_failure(qtbot, model_folder):
    newest, replies = Newest(), []
    worker = ModelWorker(newest)
    worker.take(LoadModel(newest.stamp(LoadModel), str(model_folder), "cpu"))
    worker.replied.connect(replies.append)
    ids, one = read_only(np.array([1, 50_000], np.int32)), read_only(np.array([1], np.int32))
    for kind, content in (
        (Score, {"ids": ids, "positions": one}),
        (ScoreTexts, {"texts": ((one, one[:0]), (ids, one))}),
        (ReadFutures, {"ids": ids, "position": 1, "paths": ((1,),)}),
        (ReadStreams, {"ids": ids, "position": 1}),
        (ReadLens, {"ids": ids, "position": 1}),
    ):
        worker.take(kind(newest.stamp(kind), **content))
        assert isinstance(replies[-1], Finished)
        assert replies[-1].why == "cancelled"
    assert len(replies) == 5


def test_what_is_asked_about_a_text_that_has_grown_meanwhile_copies_nothing(model_folder):
    model = loading.load(str(model_folder), "cpu")
    writer = Writer(Generate(1, read_only(np.arange(20, dtype=np.int32)), SamplingSettings(), 0, 50))
    asked = None
    for _ in range(6):
        reply, written, _ = writer.turn(model, asked, lambda share: None)
        ids = read_only(np.append(written.ids, reply.steps[0].token_id))
        # Asked about the beginning only, then about what lies between that and what is written by now.
        for count in (len(written) - 1, len(written)):
            asked = forward_pass.run(model, ids[:count], writer.nearer(asked, ids[:count]))
            assert asked.store is written.store
    longer = forward_pass.run(model, [*written.ids, 5], written)
    assert writer.nearer(longer, written.ids) is longer
    other = forward_pass.run(model, [7, 8])
    assert writer.nearer(other, np.array([7, 8, 9], np.int32)) is other
