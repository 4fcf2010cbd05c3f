"""The scores of typed tokens, against transformers' own logits for what the model sees; stale questions."""

import numpy as np
import pytest
import torch

from tiny_models import random_network
from vectarium.messages import Finished, LoadModel, Newest, read_only
from vectarium.messages_futures import ReadFutures, ScoreTexts
from vectarium.messages_vectors import ReadLens, ReadStreams
from vectarium.messages_writing import Score
from vectarium.model import loading
from vectarium.model.generation import seen_range
from vectarium.workers.model_worker import ModelWorker
from vectarium.workers.writing import score


@pytest.mark.parametrize(
    "positions",
    [
        range(1, 30),
        [3, 4, 5, 9, 20, 21],
        range(40, 75),  # across the end of the context of 48 tokens, where the model sees another stretch
    ],
)
def test_scores_are_those_of_transformers_for_what_the_model_sees(model_folder, positions):
    model = loading.load(str(model_folder), "cpu")
    ids = np.random.default_rng(2).integers(1, 360, 80).astype(np.int32)
    request = Score(1, ids=ids, positions=np.array(positions, np.int32))
    done: list[float] = []
    scored, _ = score(model, None, request, done.append)
    network = random_network()
    for entry, position in enumerate(positions):
        start, end = seen_range(position, 48)
        logits = network(torch.tensor([ids[start:end].tolist()])).logits[0, -1].double()
        shares = torch.softmax(logits, 0).numpy()
        token = ids[position]
        assert scored.probability[entry] == pytest.approx(shares[token], rel=1e-4)
        assert scored.rank[entry] == (shares > shares[token]).sum()
        entropy = -float((shares * np.log2(shares)).sum())
        assert scored.entropy_bits[entry] == pytest.approx(entropy, rel=1e-4)
    assert done[-1] == 1.0


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
