"""What the model worker answers about what could come next, against transformers."""

import numpy as np
import pytest
import torch

from tiny_models import as_theirs
from vectarium.messages import Finished
from vectarium.messages_futures import FuturesRead, ReadFutures
from vectarium.model import forward_pass, loading
from vectarium.model.generation import seen_range
from vectarium.workers.futures import PATHS_AT_ONCE, FutureReader


@pytest.fixture(scope="module")
def model(model_folder):
    return loading.load(str(model_folder), "cpu")


def go_on(share):
    pass


def answers(reader, model, ids, position, paths):
    """Every answer by its path."""
    start, end = seen_range(len(ids), model.context)
    trace = forward_pass.run(model, ids[start:end])
    replies = list(reader.read(model, trace, start, ReadFutures(7, ids, position, paths), go_on))
    assert isinstance(replies.pop(), Finished)
    assert all(isinstance(reply, FuturesRead) and reply.number == 7 for reply in replies)
    assert all(len(reply.paths) <= PATHS_AT_ONCE for reply in replies)
    return {
        path: ranking for reply in replies for path, ranking in zip(reply.paths, reply.rankings, strict=True)
    }


@pytest.mark.parametrize(("count", "position"), [(9, 8), (9, 4), (45, 44), (48, 47), (70, 69)])
def test_paths_are_seen_as_the_model_would_see_them_when_it_writes(model, count, position):
    ids = np.random.default_rng(count).integers(1, 360, count).astype(np.int32)
    paths = tuple((a,) for a in range(30)) + tuple((a, a + 5, 9, a) for a in range(8))
    found = answers(FutureReader(), model, ids, position, paths)
    assert tuple(found) == paths
    text, network = ids[: position + 1].tolist(), as_theirs(model.network)
    for path, ranking in found.items():
        start, _ = seen_range(len(text) + len(path), 48)
        seen = torch.tensor([[*text, *path][start:]])
        with torch.inference_mode():
            logits = network(seen).logits[0, -1].double()
        mine = torch.softmax(torch.tensor(ranking.logits).double(), 0)
        assert (mine - torch.softmax(logits, 0)[ranking.order.copy()]).abs().max() < 1e-5


def test_a_second_question_about_the_text_computes_only_what_is_new(model, monkeypatch):
    ids = np.arange(1, 12, dtype=np.int32)
    reader = FutureReader()
    answers(reader, model, ids, 10, ((1,), (2,)))
    computed = []
    through = forward_pass.go_through

    def counted(model, store, hidden, *rest):
        computed.append(len(hidden))
        return through(model, store, hidden, *rest)

    trace = forward_pass.run(model, ids)
    monkeypatch.setattr(forward_pass, "go_through", counted)
    list(reader.read(model, trace, 0, ReadFutures(8, ids, 10, ((1, 3), (2, 4), (2, 5))), go_on))
    assert computed == [3]
