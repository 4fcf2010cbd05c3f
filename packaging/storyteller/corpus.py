"""From a folder of story files to a tokenizer and packed arrays of token ids."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import GPT2TokenizerFast

END_OF_TEXT = "<|endoftext|>"
HELD_OUT_SHARE = 0.02


class CorpusError(ValueError):
    """The corpus folder cannot be used; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Stories:
    """Whole stories, split by content so that a story and its exact copies fall on the same side."""

    training: tuple[str, ...]
    held_out: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all stories in order: tells whether a cache or a checkpoint belongs to them."""
        digest = sha256()
        for story in (*self.training, END_OF_TEXT, *self.held_out):
            digest.update(story.encode("utf-8") + b"\0")
        return digest.hexdigest()


@dataclass(frozen=True)
class EncodedStories:
    """Token ids of one side of the split, each story preceded by one ``<|endoftext|>``."""

    token_ids: NDArray[np.uint16]  # [token], with one more <|endoftext|> at the end
    starts: NDArray[np.int64]  # [story], where each story's <|endoftext|> stands in token_ids


def is_held_out(story: str, share: float = HELD_OUT_SHARE) -> bool:
    """Decide by the story's own hash: stable when files are added, renamed or reordered."""
    return int.from_bytes(sha256(story.encode("utf-8")).digest()[:8], "big") < share * 2**64


def read_stories(folder: Path) -> Stories:
    """Read every ``stories*.txt`` in ``folder``; stories are separated by ``<|endoftext|>``.

    Raises:
        CorpusError: the folder is missing, has no such file, or its files hold too few stories.
    """
    files = sorted(folder.glob("stories*.txt"))
    if not files:
        raise CorpusError(f"No stories*.txt in {folder}. Give the folder of story files with --corpus.")
    training: list[str] = []
    held_out: list[str] = []
    for file in files:
        for piece in file.read_text(encoding="utf-8").split(END_OF_TEXT):
            story = piece.strip()
            if story:
                (held_out if is_held_out(story) else training).append(story)
    if not training or not held_out:
        raise CorpusError(
            f"{folder} holds {len(training) + len(held_out)} stories, too few to hold some out. "
            f"Separate stories by a line {END_OF_TEXT}."
        )
    return Stories(tuple(training), tuple(held_out))


def train_tokenizer(stories: Sequence[str], vocabulary_size: int) -> Tokenizer:
    """Byte-level BPE as in GPT-2: all 256 bytes are tokens, so that every text can be encoded."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(stories, trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: Path, context: int) -> None:
    """Write the files that ``GPT2TokenizerFast.from_pretrained`` and ``AutoTokenizer`` load."""
    folder.mkdir(parents=True, exist_ok=True)
    fast = GPT2TokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END_OF_TEXT,
        eos_token=END_OF_TEXT,
        unk_token=END_OF_TEXT,
        model_max_length=context,
    )
    fast.save_pretrained(folder)
    tokenizer.model.save(str(folder))  # vocab.json and merges.txt, as the original GPT-2 has them


def encode(stories: Sequence[str], tokenizer: Tokenizer) -> EncodedStories:
    """Encode and pack ``stories``; no padding, one ``<|endoftext|>`` before each and one at the end."""
    end_of_text: int = tokenizer.token_to_id(END_OF_TEXT)
    encodings = tokenizer.encode_batch_fast(list(stories), add_special_tokens=False)
    lengths = np.array([len(encoding.ids) + 1 for encoding in encodings], dtype=np.int64)
    ids = np.full(int(lengths.sum()) + 1, end_of_text, dtype=np.uint16)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    for start, encoding in zip(starts, encodings, strict=True):
        ids[start + 1 : start + 1 + len(encoding.ids)] = encoding.ids
    return EncodedStories(ids, starts)


def prepare(
    stories: Stories, vocabulary_size: int, cache: Path
) -> tuple[Tokenizer, EncodedStories, EncodedStories]:
    """Train the tokenizer on the training part and encode both parts, or read them from ``cache``."""
    key = {"corpus": stories.fingerprint, "vocabulary_size": vocabulary_size}
    key_file, tokenizer_file = cache / "key.json", cache / "tokenizer.json"
    if not key_file.exists() or json.loads(key_file.read_text()) != key:
        cache.mkdir(parents=True, exist_ok=True)
        key_file.unlink(missing_ok=True)
        tokenizer = train_tokenizer(stories.training, vocabulary_size)
        tokenizer.save(str(tokenizer_file))
        for name, part in (("training", stories.training), ("held_out", stories.held_out)):
            encoded = encode(part, tokenizer)
            np.save(cache / f"{name}_ids.npy", encoded.token_ids)
            np.save(cache / f"{name}_starts.npy", encoded.starts)
        key_file.write_text(json.dumps(key))
    parts = [
        EncodedStories(np.load(cache / f"{name}_ids.npy"), np.load(cache / f"{name}_starts.npy"))
        for name in ("training", "held_out")
    ]
    return Tokenizer.from_file(str(tokenizer_file)), parts[0], parts[1]
