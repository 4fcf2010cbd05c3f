"""Runs a program of this folder in what the app prepares for itself: `python -m benchmarks memory_run …`."""

import importlib
import sys

from vectarium.__main__ import prepare_environment

if __name__ == "__main__":
    # Before NumPy and Qt are imported: they start threads, as many as they are told, with heaps of their own.
    prepare_environment()
    program, *arguments = sys.argv[1:]
    importlib.import_module(f"benchmarks.{program}").main(*arguments)
