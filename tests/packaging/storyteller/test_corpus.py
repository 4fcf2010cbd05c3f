"""Stories, their split, the tokenizer and the packed ids."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus import (
    END_OF_TEXT,
    CorpusError,
    encode,
    is_held_out,
    prepare,
    read_stories,
    save_tokenizer,
)
from transformers import GPT2TokenizerFast


def test_every_story_is_on_one_side_and_copies_are_on_the_same(
    corpus_folder: Path, make_story: Callable[[int], str], tmp_path: Path
) -> None:
    stories = read_stories(corpus_folder)
    assert sorted(stories.training + stories.held_out) == sorted(make_story(n) for n in range(400))
    assert not set(stories.training) & set(stories.held_out)
    assert all(map(is_held_out, stories.held_out))
    # Another order and another file name change no story's side.
    text = f"\n{END_OF_TEXT}\n".join(make_story(n) for n in reversed(range(400)))
    (tmp_path / "stories.txt").write_text(text, encoding="utf-8")
    assert set(read_stories(tmp_path).held_out) == set(stories.held_out)


def test_about_two_in_a_hundred_stories_are_held_out() -> None:
    held_out = sum(is_held_out(f"story {number}") for number in range(20_000))
    assert 340 < held_out < 460  # three standard deviations around 400


def test_a_folder_that_is_of_no_use_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"No stories\*\.txt in .*--corpus"):
        read_stories(tmp_path)
    (tmp_path / "stories.txt").write_text("Only one story.", encoding="utf-8")
    with pytest.raises(CorpusError, match="holds 1 stories, too few"):
        read_stories(tmp_path)


def test_stories_are_packed_between_ends_of_text_and_come_back_whole(
    prepared: Any, make_story: Callable[[int], str]
) -> None:
    tokenizer = prepared[0]
    texts = [make_story(n) for n in range(20)]
    encoded = encode(texts, tokenizer)
    end = tokenizer.token_to_id(END_OF_TEXT)
    assert (encoded.token_ids == end).sum() == len(texts) + 1
    assert (encoded.token_ids[encoded.starts] == end).all()
    bounds = [*encoded.starts, len(encoded.token_ids) - 1]
    pieces = [encoded.token_ids[a + 1 : b] for a, b in pairwise(bounds)]
    assert [tokenizer.decode(piece) for piece in pieces] == texts


def test_the_saved_tokenizer_loads_as_gpt2s_and_encodes_every_byte(prepared: Any, tmp_path: Path) -> None:
    tokenizer = prepared[0]
    save_tokenizer(tokenizer, tmp_path, 64)
    loaded = GPT2TokenizerFast.from_pretrained(tmp_path)
    assert loaded.eos_token == loaded.bos_token == END_OF_TEXT
    assert loaded.model_max_length == 64
    text = "The dog ran.\n“Größe” 猫 🙂\t\x00" + "".join(map(chr, range(32, 400)))
    ids = loaded(text, verbose=False)["input_ids"]  # longer than the context, which is no matter here
    assert ids == tokenizer.encode(text).ids
    assert loaded.decode(ids, clean_up_tokenization_spaces=False) == text


def test_the_cache_is_used_again_and_renewed_when_the_stories_change(
    corpus_folder: Path, tmp_path: Path
) -> None:
    stories = read_stories(corpus_folder)
    first = prepare(stories, 320, tmp_path)
    written = (tmp_path / "training_ids.npy").stat().st_mtime_ns
    again = prepare(stories, 320, tmp_path)
    assert (tmp_path / "training_ids.npy").stat().st_mtime_ns == written
    np.testing.assert_array_equal(first[1].token_ids, again[1].token_ids)
    fewer = type(stories)(stories.training[:100], stories.held_out)
    assert len(prepare(fewer, 320, tmp_path)[1].starts) == 100
