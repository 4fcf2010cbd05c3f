"""The numbers of the Attention pane in files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from vectarium.attention.head_measures import MEASURES
from vectarium.messages_attention import HeadRead, PatternsRead, Treatment
from vectarium.session.attention_reading import Heads

HEAD_COLUMNS = ("layer", "head", *(measure.name for measure in MEASURES), "first token hidden")
PATTERN_COLUMNS = ("query", "key", "query_token", "key_token", "value")


def head_rows(heads: Heads) -> Iterator[tuple[object, ...]]:
    """Every head with its measures, None where there is nothing to measure."""
    for layer, head in np.ndindex(heads.measures.shape[1:]):
        values = heads.measures[:, layer, head].tolist()
        numbers = (None if np.isnan(value) else value for value in values)
        yield (layer, head, *numbers, heads.treatment.hide_sink)


def pattern_rows(values: npt.NDArray[np.float32], labels: tuple[str, ...]) -> Iterator[tuple[object, ...]]:
    """Every query with the keys it sees."""
    for query in range(len(labels)):
        for key in range(query + 1):
            yield query, key, labels[query], labels[key], float(values[query, key])


def write_patterns(
    path: Path,
    shown: HeadRead | PatternsRead,
    weights: npt.NDArray[np.float32],
    treatment: Treatment,
    heads: Heads | None,
) -> None:
    """The pattern shown and the thumbnails of all heads, as float32 safetensors.

    ``pattern`` [query, key] as it is on screen, of tokens or words, with or without the first token; ``ids``
    [token] that the model saw; of a single head ``raw`` [query, key], ``queries``, ``keys`` and ``values``
    [token, d_head]; ``thumbnails`` [layer, head, query, key], each the maximum over ``tokens_a_cell``.
    Raises OSError if the file cannot be written.
    """
    tensors: dict[str, npt.NDArray[np.generic]] = {"pattern": weights, "ids": shown.seen.tokens}
    about = {"heads": repr(shown.heads if isinstance(shown, PatternsRead) else ((shown.layer, shown.head),))}
    about |= {"hide_sink": repr(treatment.hide_sink), "words": repr(treatment.words)}
    if isinstance(shown, HeadRead):
        tensors |= {"raw": shown.raw, "queries": shown.queries, "keys": shown.keys, "values": shown.values}
        about["scaling"] = repr(shown.scaling)
    if heads is not None and shown.seen.same(heads.seen):
        tensors["thumbnails"] = heads.cells
        about["tokens_a_cell"] = str(heads.tokens_a_cell)
    content = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    path.write_bytes(save(content, about))
