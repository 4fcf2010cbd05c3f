"""Questions that come too late for the model they were asked of."""

from types import SimpleNamespace

import numpy as np
import pytest

from vectarium.messages import Run
from vectarium.messages_futures import ColumnToWrite, ReadFutures, ScoreTexts, WriteColumns
from vectarium.messages_writing import Score
from vectarium.sampling import SamplingSettings
from vectarium.workers.loaded import is_of_another_model

MODEL = SimpleNamespace(vocabulary_size=360)
NONE = np.empty(0, np.int32)


def ids(*tokens):
    return np.array(tokens, np.int32)


def asked(last):
    text = ids(3, last)
    return [
        Run(1, text, 1),
        Score(1, text, ids(1)),
        ReadFutures(1, text, 1, ((),)),
        ReadFutures(1, ids(3), 0, ((), (5, last))),
        WriteColumns(1, (ColumnToWrite(text, SamplingSettings(), 0, 0),), 5),
        ScoreTexts(1, ((NONE, NONE), (text, ids(1)))),
    ]


@pytest.mark.parametrize("request_", asked(360), ids=lambda request: type(request).__name__)
def test_tokens_that_the_model_lacks_are_of_another(request_):
    assert is_of_another_model(request_, MODEL)


@pytest.mark.parametrize("request_", asked(359), ids=lambda request: type(request).__name__)
def test_tokens_that_the_model_has_may_be_its_own(request_):
    assert not is_of_another_model(request_, MODEL)
