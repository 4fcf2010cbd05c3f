"""The baseline's probabilities."""

import numpy as np
from trigram import Trigram


def test_probabilities_sum_to_one_after_known_and_unknown_histories() -> None:
    ids = np.concatenate([[0], np.random.default_rng(0).integers(0, 6, 400)])
    trigram = Trigram(ids, end_of_text=0, vocabulary=7)
    for history in ([1, 2], [0, 3], [5, 5], [6, 6], [0, 6]):
        total = sum(np.exp(-trigram.nats(np.array([*history, token]))[-1]) for token in range(7))
        np.testing.assert_allclose(total, 1)


def test_a_worked_example() -> None:
    # 0 a b 0 a c 0 with a=1, b=2, c=3. Trigrams: (00)a twice; (0a)b, (0a)c, (ab)0, (ac)0 once: D3 = 4/6.
    # Bigram contexts, all once: 0a, ab, ac, b0, c0: D2 = 1/2 for want of twos. Tokens by number of contexts:
    # 0: 2, a: 1, b: 1, c: 1: D1 = 3/5.
    ids = np.array([0, 1, 2, 0, 1, 3, 0])
    found = np.exp(-Trigram(ids, end_of_text=0, vocabulary=4).nats(np.array([0, 1, 2])))
    unigram_a = (1 - 0.6) / 5 + 0.6 * 4 / 5 / 4
    bigram_a = (1 - 0.5) / 1 + 0.5 * 1 / 1 * unigram_a
    trigram_a = (2 - 4 / 6) / 2 + 4 / 6 * 1 / 2 * bigram_a
    unigram_b = unigram_a
    bigram_b = (1 - 0.5) / 2 + 0.5 * 2 / 2 * unigram_b
    trigram_b = (1 - 4 / 6) / 2 + 4 / 6 * 2 / 2 * bigram_b
    np.testing.assert_allclose(found, [trigram_a, trigram_b])


def test_it_learns_what_always_follows() -> None:
    ids = np.tile(np.arange(5), 200)
    assert Trigram(ids, 0, 5).nats(ids).mean() < 0.02
