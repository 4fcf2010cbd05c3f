"""Loads the model, runs it and lets it write."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot

from vectarium.messages import (
    ExportTrace,
    Finished,
    Generate,
    Generated,
    LoadModel,
    ModelLoaded,
    Newest,
    Progress,
    Ran,
    Request,
    Run,
    TokenizerReady,
    read_only,
)
from vectarium.workers.base import Worker


class ModelWorker(Worker):
    """Holds the model and the trace of its last pass."""

    name = "model"
    tokenizer_opened = Signal(object)
    _next_turn = Signal()

    def __init__(self, newest: Newest) -> None:
        super().__init__(newest)
        self._model: Any = None
        self._trace: Any = None
        self._generation: Iterator[Any] | None = None
        self._generating: Generate | None = None
        self._next_turn.connect(self._generate_one, Qt.ConnectionType.QueuedConnection)

    def _answer(self, request: Request) -> None:
        match request:
            case LoadModel():
                self._load(request)
            case Run():
                self._run(request)
            case Generate():
                self._start_generating(request)
            case ExportTrace():
                self._export(request)
            case _:
                raise TypeError(f"not a question for the model: {request}")

    def _load(self, request: LoadModel) -> None:
        from vectarium.model import imports, loading

        self._reply(Progress(request.number, "Opening the model", None))
        if self._model is None and (folder := loading.local_folder(request.source)):
            from vectarium.model.tokens import open_tokenizer

            tokenizer, vocabulary = open_tokenizer(folder)
            self.tokenizer_opened.emit(tokenizer)
            self._reply(TokenizerReady(request.number, vocabulary))
        self._reply(Progress(request.number, "Starting torch", None))
        imports.prepare()
        model = loading.load(
            request.source,
            request.device,
            download=request.download,
            progress=lambda doing, share: self._reply(Progress(request.number, doing, share)),
            cancelled=lambda: not self._newest.is_current(request.number),
        )
        self._checkpoint(request, "").check()
        self._generation = self._generating = self._trace = None
        self._model = model
        self.tokenizer_opened.emit(model.tokenizer)
        self._reply(
            ModelLoaded(
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
        )

    def _pass(self, request: Run | ExportTrace, position: int) -> tuple[int, int]:
        """Bring the trace up to what the model sees of the text around `position`; from where to where."""
        from vectarium.model import forward_pass
        from vectarium.model.generation import seen_range

        seen_from, seen_to = seen_range(len(request.ids), self._model.context)
        if position < seen_from:
            seen_from, seen_to = seen_range(position + 1, self._model.context)
        self._trace = forward_pass.run(
            self._model,
            request.ids[seen_from:seen_to],
            previous=self._trace,
            checkpoint=self._checkpoint(request, f"Reading {seen_to - seen_from:,} tokens"),
        )
        return seen_from, seen_to

    def _run(self, request: Run) -> None:
        from vectarium.model import forward_pass

        if self._model is None:
            return
        begun = time.perf_counter()
        seen_from, seen_to = self._pass(request, request.position)
        logits = forward_pass.logits(self._model, self._trace, request.position - seen_from)
        self._reply(
            Ran(
                request.number,
                ids=request.ids,
                position=request.position,
                seen_from=seen_from,
                seen_to=seen_to,
                logits=read_only(logits),
                seconds=time.perf_counter() - begun,
                computed=seen_to - seen_from - self._trace.reused,
            )
        )

    def _start_generating(self, request: Generate) -> None:
        from vectarium.model.generation import generate

        if self._model is None:
            return
        self._generating = request
        self._generation = generate(
            self._model,
            request.ids,
            request.settings,
            request.seed,
            previous=self._trace,
            limit=request.count,
        )
        self._begun, self._made, self._ids = time.perf_counter(), 0, request.ids
        self._generate_one()

    @Slot()
    def _generate_one(self) -> None:
        """One token, then back to the event loop, where cancels and searches get their turn."""
        request, generation = self._generating, self._generation
        if request is None or generation is None:
            return
        try:
            self._checkpoint(request, "").check()
            made = next(generation, None)
        except Exception as error:
            self._generation = self._generating = None
            self._fail(request, error)
            return
        if made is None:
            self._generation = self._generating = None
            why = "the model ended the text" if self._made < request.count else ""
            self._reply(Finished(request.number, request, why))
            return
        step, self._trace = made
        self._made += 1
        speed = self._made / (time.perf_counter() - self._begun)
        self._reply(Generated(request.number, self._ids, step, speed))
        self._ids = read_only(np.append(self._ids, np.int32(step.token_id)))
        self._next_turn.emit()

    def _export(self, request: ExportTrace) -> None:
        from vectarium.model.export import write_trace

        if self._model is None:
            return
        self._pass(request, len(request.ids) - 1)
        write_trace(self._model, self._trace, request.file, checkpoint=self._checkpoint(request, "Writing"))
        self._reply(Finished(request.number, request))
