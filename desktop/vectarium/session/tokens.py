"""The text being looked at as tokens, and what an edit leaves of them."""

from dataclasses import dataclass, field, replace

import numpy as np

from vectarium.documents.document import Branch
from vectarium.documents.editing import edit_between, widened
from vectarium.messages import Ids, Spans, read_only
from vectarium.sampling import Step
from vectarium.vocabulary import Vocabulary

NO_IDS = read_only(np.empty(0, np.int32))
NO_SPANS = read_only(np.empty((0, 2), np.int64))


@dataclass(frozen=True, eq=False)
class Tokens:
    """A text and its tokens. Where it was just edited, or before a tokenizer is there, a stretch of
    characters has no tokens yet: `pending`."""

    text: str = ""
    ids: Ids = field(default_factory=lambda: NO_IDS)  # [token]
    spans: Spans = field(default_factory=lambda: NO_SPANS)  # [token, 2] first character, one past the last
    steps: tuple[Step | None, ...] = ()  # [token] None for a token typed by hand
    pending: tuple[int, int] | None = None  # characters

    def __len__(self) -> int:
        return len(self.ids)


def untokenized(text: str) -> Tokens:
    """A text for which there is no tokenizer yet."""
    return Tokens(text, pending=(0, len(text)))


def tokens_of(branch: Branch, vocabulary: Vocabulary) -> Tokens:
    """The whole text of a branch. Raises IndexError for an id outside the vocabulary."""
    return Tokens(
        vocabulary.text(branch.ids),
        read_only(np.array(branch.ids, np.int32)),
        read_only(vocabulary.spans(branch.ids)),
        branch.steps,
    )


class BranchTokens:
    """The tokens of the branch looked at. Of one that only grows, those at its end alone are worked out."""

    def __init__(self) -> None:
        self._branch, self._tokens = Branch(), Tokens()
        self._vocabulary: Vocabulary | None = None

    def of(self, branch: Branch, vocabulary: Vocabulary) -> Tokens:
        """The same as `tokens_of`. Raises IndexError for an id outside the vocabulary."""
        known, count = self._tokens, len(self._branch)
        grown = vocabulary is self._vocabulary and branch.ids[:count] == self._branch.ids
        if grown and count and not "\udc80" <= known.text[-1:] <= "\udcff":
            # No character goes on beyond what is known: what comes after stands for itself.
            more = tokens_of(branch.after(count), vocabulary)
            text = known.text + more.text
            ids = read_only(np.concatenate([known.ids, more.ids]))
            spans = read_only(np.concatenate([known.spans, more.spans + len(known.text)]))
            self._tokens = Tokens(text, ids, spans, branch.steps)
        else:
            self._tokens = tokens_of(branch, vocabulary)
        self._branch, self._vocabulary = branch, vocabulary
        return self._tokens


@dataclass(frozen=True, eq=False)
class Edited:
    """A text after an edit: `head` leading and `tail` trailing tokens stay, `text` between them is new."""

    shown: Tokens
    text: str
    head: int
    tail: int

    def completed(self, branch: Branch, ids: Ids) -> Branch:
        """The branch that was edited, with the tokens of the new stretch. What follows it is typed now."""
        tail = branch.ids[len(branch) - self.tail :]
        all_ids = branch.ids[: self.head] + tuple(ids.tolist()) + tail
        return Branch(all_ids, branch.steps[: self.head] + (None,) * (len(all_ids) - self.head))


def edited(old: Tokens, branch: Branch, text: str, vocabulary: Vocabulary) -> Edited:
    """What stays of the tokens `old`, those of `branch`, when its text becomes `text`.

    Tokens that the model drew stay as they are up to the edit; typed ones are tokenized again from the last
    place that tokens never cross, so that they are those of the whole text.
    """
    exact = edit_between(old.text, text)
    edit = widened(exact, old.text, text)
    head = int(np.searchsorted(old.spans[:, 1], edit.start, side="right")) if edit.start else 0
    untouched = int(np.searchsorted(old.spans[:, 1], exact.start, side="right")) if exact.start else 0
    drawn = _whole_characters(old, branch, branch.generated_up_to(untouched), vocabulary)
    if drawn > head:
        head, edit = drawn, replace(edit, start=int(old.spans[drawn - 1, 1]))
    # By their ends: what only completes a character has no length, and belongs before the boundary.
    tail = len(old) - max(head, int(np.searchsorted(old.spans[:, 1], edit.old_end, side="right")))
    rest = slice(len(old) - tail, None)
    shown = Tokens(
        text,
        read_only(np.concatenate([old.ids[:head], old.ids[rest]])),
        read_only(np.concatenate([old.spans[:head], old.spans[rest] + edit.new_end - edit.old_end])),
        old.steps[:head] + (None,) * tail,
        pending=(edit.start, edit.new_end),
    )
    return Edited(shown, text[edit.start : edit.new_end], head, tail)


def _whole_characters(old: Tokens, branch: Branch, count: int, vocabulary: Vocabulary) -> int:
    """The leading drawn tokens, at most `count`, that do not end within a character."""
    while count and vocabulary.text(branch.ids[:count]) != old.text[: int(old.spans[count - 1, 1])]:
        count = branch.generated_up_to(count - 1)
    return count
