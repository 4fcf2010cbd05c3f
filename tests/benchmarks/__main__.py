"""Runs a program of this folder in what the app prepares for itself: `python -m benchmarks memory_run …`."""

import runpy
import sys

from vectarium.__main__ import prepare_environment

if __name__ == "__main__":
    # Before NumPy and Qt are imported: they start threads, as many as they are told, with heaps of their own.
    prepare_environment()
    del sys.argv[0]
    runpy.run_module(f"benchmarks.{sys.argv[0]}", run_name="__main__")
