"""What the window is told of a model, and whether it asks of the model before."""

from typing import Any

import numpy as np

from vectarium.messages import LoadModel, ModelLoaded, Request
from vectarium.messages_futures import ReadFutures, ScoreTexts, WriteColumns


def model_loaded(request: LoadModel, model: Any) -> ModelLoaded:
    """The answer to `request`: `model` is a `vectarium.model.loading.LoadedModel`."""
    return ModelLoaded(
        request.number,
        source=request.source,
        name=model.name,
        vocabulary=model.vocabulary,
        parameters=model.parameters,
        layers=model.layers,
        heads=model.heads,
        width=model.width,
        context=model.context,
        device=model.device,
        dtype=model.dtype,
        reason=model.reason,
        notices=model.notices,
    )


def is_of_another_model(request: Request, model: Any) -> bool:
    """Whether `request` speaks of tokens that `model` does not have: it was asked of the model before."""
    texts: list[Any] = [getattr(request, "ids", ())]
    match request:
        case ReadFutures():
            texts += request.paths
        case WriteColumns():
            texts += (column.ids for column in request.columns)
        case ScoreTexts():
            texts += (ids for ids, _ in request.texts)
    size: int = model.vocabulary_size
    return max((int(np.max(ids)) for ids in texts if len(ids)), default=0) >= size
