"""Machine code that is kept for the next time."""

import os
import subprocess
import sys

import pytest
from numba import config

from vectarium.machine_code import compiling

MADE_HERE = """
from vectarium.machine_code.compiling import fill_cache
fill_cache()
from vectarium.machine_code import kernels, products, ranks
made = (kernels.take_part, products.dots, ranks.look)
print(sum(sum(each.stats.cache_misses.values()) for each in made))
"""


@pytest.mark.slow  # compiles everything anew
def test_it_is_made_in_another_process_and_found_in_this_one(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", MADE_HERE]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert run.stdout.split() == ["0"]
    assert any(tmp_path.rglob("*.nbc"))


def test_what_is_there_is_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    (tmp_path / "kernels.take_part-1.py311.1.nbc").touch()
    monkeypatch.setattr(subprocess, "run", None)
    compiling.fill_cache()


def test_what_is_there_in_part_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    (tmp_path / "functions.exp-17.py311.1.nbc").touch()
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    compiling.fill_cache()
    assert len(commands) == 1
