"""What the window is told of a model."""

from typing import Any

from vectarium.messages import LoadModel, ModelLoaded


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
