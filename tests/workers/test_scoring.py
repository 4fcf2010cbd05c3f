"""The scores of typed tokens, against transformers' own logits for what the model sees, and in float64."""

import numpy as np
import pytest
import torch

from ready_forms import prepared
from tiny_models import random_network
from vectarium.messages import Finished, LoadModel, Newest, Ran, Run, read_only
from vectarium.messages_futures import ScoreTexts
from vectarium.messages_writing import Score, Scored
from vectarium.model import loading
from vectarium.model.generation import seen_range
from vectarium.ranking import BrokenLogits, rank
from vectarium.workers import scoring
from vectarium.workers.model_worker import ModelWorker
from vectarium.workers.scoring import score_texts, scores


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "positions",
    [
        range(1, 30),
        [3, 4, 5, 9, 20, 21],
        range(40, 75),  # across the end of the context of 48 tokens, where the model sees another stretch
    ],
)
def test_scores_are_those_of_transformers_for_what_the_model_sees(model_folder, positions, compiled):
    model = loading.load(str(model_folder), "cpu")
    form = prepared(model, exact=True) if compiled else None
    ids = np.random.default_rng(2).integers(1, 360, 80).astype(np.int32)
    request = Score(1, ids=ids, positions=np.array(positions, np.int32))
    done: list[float] = []
    parts = list(scores(model, None, request, done.append, form))
    assert [position for part in parts for position in part.positions] == list(positions)
    probability, ranks, entropies = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("probability", "rank", "entropy_bits")
    )
    network = random_network()
    for entry, position in enumerate(positions):
        start, end = seen_range(position, 48)
        logits = network(torch.tensor([ids[start:end].tolist()])).logits[0, -1].double()
        shares = torch.softmax(logits, 0).numpy()
        token = ids[position]
        assert probability[entry] == pytest.approx(shares[token], rel=1e-4)
        assert ranks[entry] == (shares > shares[token]).sum()
        entropy = -float((shares * np.log2(shares)).sum())
        assert entropies[entry] == pytest.approx(entropy, rel=1e-4)
    assert done[-1] == 1.0


def test_a_large_vocabulary_is_judged_as_in_float64():
    random = np.random.default_rng(5)
    logits = (4 * random.standard_normal((6, 50_257))).astype(np.float32)
    logits[1] *= 8  # almost all on one token
    logits[2] /= 100  # almost nothing known
    logits[3] = np.round(logits[3], 1)  # with many equal ones
    logits[4, 7] = 150  # of the others' shares nothing is left in float32
    tokens = np.array([0, logits[1].argmax(), 50_256, 25_000, 9, 25_000], np.int32)
    probability, ranks, entropies = scoring._judged(logits, tokens)
    for entry, token in enumerate(tokens):
        ranking = rank(logits[entry])
        place = ranking.rank_of(token)
        assert ranks[entry] == place
        assert probability[entry] == pytest.approx(ranking.model_probability[place], rel=3e-6)
        assert entropies[entry] == pytest.approx(ranking.model_entropy_bits, rel=2e-6, abs=2e-6)
    assert 0 < probability[4] < 1e-60


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_broken_logits_are_told(broken):
    logits = np.zeros((2, 100), np.float32)
    logits[1, 5] = broken
    with pytest.raises(BrokenLogits, match="not finite"):
        scoring._judged(logits, np.array([3, 3], np.int32))


def test_of_each_text_its_own_tokens_are_scored(model_folder, monkeypatch):
    monkeypatch.setattr(scoring, "AT_ONCE", 4)
    model = loading.load(str(model_folder), "cpu")
    first, second = (np.random.default_rng(seed).integers(1, 360, 12).astype(np.int32) for seed in (1, 2))
    asked = ((first, np.arange(1, 12)), (second, np.array([], int)), (second, np.array([2, 9])))
    request = ScoreTexts(1, tuple((ids, positions.astype(np.int32)) for ids, positions in asked))
    found = score_texts(model, None, request, lambda share: None).scored
    assert [[part.positions.tolist() for part in parts] for parts in found] == [
        [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11]],
        [],
        [[2, 9]],
    ]
    (alone,) = scores(model, None, Score(1, second, np.array([9], np.int32)), lambda share: None)
    assert found[2][0].probability[1] == pytest.approx(alone.probability[0], rel=1e-5)


def test_other_questions_are_answered_between_the_parts_of_a_long_one(qtbot, model_folder, monkeypatch):
    monkeypatch.setattr(scoring, "AT_ONCE", 4)
    newest, replies = Newest(), []
    worker = ModelWorker(newest)
    worker.take(LoadModel(newest.stamp(LoadModel), str(model_folder), "cpu"))
    ids, other = (read_only(np.arange(1, count, dtype=np.int32)) for count in (12, 3))

    def ask_after_the_first_part(reply):
        replies.append(reply)
        if len(replies) == 1:
            # Another text of which the model then knows less; the rest is still of the first one.
            worker.take(Run(newest.stamp(Run), other, 1))

    worker.replied.connect(ask_after_the_first_part)
    worker.take(Score(newest.stamp(Score), ids, ids[:10]))
    qtbot.waitUntil(lambda: isinstance(replies[-1], Finished) if replies else False)
    assert [type(reply) for reply in replies] == [Scored, Ran, Scored, Scored, Finished]
    assert replies[3].positions.tolist() == [9, 10]
    (alone,) = scores(worker._model, None, Score(1, ids, ids[8:10]), lambda share: None)
    assert replies[3].probability == pytest.approx(alone.probability, rel=1e-5)
