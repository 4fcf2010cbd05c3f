"""Importing PyTorch, in a fresh interpreter."""

import subprocess
import sys

CODE = """
import gc, sys, threading
from vectarium.model import imports
assert "torch" not in sys.modules
thread = threading.Thread(target=imports.prepare)
thread.start()
thread.join()
assert "torch" in sys.modules
assert not {"transformers", "huggingface_hub", "sympy", "torch._dynamo"} & set(sys.modules)
frozen = gc.get_freeze_count()
imports.prepare()
print(gc.isenabled(), frozen > 100_000, gc.get_freeze_count() == frozen)
"""


def test_prepare_imports_what_a_model_needs_once():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE], capture_output=True, text=True, timeout=120
    )
    assert (done.stdout.split(), done.stderr) == (["True", "True", "True"], "")


def test_a_collector_that_was_off_stays_off():
    code = "import gc; from vectarium.model import imports; gc.disable(); imports.prepare()"
    code += "; print(gc.isenabled())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.stderr) == ("False", "")
