"""Questions that are stale: of a model that has gone."""

import numpy as np

from vectarium.messages import Finished, LoadModel, Newest, read_only
from vectarium.messages_futures import ReadFutures, ScoreTexts
from vectarium.messages_vectors import ReadLens, ReadStreams
from vectarium.messages_writing import Score
from vectarium.workers.model_worker import ModelWorker


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
