"""Real steps for tests: drawn from seeded random logits."""

import numpy as np

from vectarium.documents.document import Branch
from vectarium.sampling import SamplingSettings, Step, take_step

VOCABULARY = 360


def logits(token: int, seed: int = 0) -> np.ndarray:
    """Logits of a small vocabulary that depend on the token before, as a model's do."""
    return np.random.default_rng([seed, token]).normal(scale=3, size=VOCABULARY).astype(np.float32)


def step_after(token: int, uniform: float, settings: SamplingSettings | None = None) -> Step:
    return take_step(logits(token), settings or SamplingSettings(), uniform)


def written(
    typed: tuple[int, ...], count: int, seed: int = 0, settings: SamplingSettings | None = None
) -> Branch:
    """A branch of typed tokens and `count` drawn ones."""
    branch = Branch(typed, (None,) * len(typed))
    random = np.random.default_rng(seed)
    for _ in range(count):
        chosen, uniform = settings or SamplingSettings(), float(random.random())
        branch = branch.with_steps(take_step(logits(branch.ids[-1]), chosen, uniform, branch.ids))
    return branch
