"""A model in machine code of our own, for the few positions at a time that writing reads.

Its matrices are those of the network, or copies in fewer bytes.
Activations, sums, biases, layer norms and embeddings stay float32.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.machine_code import board as at
from vectarium.machine_code import matrices, ranks, tiles
from vectarium.machine_code.tiles import LANES
from vectarium.model import activations
from vectarium.model.crew import Crew
from vectarium.model.loading import LoadedModel
from vectarium.model.memory import Memory
from vectarium.model.one_token import FLOAT16, FLOAT32, INT8, Read, conv1ds, scaling
from vectarium.ranking import LEADING, Known, Ranking, rank, read_only
from vectarium.softmax import Sums, entropy_bits

_CODES = {FLOAT32: tiles.FLOAT32, FLOAT16: tiles.FLOAT16, INT8: tiles.INT8}
_TYPES: dict[str, Any] = {FLOAT16: np.float16, INT8: np.int8}
_AT_ONCE = 2**22  # weights that are packed at once: some milliseconds
_WEIGHTS_OF_A_CALL = 10**8  # between two of which a pass can be cancelled
_NO_PATTERNS = np.empty((0, 0, 0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class Matrix:
    """One matrix as `matrices` has it."""

    columns: tuple[int, ...]  # [matrices.MATRIX]
    rows: int
    kept: tuple[Any, ...]
    """What lies at the addresses."""


def can_compile(model: LoadedModel) -> bool:
    """Whether `kernels` takes what a model consists of: GPT-2's own activation, widths of whole vectors."""
    config = model.network.config
    widths = model.width, _inner_width(model)
    matrices = [conv.weight.t() for block in model.network.transformer.h for conv in conv1ds(block)]
    embeddings = model.network.transformer.wte, model.network.transformer.wpe
    matrices += [model.network.lm_head.weight, *(embedding.weight for embedding in embeddings)]
    return (
        all(matrix.stride(1) == 1 and matrix.dtype == torch.float32 for matrix in matrices)
        and activations.FUNCTIONS[config.activation_function] is activations.FUNCTIONS["gelu_new"]
        and all(width % LANES == 0 for width in widths)
    )


def as_it_is(weight: torch.Tensor, bias: torch.Tensor | None) -> Matrix:
    """A matrix, [out, in], where it lies."""
    columns = weight.data_ptr(), 4 * weight.stride(0), 4, _address(bias), 0
    return Matrix(columns, len(weight), (weight, bias))


def packed(
    memory: Memory, weight: torch.Tensor, bias: torch.Tensor | None, form: str, share: float
) -> Generator[float, None, Matrix]:
    """A copy of a matrix, [out, in], in a form of fewer bytes; yields ``share`` every few milliseconds.

    In eight bits the weights of a row are whole numbers with a scale: that is only good for guessing.
    """
    rows, width = weight.shape
    kept = memory.array((rows, width), _TYPES[form])
    scales = np.empty(rows, np.float32) if form == INT8 else None
    some = max(1, _AT_ONCE // width)
    for begin in range(0, rows, some):
        part = weight[begin : begin + some].numpy()
        if scales is None:
            limit = np.finfo(np.float16).max
            kept[begin : begin + some] = part.clip(-limit, limit)
        else:
            largest = np.maximum(np.abs(part).max(axis=1), np.finfo(np.float32).tiny)
            scales[begin : begin + some] = largest / 127
            with np.errstate(invalid="ignore"):  # what is not a number: its scale is not one either
                kept[begin : begin + some] = np.rint(part / (largest / 127)[:, None])
        yield share
    scale = 0 if scales is None else scales.ctypes.data
    columns = kept.ctypes.data, kept.strides[0], kept.itemsize, _address(bias), scale
    return Matrix(columns, rows, (kept, scales, bias))


class Compiled:
    """A model, ready for a few positions at a time. Used by one thread."""

    def __init__(
        self,
        model: LoadedModel,
        form: str,
        exact: bool,
        blocks: Sequence[Sequence[Matrix]],
        unembedding: Matrix,
        crew: Crew,
    ) -> None:
        """``blocks`` have their matrices in the order of `conv1ds`."""
        self.form, self.exact, self.crew = form, exact, crew
        self.threads = crew.threads
        self._model = model
        self._kept = blocks, unembedding
        transformer = model.network.transformer
        self._table = np.zeros((len(blocks) + 1, matrices.TABLE), np.int64)
        for columns, block, block_matrices in zip(self._table, transformer.h, blocks, strict=False):
            for place, matrix in enumerate(block_matrices):
                columns[place * matrices.MATRIX :][: matrices.MATRIX] = matrix.columns
            columns[matrices.NORM_1 : matrices.NORM_2] = _addresses(block.ln_1)
            columns[matrices.NORM_2 :] = _addresses(block.ln_2)
        self._table[-1, : matrices.MATRIX] = unembedding.columns
        self._table[-1, matrices.NORM_1 : matrices.NORM_2] = _addresses(transformer.ln_f)
        self._scales = np.array([scaling(model, layer) for layer in range(len(blocks))], np.float32)
        self._vocabulary = unembedding.rows
        width, inner, members = model.width, _inner_width(model), len(crew)
        self.most = most = at.MANY if form == FLOAT32 else matrices.FEW
        # As much as the largest part has rows, which is one thread's alone, and a head numbers.
        all_matrices = [unembedding, *(matrix for block in blocks for matrix in block)]
        parts = [matrices.rows_of_part(each.rows, each.columns[matrices.ROW], 1) for each in all_matrices]
        part = max(*parts, width // model.heads)
        room = Memory().array  # of which only what a pass needs is ever taken
        layers = max(1, len(blocks))
        self._room = (
            *(room((layers, most, columns)) for columns in (width, width, inner)),
            *(room((members, most, columns)) for columns in (width, part)),
            room((members, model.context)),
        )
        epsilon = np.float32(model.network.config.layer_norm_epsilon).view(np.int32)
        sizes = width, inner, model.heads, 0, model.context, self._vocabulary, part, int(epsilon)
        # What the board is to say of every pass: looking it up each time takes as long as a small block.
        self._always = np.zeros(at.A_POSITION + 1 - at.FORM, np.int64)
        for begin, numbers in (
            (at.FORM, [_CODES[form]]),
            (at.POSITIONS, [most]),
            (at.WIDTH, sizes),
            (at.TABLE, (self._table.ctypes.data, self._scales.ctypes.data)),
            (at.MIXED, [array.ctypes.data for array in self._room]),
            (at.EMBEDDING, [*_rows_of(transformer.wte.weight), *_rows_of(transformer.wpe.weight)]),
        ):
            self._always[begin - at.FORM :][: len(numbers)] = numbers
        self._of_logits = self._always.copy()
        self._of_logits[at.TABLE - at.FORM] = self._table[-1:].ctypes.data

    def read(
        self,
        residual: torch.Tensor,
        heads: torch.Tensor,
        tokens: Sequence[int],
        start: int,
        checkpoint: Checkpoint = unheeded,
    ) -> Read | None:
        """See `Form`."""
        layers, count = len(self._table) - 1, len(tokens)
        assert count <= self.most
        few = count <= matrices.FEW
        logits = np.empty((count if few else 0, self._vocabulary), np.float32)
        # As much for every position: pieces that grow would leave holes in memory that nothing fits into.
        capacity = residual.shape[1]
        patterns = np.empty((layers, self._model.heads, count, capacity), np.float32) if few else _NO_PATTERNS
        self.crew.board[at.TOKENS : at.TOKENS + count] = tokens
        # 12 width² are the weights of a block as GPT-2 is published.
        times = max(1, count // matrices.FEW)
        some = max(1, _WEIGHTS_OF_A_CALL // times // (12 * self._model.width**2))
        for first in range(0, layers, some):
            checkpoint(first / layers)
            last = min(first + some, layers)
            wanted = logits if last == layers else logits[:0]
            self._share(self._always, first, last, start, count, residual, heads, wanted, patterns)
        checkpoint(1.0)
        return Read(logits, patterns) if few else None

    def logits(self, residual: torch.Tensor) -> NDArray[np.float32]:
        """See `Form`; of at most `most` positions."""
        logits = np.empty((len(residual), self._vocabulary), np.float32)
        stream = residual.contiguous()[None]
        self._share(self._of_logits, 0, 0, 0, len(logits), stream, stream, logits, _NO_PATTERNS)
        return logits

    def rank(self, logits: NDArray[np.float32]) -> Ranking:
        """See `Form`."""
        found, numbers = np.empty(ranks.ROOM, np.int64), np.empty(2)
        count = ranks.look(logits, LEADING, found, numbers)
        if not count:
            return rank(logits)
        total, weighted = numbers.tolist()
        own = Sums(total, entropy_bits(total, weighted))
        return Ranking(read_only(logits), logits, Known(read_only(found[:count]), own))

    @property
    def kept_as(self) -> str:
        return self.form if self.exact else f"{self.form}, rounded"

    def _share(
        self,
        always: NDArray[np.int64],
        first: int,
        last: int,
        start: int,
        count: int,
        residual: torch.Tensor,
        heads: torch.Tensor,
        logits: NDArray[np.float32],
        patterns: NDArray[np.float32],
    ) -> None:
        """Fill the stream and what comes with it, or only the logits: see `machine_code.board`."""
        assert residual.is_contiguous()
        assert heads.is_contiguous()
        places = residual.shape[1], residual.data_ptr(), heads.data_ptr()
        at.tell(self.crew.board, always, first, last, start, count, *places, logits, patterns)
        self.crew.read(together=max(count, len(logits)) > matrices.FEW)


def _inner_width(model: LoadedModel) -> int:
    return int(model.network.transformer.h[0].mlp.c_proj.weight.shape[0])


def _address(weight: torch.Tensor | None) -> int:
    return 0 if weight is None else weight.data_ptr()


def _rows_of(weight: torch.Tensor) -> tuple[int, int]:
    """Where the rows begin, and how many bytes they are apart."""
    return weight.data_ptr(), 4 * weight.stride(0)


def _addresses(norm: Any) -> tuple[int, int]:
    return _address(norm.weight), _address(norm.bias)
