"""The training scripts are no package: their folder is put on the path as running one of them does."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "packaging" / "storyteller"))

import corpus  # noqa: E402

WORDS = (
    "a",
    "dog",
    "cat",
    "bird",
    "and",
    "the",
    "ran",
    "sat",
    "to",
    "home",
    "saw",
    "red",
    "ball",
    "was",
    "sad",
)


@pytest.fixture(scope="session")
def make_story() -> Callable[[int], str]:
    """Stories of eight to thirty words of a small vocabulary, each number another story."""

    def make(number: int) -> str:
        words = [WORDS[number * (step + 7) * 31 % 97 % len(WORDS)] for step in range(8 + number % 23)]
        return " ".join(words).capitalize() + f". Day {number}."

    return make


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory, make_story: Callable[[int], str]) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    for name, numbers in (("stories-1.txt", range(200)), ("stories-2.txt", range(200, 400))):
        text = "\n<|endoftext|>\n".join(make_story(number) for number in numbers)
        (folder / name).write_text(text + "\n<|endoftext|>\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def prepared(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """Tokenizer, training part and held-out part of the small corpus, at 320 tokens."""
    return corpus.prepare(corpus.read_stories(corpus_folder), 320, tmp_path_factory.mktemp("tokens"))
