"""What the worker for the model gives for vector spaces: its matrices, residual streams, the logit lens."""

from typing import Any

import numpy as np
import torch

from vectarium.context import seen_range
from vectarium.messages import Floats, read_only
from vectarium.messages_vectors import LensRead, ModelMatrices, ReadLens, ReadStreams, Stream, StreamsRead
from vectarium.model import forward_pass
from vectarium.model.forward_pass import norm
from vectarium.model.loading import LoadedModel
from vectarium.model.trace import Trace
from vectarium.vectors.trajectories import ResidualStream
from vectarium.vocabulary import Vocabulary
from vectarium.workers.base import Checkpoint


def matrices(model: LoadedModel) -> ModelMatrices:
    """W_E, W_pos and, where it is a matrix of its own, the unembedding. No copies of float32 on the CPU."""
    transformer, head = model.network.transformer, model.network.lm_head.weight
    tied = head.data_ptr() == transformer.wte.weight.data_ptr()
    return ModelMatrices(
        model.name,
        _array(transformer.wte.weight),
        _array(transformer.wpe.weight),
        None if tied else _array(head),
        model.vocabulary,
        model.tokenizer,
    )


def read_streams(
    model: LoadedModel, trace: Trace, seen_from: int, request: ReadStreams, checkpoint: Checkpoint
) -> tuple[StreamsRead, tuple[ResidualStream, ...]]:
    """The residual streams of the text of `trace` and of the other texts, which are passed through here."""
    streams = [_stream(model, trace)]
    names = [_names(model, trace)]
    lenses = []
    for text in request.others:
        checkpoint.check()
        ids = model.tokenizer.encode(text)
        first, last = seen_range(len(ids), model.context)
        if last == first:
            continue
        other = forward_pass.run(model, ids[first:last], checkpoint=checkpoint)
        streams.append(_stream(model, other))
        names.append(_names(model, other))
        lenses.append(lens(model, other, len(other) - 1))
    shown = tuple(Stream(each, stream.words) for each, stream in zip(names, streams, strict=True))
    read = StreamsRead(
        request.number, request.ids, seen_from, model.layers, model.width, shown, tuple(lenses)
    )
    return read, tuple(streams)


def read_lens(model: LoadedModel, trace: Trace, seen_from: int, request: ReadLens) -> LensRead:
    return LensRead(
        request.number, request.ids, request.position, lens(model, trace, request.position - seen_from)
    )


@torch.inference_mode()
def lens(model: LoadedModel, trace: Trace, position: int) -> tuple[str, ...]:
    """The likeliest next token at each layer, [layer + 1], as it is drawn: the logit lens.

    The final layer norm and the unembedding, applied to the residual stream of every layer (nostalgebraist,
    interpreting GPT: the logit lens, 2020).
    """
    hidden = norm(model.network.transformer.ln_f, trace.residual[:, position])
    logits = torch.nn.functional.linear(hidden, model.network.lm_head.weight)
    best = logits[:, : len(model.vocabulary)].argmax(dim=-1).tolist()
    return tuple(model.vocabulary.labels[token] for token in best)


def _stream(model: LoadedModel, trace: Trace) -> ResidualStream:
    vocabulary, ids = model.vocabulary, trace.ids.tolist()
    words = tuple(_text(vocabulary, token) for token in ids)
    return ResidualStream(vocabulary.text(ids), words, _array(trace.residual, copy=True))


def _names(model: LoadedModel, trace: Trace) -> tuple[str, ...]:
    return tuple(model.vocabulary.labels[token] for token in trace.ids.tolist())


def _array(tensor: torch.Tensor, *, copy: bool = False) -> Floats:
    array: Any = tensor.detach().float().cpu().numpy()
    # The trace's own memory grows with the text, so what leaves the worker is a copy of it.
    return read_only(np.array(array) if copy else array.view())


def _text(vocabulary: Vocabulary, token: int) -> str:
    return vocabulary.token_bytes[token].decode("utf-8", "surrogateescape")
