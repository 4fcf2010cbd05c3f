"""The scores of typed tokens, against transformers' own logits for what the model sees."""

import numpy as np
import pytest
import torch

from tiny_models import random_network
from vectarium.messages_writing import Score
from vectarium.model import loading
from vectarium.model.generation import seen_range
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
