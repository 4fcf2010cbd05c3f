"""Text to tokens against transformers' own tokenizer, and back to the exact bytes."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from transformers import GPT2TokenizerFast

from vectarium.model import tokens
from vectarium.model.errors import MissingFile, NoTokenizer
from vectarium.model.tokens import open_tokenizer


@pytest.fixture(scope="module")
def opened(tokenizer_folder):
    return open_tokenizer(tokenizer_folder)


@pytest.fixture(scope="module")
def reference(tokenizer_folder):
    return GPT2TokenizerFast.from_pretrained(tokenizer_folder)


SAMPLES = [
    "",
    " ",
    "Once upon a time",
    "the owner's cat wasn't there,  who'd  say\n\n\tno?  ",
    "naïve café – “1,024 cups”",
    "👨‍👩‍👧‍👦 𝄞 🇩🇪 é e\u0301",
    "שלום עולם مرحبا بالعالم",
    "東京は、日本の首都です。",
    "\0a\0\x01\x7f\x85",
    "a<|endoftext|>b <|endoftext|> <|endoftext",
    "\u00a0\u2003\u3000 x\u200b\u2028y",
    "\ufffd\ufeff\ufdd0",
]


@pytest.mark.parametrize("text", SAMPLES)
def test_equal_to_transformers_on_samples(opened, reference, text):
    tokenizer, vocabulary = opened
    ids = tokenizer.encode(text)
    assert ids.dtype == np.int32
    assert ids.tolist() == reference(text)["input_ids"]
    assert vocabulary.text(ids) == text


@given(st.text(max_size=60) | st.text(alphabet="ab the's\n\t 1é東😀", max_size=60))
@settings(max_examples=300)
def test_equal_to_transformers(opened, reference, text):
    tokenizer, vocabulary = opened
    assert tokenizer.encode(text).tolist() == reference(text)["input_ids"]
    assert vocabulary.text(tokenizer.encode(text)) == text


@given(st.text(alphabet="ab'st \n\t1é東,<|endoftext|>", max_size=200))
@settings(max_examples=200)
@example("a <|endoftext|> b c\nd  e")
def test_cutting_a_long_text_changes_no_token(opened, text):
    tokenizer, _ = opened
    whole = tokenizer.encode(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "CHUNK", 1)
        assert np.array_equal(tokenizer.encode(text), whole)


def test_a_long_text_is_equal_too(opened, reference):
    chooser = random.Random(0)
    words = ["the", "owner's", "café", "東京", "1,024", "<|endoftext|>", "\n", "  ", "x" * 40]
    text = " ".join(chooser.choices(words, k=40_000))
    tokenizer, _ = opened
    shares: list[float] = []
    ids = tokenizer.encode(text, checkpoint=shares.append)
    assert ids.tolist() == reference(text)["input_ids"]
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1


@pytest.mark.parametrize("character", ["x", " ", "\n", "7", "é", "東"])
def test_a_megabyte_without_a_place_to_cut(opened, character):
    tokenizer, vocabulary = opened
    text = character * (1_000_000 // len(character.encode()))
    assert vocabulary.text(tokenizer.encode(text)) == text


def test_a_megabyte_of_bytes_that_are_no_text(opened):
    tokenizer, vocabulary = opened
    noise = random.Random(1).randbytes(1_000_000)
    ids = tokenizer.encode(noise.decode("utf-8", "surrogateescape"))
    assert b"".join(vocabulary.token_bytes[token] for token in ids) == noise


@given(st.binary(max_size=40))
@settings(max_examples=300)
def test_any_bytes_survive(opened, content):
    tokenizer, vocabulary = opened
    ids = tokenizer.encode(content.decode("utf-8", "surrogateescape"))
    assert b"".join(vocabulary.token_bytes[token] for token in ids) == content


def test_a_character_that_is_not_finished_keeps_its_tokens(opened):
    tokenizer, vocabulary = opened
    ids = tokenizer.encode(" “")
    for end in range(len(ids) + 1):
        assert tokenizer.encode(vocabulary.text(ids[:end])).tolist() == ids[:end].tolist()


def test_escaped_bytes_that_make_a_character_are_that_character(opened):
    tokenizer, vocabulary = opened
    assert vocabulary.text(tokenizer.encode("a\udce2\udc82\udcacb")) == "a€b"


def test_a_surrogate_that_stands_for_no_byte_becomes_its_three(opened):
    tokenizer, vocabulary = opened
    assert vocabulary.text(tokenizer.encode("a\ud83d")) == "a\udced\udca0\udcbd"


def test_encoding_can_be_cancelled(opened):
    tokenizer, _ = opened
    calls = []

    def stop_at_the_third(share: float) -> None:
        calls.append(share)
        if len(calls) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        tokenizer.encode("the cat " * 100_000, checkpoint=stop_at_the_third)
    assert len(calls) == 3


def test_vocabulary(opened, reference):
    _, vocabulary = opened
    assert len(vocabulary) == 360
    assert (vocabulary.special, vocabulary.end_of_text) == ({0}, 0)
    assert vocabulary.labels[0] == "<|endoftext|>"
    assert sorted(piece for piece in vocabulary.token_bytes if len(piece) == 1) == [
        bytes([byte]) for byte in range(256)
    ]
    for token in range(360):
        decoded = vocabulary.token_bytes[token].decode("utf-8", "replace")
        assert reference.decode([token], clean_up_tokenization_spaces=False) == decoded
        assert "\ufffd" not in vocabulary.labels[token]
    assert "⟨E6⟩" in vocabulary.labels
    assert "␣the" in vocabulary.labels


def test_vocab_and_merges_alone_are_the_same_tokenizer(tokenizer_folder, opened, tmp_path):
    for name in ("vocab.json", "merges.txt"):
        shutil.copy(tokenizer_folder / name, tmp_path)
    tokenizer, vocabulary = open_tokenizer(tmp_path)
    assert vocabulary == opened[1]
    for text in SAMPLES:
        assert tokenizer.encode(text).tolist() == opened[0].encode(text).tolist()


def test_the_vocabulary_is_as_long_as_the_models(tokenizer_folder, tmp_path):
    shutil.copytree(tokenizer_folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": 363}))
    _, vocabulary = open_tokenizer(tmp_path)
    assert vocabulary.token_bytes[360:] == (b"", b"", b"")
    assert vocabulary.labels[362] == "⟨unused 362⟩"


def test_added_tokens(tokenizer_folder, tmp_path):
    shutil.copytree(tokenizer_folder, tmp_path, dirs_exist_ok=True)
    backend = GPT2TokenizerFast.from_pretrained(tokenizer_folder)
    backend.add_tokens(["<user>", "two words"])
    backend.add_special_tokens({"pad_token": "<pad>"})
    backend.save_pretrained(tmp_path)
    text = "the<user> two words<pad> cat"
    tokenizer, vocabulary = open_tokenizer(tmp_path)
    assert tokenizer.encode(text).tolist() == backend(text)["input_ids"]
    assert vocabulary.text(tokenizer.encode(text)) == text
    assert vocabulary.special == {0, 362}
    # A model that was not enlarged for them does not know them.
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": 361}))
    tokenizer, vocabulary = open_tokenizer(tmp_path)
    assert len(vocabulary) == 361
    assert vocabulary.text(tokenizer.encode(text)) == text
    assert tokenizer.encode(text).max() <= 360


def test_a_space_is_never_put_in_front(tokenizer_folder, opened, tmp_path):
    shutil.copytree(tokenizer_folder, tmp_path, dirs_exist_ok=True)
    description = json.loads((tmp_path / "tokenizer.json").read_text())
    description["pre_tokenizer"]["add_prefix_space"] = True
    (tmp_path / "tokenizer.json").write_text(json.dumps(description))
    tokenizer, _ = open_tokenizer(tmp_path)
    assert tokenizer.encode("the cat").tolist() == opened[0].encode("the cat").tolist()


def test_no_tokenizer_at_all(tmp_path):
    with pytest.raises(MissingFile, match=r"tokenizer\.json, or vocab\.json together with merges\.txt"):
        open_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "does not hold a JSON object"),
        ('{"model": {"type": "WordPiece", "vocab": {}}}', "is WordPiece, not byte-level BPE"),
        ('{"model": {"type": "BPE", "vocab": {}, "merges": []}, "pre_tokenizer": null}', "not byte-level"),
        ("{}", "is damaged"),
        (
            '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]},'
            ' "pre_tokenizer": {"type": "ByteLevel"}}',
            "is damaged",
        ),
    ],
)
def test_a_tokenizer_that_cannot_be_used(tmp_path, content, words):
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(NoTokenizer, match=words) as caught:
        open_tokenizer(tmp_path)
    assert caught.value.advice


def test_a_tokenizer_larger_than_its_model(tokenizer_folder, tmp_path):
    shutil.copytree(tokenizer_folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "config.json").write_text(json.dumps({"vocab_size": 300}))
    with pytest.raises(NoTokenizer, match="has token 359, but the model only 300 tokens"):
        open_tokenizer(tmp_path)


def test_tokens_need_neither_torch_nor_transformers(tokenizer_folder: Path):
    code = (
        "import sys, pathlib; from vectarium.model.tokens import open_tokenizer;"
        f"open_tokenizer(pathlib.Path({str(tokenizer_folder)!r}))[0].encode('the cat');"
        "print({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
