"""What is free goes back to the system, in processes of their own: others have threads already."""

import ctypes
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc is asked to"
)

BEFORE = """
import threading
import numpy as np
import psutil
from vectarium import heap

def resident():
    return psutil.Process().memory_info().rss / 1e6

def pieces():
    return [np.ones(2000) for _ in range(1000)]  # 16 MB, each too small for a mapping of its own
"""

BETWEEN_PIECES = """
kept = pieces()
before = resident()
del kept[::2]
heap.give_back()
print(before - resident(), all((piece == 1).all() for piece in kept))
"""

OF_A_THREAD = """
heap.share_one()
np.ones(3_000_000)  # after which glibc trims nothing smaller than twice its 24 MB by itself
made, looked, freed = threading.Event(), threading.Event(), threading.Event()

def work():
    here = pieces()
    made.set()
    looked.wait()
    here.clear()
    freed.set()
    done.wait()

done = threading.Event()
thread = threading.Thread(target=work)
thread.start()
made.wait()
before = resident()
looked.set()
freed.wait()
heap.give_back()
print(before - resident(), thread.is_alive())
done.set()
"""


@pytest.mark.parametrize(("program", "least"), [(BETWEEN_PIECES, 5), (OF_A_THREAD, 12)])
def test_what_was_freed_goes_back(program, least):
    run = subprocess.run(
        [sys.executable, "-c", BEFORE + program], capture_output=True, text=True, timeout=60, check=True
    )
    less, sound = run.stdout.split()
    assert float(less) > least
    assert sound == "True"
