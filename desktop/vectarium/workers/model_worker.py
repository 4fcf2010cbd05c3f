"""Loads the model, runs it and lets it write."""

import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot

from vectarium.context import seen_around
from vectarium.messages import (
    ExportTrace,
    Finished,
    Generate,
    Ids,
    LoadModel,
    Newest,
    Progress,
    Ran,
    Request,
    Run,
    TokenizerReady,
    read_only,
)
from vectarium.messages_attention import ReadHead, ReadHeads, ReadMoves, ReadPatterns, Seen
from vectarium.messages_futures import ReadFutures, ScoreTexts, SteerColumns, WriteColumns
from vectarium.messages_vectors import ReadLens, ReadStreams
from vectarium.messages_writing import ChooseForm, FormChosen, Score, Steer
from vectarium.model.errors import NoModel, OtherModel
from vectarium.workers import attention
from vectarium.workers.all_heads import HeadReader
from vectarium.workers.base import Superseded, Worker
from vectarium.workers.columns import ColumnsTurns
from vectarium.workers.futures import FutureReader
from vectarium.workers.in_parts import InParts
from vectarium.workers.loaded import is_of_another_model, model_loaded
from vectarium.workers.scoring import score_texts, scores
from vectarium.workers.writing import LONGEST_WAIT_MS, Writer
from vectarium.workers.writing_form import WritingForm

AttentionRequest = ReadHeads | ReadHead | ReadPatterns | ReadMoves
PassRequest = Run | ExportTrace | AttentionRequest | ReadStreams | ReadLens | ReadFutures


class ModelWorker(Worker):
    """Holds the model and the trace of its last pass."""

    name = "model"
    tokenizer_opened = Signal(object, str)  # Tokenizer, the fingerprint of its vocabulary
    matrices_opened = Signal(object)  # ModelMatrices
    streams_read = Signal(int, object)  # the number of ReadStreams, tuple[ResidualStream, ...]

    def __init__(self, newest: Newest, cache: Path | None = None) -> None:
        """`cache` is a folder for what need not be measured again."""
        super().__init__(newest)
        self._forms = cache / "writing_forms.json" if cache is not None else None
        self._model: Any = None
        self._trace: Any = None
        self._form: Any = None  # WritingForm
        self._writer: Writer | None = None
        self._written: Writer | None = None  # who wrote last
        self._ends_with_thread = False
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._write_one)
        self._forget_readings()
        self._columns = ColumnsTurns(self)
        self._in_parts = InParts(self)

    def _answer(self, request: Request) -> None:
        match request:
            case LoadModel():
                self._load(request)
            case Steer():
                self._steer(request)
            case SteerColumns():
                self._columns.steer(request)
            case _ if self._model is None:
                # Before there is a first model nothing is asked: a process like this one has ended.
                raise NoModel
            case _ if is_of_another_model(request, self._model):
                # What is new will be asked anew, but for files, of which somebody waits for the end.
                raise OtherModel if isinstance(request, ExportTrace) else Superseded
            case Run():
                self._run(request)
            case Generate():
                self._start_generating(request)
            case ChooseForm():
                self._choose_form(request)
            case Score():
                self._score(request)
            case ExportTrace():
                self._export(request)
            case ReadHeads() | ReadHead() | ReadPatterns() | ReadMoves():
                self._read_attention(request)
            case ReadStreams() | ReadLens():
                self._read_embeddings(request)
            case ReadFutures():
                self._read_futures(request)
            case WriteColumns():
                self._form.finish(self._checkpoint(request, "Preparing the weights"))
                self._columns.start(request, self._model, self._trace, self._form)
            case ScoreTexts():
                checkpoint = self._checkpoint(request, "Reading")
                self._reply(score_texts(self._model, self._trace, request, checkpoint, self._form.plain))
            case _:
                raise TypeError(f"not a question for the model: {request}")

    def _load(self, request: LoadModel) -> None:
        from vectarium.model import imports, sources

        self._reply(Progress(request.number, "Opening the model", None))
        if self._model is None and (folder := sources.local_folder(request.source)):
            from vectarium.model.tokens import open_tokenizer

            tokenizer, vocabulary = open_tokenizer(folder)
            self.tokenizer_opened.emit(tokenizer, vocabulary.fingerprint)
            self._reply(TokenizerReady(request.number, vocabulary))
        self._reply(Progress(request.number, "Starting torch", None))
        imports.prepare()
        from vectarium.model import loading

        model = loading.load(
            request.source,
            request.device,
            download=request.download,
            progress=lambda doing, share: self._reply(Progress(request.number, doing, share)),
            cancelled=lambda: not self._newest.is_current(request.number),
        )
        self._checkpoint(request).check()
        self._writer = self._written = self._trace = None
        self._in_parts.clear()
        self._columns.forget()
        self._forget_readings()  # they hold the model that read them
        self._model = model
        self._form = WritingForm(model, self._forms, self._forget_trace)
        from vectarium.workers.embeddings import matrices

        self.tokenizer_opened.emit(model.tokenizer, model.vocabulary.fingerprint)
        self.matrices_opened.emit(matrices(model))
        self._reply(model_loaded(request, model))

    def _pass(self, request: PassRequest, position: int) -> tuple[int, int]:
        """Bring the trace up to what the model sees of the text around `position`; from where to where."""

        seen_from, seen_to = seen_around(len(request.ids), self._model.context, position)
        doing = f"Reading {seen_to - seen_from:,} tokens"
        self._read(request.ids, seen_from, seen_to, self._checkpoint(request, doing))
        return seen_from, seen_to

    def _read(self, ids: Ids, start: int, end: int, checkpoint: Callable[[float], None]) -> Any:
        """The trace of the tokens from `start` to `end` - 1, read as the writer reads what it wrote."""
        from vectarium.model import forward_pass

        seen, previous, form = ids[start:end], self._trace, self._form.plain
        if self._written is not None and self._written.wrote(ids[:end]):
            previous, form = self._written.nearer(previous, seen), self._form.fast
        self._trace = forward_pass.run(self._model, seen, previous, checkpoint, form)
        return self._trace

    def _run(self, request: Run) -> None:
        from vectarium.model import forward_pass

        begun = time.perf_counter()
        seen_from, seen_to = self._pass(request, request.position)
        plain = self._form.plain
        logits = forward_pass.logits(self._model, self._trace, request.position - seen_from, plain)
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
        if not self._ends_with_thread:
            # A timer can only be stopped in its thread, of which this is the last moment.
            self.thread().finished.connect(self._turn.stop, Qt.ConnectionType.DirectConnection)
            self._ends_with_thread = True
        self._form.finish(self._checkpoint(request, "Preparing the weights"))
        self._writer = self._written = Writer(request, self._written)
        self._write_one()

    def _choose_form(self, request: ChooseForm) -> None:
        self._form.begin(request.exact)
        self._in_parts.answer(request, self._choice(request))

    def _choice(self, request: ChooseForm) -> Iterator[FormChosen | None]:
        while not self._form.go_on():
            yield None
        fast = self._form.fast
        forgotten = fast.exact and self._forget_rounded()
        yield FormChosen(request.number, fast.form, fast.exact, self._form.draft is not None, forgotten)

    def _forget_rounded(self) -> bool:
        """Keep nothing that rounded weights may have given; whether some of it can be on screen."""
        self._forget_readings()
        if self._written is not None and not self._written.exact:
            self._written = None
        on_screen = False
        if self._trace is not None and not self._trace.exact:
            self._trace, on_screen = self._trace.beginning(), True
        if not self._columns.exact:
            self._columns.forget()
            on_screen = True
        return on_screen

    def _forget_trace(self) -> None:
        """Read the text anew when it is asked for, so that the same text always has the same digits."""
        self._trace = None

    def _forget_readings(self) -> None:
        """Drop what is kept of texts for questions that go on from earlier ones."""
        self._head_reader, self._future_reader = HeadReader(), FutureReader()

    def _steer(self, request: Steer) -> None:
        if self._writer is not None:
            self._writer.steer(request)
            self._turn.start(self._writer.wait_ms())

    @Slot()
    def _write_one(self) -> None:
        """One token, then back to the event loop, where cancels and searches get their turn."""
        writer = self._writer
        if writer is None:
            return
        request = writer.request
        try:
            checkpoint = self._checkpoint(request, "Reading")
            checkpoint.check()
            if (wait := writer.wait_ms()) > 0:
                self._turn.start(min(wait, LONGEST_WAIT_MS))
                return
            reply, self._trace, over = writer.turn(self._model, self._trace, checkpoint, self._form)
        except Exception as error:
            self._stop_writing()
            self._fail(request, error)
            return
        self._reply(reply)
        if over is not None:
            self._reply(Finished(request.number, request, over))
            self._stop_writing()
        else:
            self._turn.start(min(writer.wait_ms(), LONGEST_WAIT_MS))

    def _stop_writing(self) -> None:
        self._writer = None

    def _score(self, request: Score) -> None:
        checkpoint = self._checkpoint(request, "Reading")
        if len(request.ids) <= self._model.context:
            self._read(request.ids, 0, len(request.ids), checkpoint)
        parts = scores(self._model, self._trace, request, checkpoint, self._form.plain)
        self._in_parts.answer(request, chain(parts, [Finished(request.number, request)]))

    def _read_attention(self, request: AttentionRequest) -> None:
        if not attention.answerable(self._model, request):
            return  # asked of the model before this one; what is new will be asked anew
        seen = Seen(request.ids, *self._pass(request, request.position))
        checkpoint = self._checkpoint(request)
        match request:
            case ReadHeads():
                layers = self._head_reader.read(self._model, self._trace, request, seen, checkpoint)
                self._in_parts.answer(request, layers)
            case ReadHead():
                self._reply(attention.read_head(self._model, self._trace, request, seen))
            case ReadPatterns():
                self._reply(attention.read_patterns(self._model, self._trace, request, seen, checkpoint))
            case ReadMoves():
                self._reply(attention.read_moves(self._model, self._trace, request, seen))

    def _read_futures(self, request: ReadFutures) -> None:
        seen_from, _ = self._pass(request, request.position)
        checkpoint = self._checkpoint(request)
        parts = self._future_reader.read(self._model, self._trace, seen_from, request, checkpoint)
        self._in_parts.answer(request, parts)

    def _read_embeddings(self, request: ReadStreams | ReadLens) -> None:
        from vectarium.workers import embeddings

        seen_from, _ = self._pass(request, request.position)
        if isinstance(request, ReadLens):
            self._reply(embeddings.read_lens(self._model, self._trace, seen_from, request))
        else:
            checkpoint = self._checkpoint(request, "Reading further texts")
            read, streams = embeddings.read_streams(self._model, self._trace, seen_from, request, checkpoint)
            self.streams_read.emit(request.number, streams)
            self._reply(read)
        self._reply(Finished(request.number, request))

    def _export(self, request: ExportTrace) -> None:
        from vectarium.model.export import write_trace

        if self._trace is not None:
            self._trace = self._trace.beginning()  # files hold float32, whatever the screen does
        self._written = None
        self._pass(request, len(request.ids) - 1)
        assert self._trace is not None
        write_trace(self._model, self._trace, request.file, checkpoint=self._checkpoint(request, "Writing"))
        self._reply(Finished(request.number, request))
