"""A small attention head to work through by hand, with every step checked. Numpy alone.

Six-dimensional embeddings of four tokens, and one head of width three without a mask, in the nine steps
of `worksheet`. What the user types is compared with the step worked out from what stands before it.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vectarium.attention.worksheet import Step, steps

Doubles = npt.NDArray[np.float64]
TOKENS, WIDTH, HEAD_WIDTH = 4, 6, 3
LARGEST = 9


@dataclass(frozen=True, eq=False)
class Exercise:
    """What is given: small integers. Vectors are columns, as on paper."""

    embeddings: Doubles  # [component, token]
    query_matrix: Doubles  # [head component, component]
    key_matrix: Doubles  # [head component, component]
    value_matrix: Doubles  # [head component, component]

    def with_entry(self, name: str, row: int, column: int, text: str) -> "Exercise":
        """The same with another number in one of the given tables. Raises ValueError for no small integer."""
        value = int(text.replace("−", "-"))
        if abs(value) > LARGEST:
            raise ValueError(f"{value} is too large to work with by hand: use −{LARGEST} to {LARGEST}.")
        table = getattr(self, name).copy()
        table[row, column] = value
        return replace(self, **{name: table})

    def answers(self, queries_down: bool = False) -> tuple[Step, ...]:
        """The nine steps."""
        queries, keys, values = (
            (matrix @ self.embeddings).T for matrix in (self.query_matrix, self.key_matrix, self.value_matrix)
        )
        names = tuple(f"token {index + 1}" for index in range(self.embeddings.shape[1]))
        return steps(queries, keys, values, HEAD_WIDTH**-0.5, names, queries_down, masked=False)


def small_exercise(seed: int) -> Exercise:
    """One with entries of 0, 1 and −1 in the matrices, from 0 to 3 in the embeddings."""
    random = np.random.default_rng(seed)

    def matrix() -> Doubles:
        return random.choice([0.0, 0.0, 0.0, 1.0, 1.0, -1.0], (HEAD_WIDTH, WIDTH))

    embeddings = random.integers(0, 4, (WIDTH, TOKENS)).astype(np.float64)
    return Exercise(embeddings, matrix(), matrix(), matrix())


def is_right(typed: str, value: float) -> bool | None:
    """Whether what was typed is the value, rounded as far as it was typed; None for nothing typed.

    At most 5 % off (or 0.005), so that rounding everything to whole numbers does not pass; and half a percent
    more, for who goes on with rounded numbers.
    """
    text = typed.strip().replace("−", "-").replace(",", ".")
    if not text:
        return None
    try:
        entered = float(text)
    except ValueError:
        return False
    rounding = 0.5 * 10.0 ** -len(text.partition(".")[2])
    allowed = max(min(rounding, max(0.05 * abs(value), 0.005)), 0.005 * abs(value))
    return abs(entered - value) <= allowed * 1.0001
