"""When the garbage collector goes through what is old, in a process of its own: it is set for all of it."""

import subprocess
import sys

PROGRAM = """
import gc, weakref
from PySide6.QtCore import QObject, Signal
from vectarium import garbage

class Source(QObject):
    opened = Signal(object)

class Ring:
    def __init__(self):
        self.me = self

def full_collections():
    return gc.get_stats()[2]["collections"]

source = Source()
garbage.collect_only_at(source.opened)
before = full_collections()
old = Ring()
kept = [[] for _ in range(300_000)]
print(full_collections() == before, gc.get_freeze_count() > 1000)
dropped = weakref.ref(old)
del old
kept += [[] for _ in range(300_000)]
print(dropped() is not None)
young = weakref.ref(Ring())
kept += [[] for _ in range(30_000)]
print(young() is None)
source.opened.emit("model")
print(dropped() is None, len(kept) == 630_000)
"""


def test_what_is_old_waits_for_its_moment_and_what_is_young_does_not():
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.split() == ["True"] * 6
