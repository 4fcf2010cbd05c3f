"""Python's garbage collector goes through what is old when it holds nobody up."""

import gc

from PySide6.QtCore import SignalInstance

_NEVER = 2**30  # middle-aged collections from one full collection to the next


def collect_only_at(moment: SignalInstance) -> None:
    """Leave alone for good what is here now; go through the rest only when `moment` is emitted.

    By itself Python goes through all objects every so often, 40 ms with the window just made and the longer
    the more text there is, and everything stands still. What is young is collected as ever.
    """
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    moment.connect(lambda *_: gc.collect())
