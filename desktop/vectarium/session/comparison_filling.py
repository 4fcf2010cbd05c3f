"""Fills the comparison of two branches, and does what the user asks there."""

from collections.abc import Iterator

from PySide6.QtCore import QObject, Slot

from vectarium.documents.document import Branch
from vectarium.drawing.futures.comparison_view import ComparisonView
from vectarium.drawing.futures.text_column import ColumnText
from vectarium.drawing.palette import Look
from vectarium.drawing.writing.step_card import Card, StepCard
from vectarium.drawing.writing.token_colors import legend
from vectarium.session import column_views, step_views
from vectarium.session.column_cards import ColumnCards
from vectarium.session.comparing import CONTEXT, Comparing, branch_name, shared, way
from vectarium.session.session import Session
from vectarium.session.token_numbers import TokenNumbers

COLUMNS = ("branch", "position", "id", "text", "model_probability", "rank")


class ComparisonFilling(QObject):
    """Connects a view with the two branches that it shows."""

    def __init__(self, session: Session, comparing: Comparing, view: ComparisonView, card: StepCard) -> None:
        super().__init__(view)
        self._session, self._comparing, self._view = session, comparing, view
        self._pair: tuple[Branch, Branch] | None = None  # that is shown
        self._first = 0  # token of both branches that is shown first
        self.cards = ColumnCards(self, card, lambda: view.columns, self._card_of, self._choose)
        view.hovered.connect(self.cards.hover)
        view.opened.connect(self.cards.open)
        view.other.chosen.connect(self._other_chosen)

    @Slot(object)
    def _other_chosen(self, index: int) -> None:
        self._comparing.choose(index)

    def show(self, mode: str, look: Look) -> None:
        """Show both branches as they are now, in the colours of `mode`, and ask for what is not known."""
        view, comparing, vocabulary = self._view, self._comparing, self._session.vocabulary
        pair = comparing.pair
        assert vocabulary is not None
        assert pair is not None
        document, parts = self._session.document, shared(pair)
        names = tuple((index, branch_name(document, index, vocabulary)) for index in comparing.others)
        view.other.set_choices(names, comparing.other)
        self._first = max(0, parts - CONTEXT)
        both = comparing.numbers()
        texts = [self._text(*one, parts, mode, look) for one in zip(pair, both, strict=True)]
        parts_at = [parts - self._first if parts < len(branch) else None for branch in pair]
        again, self._pair = self._pair != pair, pair
        view.show_texts((texts[0], texts[1]), (parts_at[0], parts_at[1]), again)
        before = vocabulary.text(pair[0].ids[self._first : parts]).encode("utf-8", "replace").decode()
        cut = "… " if self._first else ""
        after = f"{parts:,} tokens in common, then they part after  “{cut}{' '.join(before.split())}”"
        ways = [way(branch, parts, numbers, vocabulary) for branch, numbers in zip(pair, both, strict=True)]
        view.parting.show_ways(after if parts else "Nothing in common", (ways[0], ways[1]))
        steps = [step for branch in pair for step in branch.steps[parts:]]
        view.legend.show_legend(
            legend(mode, look.theme),
            chosen=any(step is not None and step.uniform is None for step in steps),
            typed=None in steps,
        )
        comparing.ask()

    def _text(self, branch: Branch, numbers: TokenNumbers, parts: int, mode: str, look: Look) -> ColumnText:
        assert self._session.vocabulary is not None
        rest = slice(self._first, None)
        shown = Branch(branch.ids[rest], branch.steps[rest])
        of_shown = TokenNumbers(
            numbers.probability[rest], numbers.rank[rest], numbers.entropy_bits[rest], numbers.drawn[rest]
        )
        first = parts - self._first
        facts = column_views.facts_of(of_shown, first) or "ends here"
        return column_views.column_text(
            shown, self._session.vocabulary, of_shown, first, mode, look.theme, 0, facts
        )

    def _card_of(self, index: int, token: int) -> Card | None:
        vocabulary, pair = self._session.vocabulary, self._comparing.pair
        token += self._first
        if vocabulary is None or pair is None or token >= len(pair[index]):
            return None
        step = pair[index].steps[token]
        if step is not None:
            return step_views.step_card(step, vocabulary.labels)
        numbers = self._comparing.numbers()[index]
        return step_views.typed_card(pair[index].ids[token], token, numbers, vocabulary.labels)

    def _choose(self, index: int, token: int, rank: int) -> None:
        """Branch off with another token, in the branch that the card was opened in."""
        if index == 1 and self._comparing.other is not None:
            self._session.writing.show_branch(self._comparing.other)
        self._session.writing.choose(token + self._first, rank)

    def rows(self) -> Iterator[tuple[object, ...]]:
        """The tokens of both branches from where they part. The looked-at one is branch 1; positions count
        from 0, ranks from 1; what is not known is empty."""
        vocabulary, pair = self._session.vocabulary, self._comparing.pair
        if vocabulary is None or pair is None:
            return
        for index, (branch, numbers) in enumerate(zip(pair, self._comparing.numbers(), strict=True)):
            for place in range(shared(pair), len(branch)):
                probability, rank = numbers.probability[place], numbers.rank[place]
                known = probability == probability
                token = branch.ids[place]
                values = (float(probability), int(rank) + 1) if known else ("", "")
                yield index + 1, place, token, vocabulary.plain(token), *values
