"""The dice beside a distribution: how a draw fell, or what the next one can fall on."""

import numpy as np
from PySide6.QtCore import QObject, Slot

from vectarium.drawing.writing.dice import Chances
from vectarium.drawing.writing.dice_panel import DicePanel
from vectarium.sampling import STEP_ENTRIES, Distribution, Step
from vectarium.session.session import Session
from vectarium.session.step_views import Labels, chances, dice_words

LIVE = (
    "The tokens that can be drawn, each as wide as it is likely to be. A random number falls on one of them; "
    "rolling here writes nothing."
)


class DistributionDice(QObject):
    """Fills the panel while it is visible; the same distribution again changes nothing, and rolls stay."""

    def __init__(self, session: Session, panel: DicePanel) -> None:
        super().__init__(panel)
        self._session, self._panel = session, panel
        self._shown: Distribution | Step | None = None
        self._token = -1  # that `_shown` drew
        panel.chosen.connect(self._chosen)

    def show_expected(self, expected: Distribution, labels: Labels) -> None:
        """What can be drawn next."""
        if self._is_new(expected):
            self._panel.show_step(chances_of(expected, labels), None, "The dice", LIVE)

    def show_draw(self, token: int, step: Step, labels: Labels) -> None:
        """How `token` of the text was drawn."""
        self._token = token
        if self._is_new(step):
            self._panel.show_step(chances(step, labels), step.uniform, *dice_words(step, labels))

    def _is_new(self, shown: Distribution | Step) -> bool:
        if shown is self._shown or not self._panel.isVisible():
            return False
        self._shown = shown
        return True

    @Slot(int)
    def _chosen(self, entry: int) -> None:
        """Put a token after the text, or in the place of the drawn one; the others together are none."""
        shown = self._shown
        if isinstance(shown, Step) and entry < len(shown.top_ids):
            self._session.writing.choose(self._token, entry)
        elif isinstance(shown, Distribution) and entry < STEP_ENTRIES:
            self._session.choose(shown.ranking.token_at(entry))


def chances_of(shown: Distribution, labels: Labels) -> Chances:
    """The tokens that the cuts leave, the hundred most likely one by one."""
    kept = min(shown.kept_count, STEP_ENTRIES)
    first, others = shown.first(kept), shown.kept_count - kept
    names = tuple(labels[token] for token in first.order.tolist())
    if not others:
        return Chances(names, first.drawn)
    drawn = np.append(first.drawn, shown.drawn_after(kept))
    return Chances((*names, f"{others:,} others"), drawn, others)
