"""What the model worker does to look ahead: the distributions after many possible continuations."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from vectarium.context import seen_range
from vectarium.messages import Finished, Ids, Reply
from vectarium.messages_futures import FuturesRead, Path, ReadFutures
from vectarium.ranking import rank

PATHS_AT_ONCE = 16  # in one turn of the event loop


class FutureReader:
    """Keeps the trees of the text it was asked about last, so that no token is computed twice."""

    def __init__(self) -> None:
        self._of: tuple[Any, bytes, int] | None = None
        self._trees: dict[int, Any] = {}  # by the first token that the model sees

    def read(
        self,
        model: Any,
        trace: Any,
        seen_from: int,
        request: ReadFutures,
        checkpoint: Callable[[float], None],
    ) -> Iterator[Reply]:
        """Answer a few paths an item. `trace` reads the text from `seen_from` on, and stays as it is.

        Where a path would outgrow the context, the model sees what `seen_range` says.
        """

        text = request.ids[: request.position + 1]
        of = (model, text.tobytes(), seen_from)
        if of != self._of:
            self._of, self._trees = of, {}

        def start(path: Path) -> int:
            count = len(text) + len(path)
            return seen_from if count - seen_from <= model.context else seen_range(count, model.context)[0]

        for first, group in groupby(request.paths, key=start):
            paths = list(group)
            for begin in range(0, len(paths), PATHS_AT_ONCE):
                some = tuple(paths[begin : begin + PATHS_AT_ONCE])
                if first not in self._trees:
                    own = trace if first == seen_from else None
                    self._trees[first] = _tree(model, own, text[first:], checkpoint)
                logits = self._trees[first].logits(some, checkpoint)
                rankings = tuple(rank(after) for after in logits)
                yield FuturesRead(request.number, request.ids, request.position, first, some, rankings)
        yield Finished(request.number, request)


def _tree(model: Any, trace: Any, seen: Ids, checkpoint: Callable[[float], None]) -> Any:
    from vectarium.model import forward_pass
    from vectarium.model.token_tree import TokenTree

    if trace is None:
        trace = forward_pass.run(model, seen, checkpoint=checkpoint)
    return TokenTree(model, trace, len(seen))
