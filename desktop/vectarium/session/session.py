"""What every pane looks at: the document, the selection, the sampling settings, and what the model said.

The session asks the workers, drops answers that a newer question has made stale, and tells the panes with
typed signals. It knows no widgets and no torch.
"""

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from vectarium.documents.document import Branch, Document
from vectarium.documents.document_file import Saved
from vectarium.documents.history import History
from vectarium.messages import (
    Encode,
    Encoded,
    ExportTrace,
    Failed,
    Finished,
    Generate,
    Generated,
    Ids,
    LoadModel,
    ModelLoaded,
    Newest,
    Progress,
    Ran,
    Reply,
    Request,
    Run,
    TokenizerReady,
)
from vectarium.ranking import BrokenLogits, Ranking, rank
from vectarium.sampling import SamplingSettings, Step, distribution, record_step, take_step
from vectarium.session.tokens import BranchTokens, Edited, Tokens, edited, untokenized
from vectarium.session.writing import ENDLESS, Writing
from vectarium.vocabulary import Vocabulary

AFTERWARDS_SECONDS = 0.1  # after the model stopped, in which all that then comes is drawn in turn
CALM_MS = 200  # between two questions what comes next, while the model writes


@dataclass(frozen=True)
class Selection:
    """What is selected in every pane. `token` None follows the end of the text."""

    token: int | None = None
    layer: int = 0
    head: int = 0


@dataclass(frozen=True, eq=False)
class NextToken:
    """What the model says comes after `position`. It read the tokens from `seen_from` to before `seen_to`."""

    ids: Ids  # [token], the whole text
    position: int
    seen_from: int
    seen_to: int
    ranking: Ranking
    seconds: float  # what the pass took
    computed: int  # tokens computed in it

    @property
    def seen(self) -> Ids:
        """[token] what the model sees of the text before the next token."""
        return self.ids[self.seen_from : self.position + 1]


class Session(QObject):
    """See the module. Everything public is called from the GUI thread."""

    asked = Signal(object)  # Request, to the worker that it names
    answered = Signal(object)  # Reply to what a pane asked, if nothing newer of its kind was asked
    vocabulary_changed = Signal(object)  # Vocabulary
    model_changed = Signal(object)  # ModelLoaded
    tokens_changed = Signal(object)  # Tokens
    selection_changed = Signal(object)  # Selection
    words_changed = Signal(bool)
    hover_changed = Signal(object)  # int | None
    link_changed = Signal(object)  # (query, key) | None: two tokens between which attention is pointed at
    next_token_changed = Signal(object)  # NextToken | None
    sampling_changed = Signal(object)  # SamplingSettings
    generating_changed = Signal(bool)
    speed_changed = Signal(float)  # tokens a second
    progress_changed = Signal(object)  # Progress | None
    failed = Signal(object)  # Failed
    finished = Signal(object)  # Finished
    cancelled = Signal()  # everything that the workers were asked
    history_changed = Signal()
    document_left = Signal(object)  # Saved: drawn tokens that the new model has no use for

    def __init__(self, newest: Newest, sampling: SamplingSettings) -> None:
        super().__init__()
        self._newest = newest
        self.sampling = sampling
        self.model: ModelLoaded | None = None
        self.vocabulary: Vocabulary | None = None
        self.document = Document()
        self.tokens = Tokens()
        self.selection = Selection()
        self.hover: int | None = None
        self.link: tuple[int, int] | None = None
        self.words = False  # whether tokens are shown as the words they make up
        self.next_token: NextToken | None = None
        self.generating = False
        self._began_or_ended = -math.inf  # writing, in seconds of `time.monotonic`
        self._vocabulary_of_document = ""
        self._settled = Tokens()  # the newest tokens that cover their whole text
        self._branch_tokens = BranchTokens()
        self._edit: Edited | None = None
        self.history = History()
        self._running = False  # the answer to the newest Run is still on its way
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self._run_if_behind)
        self.writing = Writing(self)
        self.writing.watched_to_the_end.connect(self._finished)

    # Asking

    def ask(self, kind: type[Request], **content: object) -> None:
        """Ask a worker; what the session has no use for itself comes back as `answered`."""
        self.asked.emit(kind(self._newest.stamp(kind), **content))

    def load_model(self, source: str, device: str = "auto", *, download: bool = False) -> None:
        """Load another model. The present one stays in use until it is there, and if it cannot be loaded.

        Only with `download` is the network used.
        """
        self.stop_generating()
        self.ask(LoadModel, source=source, device=device, download=download)

    def cancel(self, kind: type[Request]) -> None:
        """Drop what was asked last of this kind; a busy worker notices at its next checkpoint."""
        self._newest.stamp(kind)
        if kind is Generate:
            self.set_generating(False)
        self.progress_changed.emit(None)

    def cancel_all(self) -> None:
        """Stop whatever the workers are doing."""
        self.cancel(Generate)
        self._newest.supersede_all(Encode)
        self._running = False
        self.cancelled.emit()

    def export_trace(self, file: Path) -> None:
        """Have the worker write the arrays of the text being looked at; `finished` or `failed` answers."""
        self.ask(ExportTrace, ids=self.tokens.ids, file=file)

    # The text

    @property
    def text(self) -> str:
        return self.tokens.text

    @property
    def position(self) -> int:
        """The selected token, or the last; -1 in an empty text."""
        last = len(self.tokens) - 1
        return last if self.selection.token is None else min(self.selection.token, last)

    def edit_text(self, text: str) -> None:
        """`text` is the whole text after the user typed, pasted or deleted."""
        if text == self.text:
            return
        self.writing.drop()
        self.stop_generating()
        self.history.keep_before_edit((self.document, self.text), text)
        self.history_changed.emit()
        self._encode(text)

    def saved(self) -> Saved:
        """What a file has to hold so that `restore` brings all of this back."""
        model = self.model.name if self.model is not None else ""
        return Saved(self.document, self.text, self.selection.token, model, self._vocabulary_of_document)

    def restore(self, saved: Saved) -> None:
        """Show a document from a file. Its text counts where its tokens are of another vocabulary."""
        self.stop_generating()
        self._vocabulary_of_document = saved.vocabulary
        document = saved.document
        if self.vocabulary is not None and not self._are_tokens_of(self.vocabulary, document):
            document, self._vocabulary_of_document = Document(), self.vocabulary.fingerprint
        self._show(document, saved.text)
        if self.vocabulary is None or (saved.selected or 0) < len(self.tokens):
            self.select(saved.selected)

    def open(self, saved: Saved) -> None:
        """Show a document that the user opened; undo brings the present one back."""
        self.keep_for_undo()
        self.restore(saved)

    def _show(self, document: Document, text: str) -> None:
        self.document = document
        self.select(None)
        if self.vocabulary is None:
            self._settled = Tokens()
            self._set_tokens(untokenized(text))
            return
        self._settle()
        if text != self._settled.text:
            self._encode(text)

    def _encode(self, text: str) -> None:
        """Ask for the tokens of what differs between the settled text and `text`."""
        if self.vocabulary is None:
            self._set_tokens(untokenized(text))
            return
        self._edit = edited(self._settled, self.document.branch, text, self.vocabulary)
        self.ask(Encode, text=self._edit.text)  # which is answered while the panes draw
        self._set_tokens(self._edit.shown)

    def _encoded(self, reply: Encoded) -> None:
        if self.vocabulary is None or reply.vocabulary != self.vocabulary.fingerprint:
            return  # of a model that is told of next; the text is tokenized anew then
        assert self._edit is not None
        branch = self._edit.completed(self.document.branch, reply.ids)
        self.document = self.document.with_branch(branch)
        self._settle()

    def _settle(self) -> None:
        """Make the branch looked at what every pane sees, and ask what the model says of it."""
        assert self.vocabulary is not None
        self._newest.stamp(Encode)  # tokens still on their way are of an edit that is no longer on screen
        self.tokens = self._settled = self._branch_tokens.of(self.document.branch, self.vocabulary)
        lost = (self.selection.token or 0) >= max(len(self._settled), 1)
        if lost:
            self.selection = replace(self.selection, token=None)
        if self.generating:
            self._run_if_behind()
        else:
            self._run()  # which is computed while the panes draw
        self.tokens_changed.emit(self.tokens)
        if lost:
            self.selection_changed.emit(self.selection)

    def _set_tokens(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.tokens_changed.emit(tokens)

    def adopt(self, document: Document) -> None:
        """Look at the end of another state of the document, in the same tokens."""
        self.document = document
        if self.selection.token is not None:
            self.selection = replace(self.selection, token=None)
            self.selection_changed.emit(self.selection)
        self._settle()

    def grow(self, document: Document) -> None:
        """The looked-at branch got longer. What is selected stays so."""
        self.document = document
        self._settle()

    # Undo

    def keep_for_undo(self) -> None:
        """The document is about to change."""
        self.history.keep((self.document, self.text))
        self.history_changed.emit()

    @Slot()
    def undo(self) -> None:
        """Go back to what the document was before the last edit, draw or choice."""
        self._travel(self.history.undo((self.document, self.text)))

    @Slot()
    def redo(self) -> None:
        """Take the last undo back."""
        self._travel(self.history.redo((self.document, self.text)))

    def _travel(self, state: tuple[Document, str] | None) -> None:
        if state is not None:
            self.stop_generating()
            self._show(*state)
            self.history_changed.emit()

    # Selecting

    @Slot(object)
    def select(self, token: int | None) -> None:
        """Select a token everywhere; None follows the end of the text."""
        if token == self.selection.token:
            return
        self.selection = replace(self.selection, token=token)
        self.selection_changed.emit(self.selection)
        self._run()

    def select_head(self, layer: int, head: int) -> None:
        """Select a head everywhere."""
        if (layer, head) != (self.selection.layer, self.selection.head):
            self.selection = replace(self.selection, layer=layer, head=head)
            self.selection_changed.emit(self.selection)

    @Slot(object)
    def set_hover(self, token: int | None) -> None:
        """Light a token up everywhere while the mouse is on it."""
        if token != self.hover:
            self.hover = token
            self.hover_changed.emit(token)

    def set_link(self, link: tuple[int, int] | None) -> None:
        """Light a query and a key up everywhere while the mouse is on the weight between them."""
        if link != self.link:
            self.link = link
            self.link_changed.emit(link)

    @Slot(bool)
    def set_words(self, words: bool) -> None:
        """Show words or tokens, in every pane that can."""
        if words != self.words:
            self.words = words
            self.words_changed.emit(words)

    @Slot(object)
    def set_sampling(self, sampling: SamplingSettings) -> None:
        if sampling != self.sampling:
            self.sampling = sampling
            self.sampling_changed.emit(sampling)

    def read_anew(self) -> None:
        """Numbers on screen are no longer the model's: every pane asks for its own again."""
        self.model_changed.emit(self.model)
        self._run()

    # The next token

    @Slot()
    def _run_if_behind(self) -> None:
        """While the model writes: ask what comes next, but no more often than anybody can read it."""
        known = self.next_token
        here = known is not None and known.position == self.position
        behind = known is None or not here or not np.array_equal(known.ids, self.tokens.ids)
        if self.generating and behind and not self._running and not self._calm.isActive():
            self._calm.start()
            self._run()

    def _run(self) -> None:
        """Ask what comes after the selected token."""
        if self.model is None or self.tokens.pending is not None:
            return
        if not len(self.tokens):
            self._newest.stamp(Run)
            self._running = False
            self._set_next_token(None)
            return
        self._running = True
        self.ask(Run, ids=self.tokens.ids, position=self.position)

    def _ran(self, reply: Ran) -> None:
        self._running = False
        self.progress_changed.emit(None)
        try:
            ranking = rank(reply.logits)
        except BrokenLogits as error:
            advice = "Choose another model in the Model menu."
            self._set_next_token(None)
            self.failed.emit(
                Failed(reply.number, Run(reply.number, reply.ids, reply.position), str(error), advice)
            )
            return
        self._set_next_token(
            NextToken(
                reply.ids,
                reply.position,
                reply.seen_from,
                reply.seen_to,
                ranking,
                reply.seconds,
                reply.computed,
            )
        )
        self._run_if_behind()

    def _set_next_token(self, next_token: NextToken | None) -> None:
        self.next_token = next_token
        self.next_token_changed.emit(next_token)

    @property
    def can_sample(self) -> bool:
        """Whether what the model says on screen is of the text on screen."""
        known = self.next_token
        return (
            known is not None
            and not self.generating
            and known.position == self.position
            and np.array_equal(known.ids, self.tokens.ids)
        )

    @Slot()
    def sample_one(self) -> None:
        """Draw one token after the selected one. What stood after it stays in its branch."""
        if self.can_sample and self.next_token is not None:
            uniform = self.writing.uniform_after(self.position + 1)
            known = self.next_token
            step = take_step(known.ranking, self.sampling, uniform, known.seen)
            self.keep_for_undo()
            self._append(step)

    def choose(self, token_id: int) -> None:
        """Put a token of the user's choice after the selected one, with the probability the model gave it."""
        if self.can_sample and self.next_token is not None:
            drawn_from = distribution(self.next_token.ranking, self.sampling, self.next_token.seen)
            step = record_step(drawn_from, drawn_from.rank_of(token_id))
            self.keep_for_undo()
            self._append(step)

    def _append(self, step: Step) -> None:
        """Let `step` follow the selected token, and follow the end from here on."""
        branch, end = self.document.branch, self.position + 1
        self.document = self.document.with_branch(
            Branch(branch.ids[:end] + (step.token_id,), branch.steps[:end] + (step,))
        )
        self.selection = replace(self.selection, token=None)
        if end < len(branch):
            self.selection_changed.emit(self.selection)
        self._settle()

    @Slot()
    def generate(self, count: int = ENDLESS) -> None:
        """Let the model write on after the selected token until it ends the text or is stopped."""
        self.writing.start(self.position + 1, count)

    @Slot()
    def stop_generating(self) -> None:
        if self.generating:
            self.cancel(Generate)
            self.writing.flush()
            self._run()

    @property
    def streams(self) -> bool:
        """Whether text streams in, or did so a moment ago: who draws what is new then does so in turn."""
        return self.generating or time.monotonic() - self._began_or_ended < AFTERWARDS_SECONDS

    def set_generating(self, generating: bool) -> None:
        """Called by `writing`."""
        if generating != self.generating:
            self.generating, self._began_or_ended = generating, time.monotonic()
            self._calm.stop()
            self.generating_changed.emit(generating)

    # Answers

    @Slot(object)
    def take(self, reply: Reply) -> None:
        """A worker's reply: dropped when a newer question of its kind was asked."""
        if not self._newest.is_current(reply.number):
            return
        match reply:
            case Encoded():
                self._encoded(reply)
            case Ran():
                self._ran(reply)
            case Generated():
                self.writing.take(reply)
                self.speed_changed.emit(reply.tokens_a_second)
            case TokenizerReady():
                self._use_vocabulary(reply.vocabulary)
            case ModelLoaded():
                self._model_loaded(reply)
            case Progress():
                self.progress_changed.emit(reply)
            case Failed():
                self._failed(reply)
            case Finished():
                self._finished(reply)
            case _:
                self.answered.emit(reply)

    def _model_loaded(self, reply: ModelLoaded) -> None:
        # What was begun while this model was being loaded: it would write on in the tokens of the old one.
        self.stop_generating()
        self._newest.stamp(Run)  # what it says of the old tokens is of no use
        self.progress_changed.emit(None)
        old, self.model = self.model, reply
        self.next_token = None
        self.model_changed.emit(reply)
        drawn = any(branch.generated_up_to(len(branch)) for branch in self.document.branches)
        if old is not None and drawn and old.vocabulary.fingerprint != reply.vocabulary.fingerprint:
            self.document_left.emit(replace(self.saved(), model=old.name))
        self._use_vocabulary(reply.vocabulary)
        self._run()

    def _use_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Take the text into another vocabulary. Tokens of the same one stay, with how they were drawn."""
        known, self.vocabulary = self.vocabulary, vocabulary
        self.vocabulary_changed.emit(vocabulary)
        if known is not None and known.fingerprint == vocabulary.fingerprint:
            if self.tokens.pending is not None:
                self._encode(self.text)  # of a process that has ended
            return
        text, selected = self.text, self.selection.token
        if not self._are_tokens_of(vocabulary, self.document):
            self.document, self._vocabulary_of_document = Document(), vocabulary.fingerprint
            self.history.clear()
            self.history_changed.emit()
            selected = None
        self._show(self.document, text)
        self.select(selected if (selected or 0) < len(self.tokens) else None)

    def _are_tokens_of(self, vocabulary: Vocabulary, document: Document) -> bool:
        """Whether a document's ids belong to a vocabulary; a damaged file may say so and be wrong."""
        largest = max((max(branch.ids, default=0) for branch in document.branches), default=0)
        steps = (step for branch in document.branches for step in branch.kept if step is not None)
        size = max((step.vocabulary_size for step in steps), default=0)
        fits = largest < len(vocabulary) and size <= len(vocabulary)
        return self._vocabulary_of_document == vocabulary.fingerprint and fits

    def _failed(self, reply: Failed) -> None:
        self.progress_changed.emit(None)
        if isinstance(reply.request, Run):
            self._running = False
            self._set_next_token(None)
        elif isinstance(reply.request, Generate):
            self.set_generating(False)
            self.writing.flush()
            self._run()
        self.failed.emit(reply)

    def _finished(self, reply: Finished) -> None:
        if isinstance(reply.request, Generate) and self.writing.holds_back(reply):
            return
        self.progress_changed.emit(None)
        if isinstance(reply.request, Generate):
            self.set_generating(False)
            self.writing.end()
            self._run()
        self.finished.emit(reply)
