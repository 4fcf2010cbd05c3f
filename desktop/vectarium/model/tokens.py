"""Text to tokens and back, losslessly.

Imports only `tokenizers`, so that text has tokens long before torch is there. What is typed is what the
model sees: no beginning-of-text token and no space is put in front.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray
from tokenizers.models import BPE

from vectarium.checkpoints import Checkpoint, unheeded
from vectarium.model.errors import MissingFile, NoTokenizer
from vectarium.vocabulary import Vocabulary, visible

CHUNK = 50_000
"""Characters encoded at a time: some 20 ms, between which a long text can be cancelled."""

# GPT-2 starts a new pre-token at a single space or newline between two words, so text may be cut
# before it without changing any token.
_SAFE_CUT = re.compile(r"(?<=\w)[ \n](?=\w)")

# A run of bytes that are not UTF-8 is a pre-token of its own, with one space before it, as GPT-2's
# pattern treats any other symbols.
_STRAY = re.compile(" ?[\udc80-\udcff]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_OTHER_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def _byte_alphabet() -> list[str]:
    """[byte] the character that stands for it in byte-level vocabularies (Radford et al., 2019)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


_BPE_OPTIONS = ("unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "ignore_merges")

_CHARACTER_OF_BYTE = _byte_alphabet()
_BYTE_OF_CHARACTER = {character: byte for byte, character in enumerate(_CHARACTER_OF_BYTE)}


class Tokenizer:
    """A byte-level BPE tokenizer. Equal to transformers' ``GPT2TokenizerFast`` on any valid text."""

    def __init__(self, backend: tokenizers.Tokenizer, cuttable: bool) -> None:
        self._backend = backend
        self._cuttable = cuttable

    def encode(self, text: str, checkpoint: Checkpoint = unheeded) -> NDArray[np.int32]:
        """The token ids of ``text``, [token].

        Lone surrogates are the bytes that ``Vocabulary.text`` made them from, and become tokens of those
        bytes. The name of a special token in the text is that token. The bytes of the tokens are always
        the bytes of the text. Time grows linearly with the text, for a single long word too (half a
        second a megabyte), and the interpreter lock is released meanwhile.

        ``checkpoint`` is called between pieces with the share done, and may raise to cancel.
        """
        pieces = []
        done = 0
        for piece in _split_stray_bytes(text):
            for chunk in [piece] if isinstance(piece, bytes) else self._chunks(piece):
                checkpoint(min(1.0, done / (len(text) or 1)))
                done += len(chunk)
                if isinstance(chunk, bytes):
                    pieces.append(self._encode_bytes(chunk))
                else:
                    # Unlike encode, encode_batch_fast releases the interpreter lock.
                    encoding = self._backend.encode_batch_fast([chunk], add_special_tokens=False)[0]
                    pieces.append(encoding.ids)
        return np.concatenate([np.asarray(piece, dtype=np.int32) for piece in [[], *pieces]])

    def _encode_bytes(self, run: bytes) -> list[int]:
        return [
            token.id for token in self._backend.model.tokenize("".join(_CHARACTER_OF_BYTE[b] for b in run))
        ]

    def _chunks(self, text: str) -> Iterator[str]:
        start = 0
        while self._cuttable and len(text) - start > CHUNK:
            cut = _SAFE_CUT.search(text, start + CHUNK)
            if cut is None:
                break
            yield text[start : cut.start()]
            start = cut.start()
        yield text[start:]


def open_tokenizer(folder: Path) -> tuple[Tokenizer, Vocabulary]:
    """The tokenizer in a model's folder: tokenizer.json, or vocab.json and merges.txt.

    Where the folder has a config.json, the vocabulary is as long as the model's: ids without a token get
    no bytes, added tokens beyond it are left out.

    Raises MissingFile when there is no tokenizer, NoTokenizer when it is damaged, not byte-level BPE, or
    larger than the model's vocabulary.
    """
    config = _read_json(folder / "config.json") if (folder / "config.json").exists() else {}
    settings_file = folder / "tokenizer_config.json"
    settings = _read_json(settings_file) if settings_file.exists() else {}
    if (folder / "tokenizer.json").exists():
        description = _read_json(folder / "tokenizer.json")
    elif (folder / "vocab.json").exists() and (folder / "merges.txt").exists():
        description = _describe_pair(folder, settings)
    else:
        raise MissingFile(
            f"The model in {folder} has no tokenizer.",
            "It needs tokenizer.json, or vocab.json together with merges.txt, beside its config.json.",
        )
    try:
        return _build(description, config, settings)
    except NoTokenizer:
        raise
    except Exception as error:  # tokenizers raises bare Exception for what it cannot read
        raise NoTokenizer(
            f"The tokenizer in {folder} is damaged: {error}.", "Copy or download the model again."
        ) from error


def _build(
    description: dict[str, Any], config: dict[str, Any], settings: dict[str, Any]
) -> tuple[Tokenizer, Vocabulary]:
    model = description["model"]
    pre_tokenizer = description.get("pre_tokenizer") or {}
    if model.get("type", "BPE") != "BPE" or '"ByteLevel"' not in json.dumps(pre_tokenizer):
        raise NoTokenizer(
            f"The model's tokenizer is {model.get('type', 'of an unknown kind')}, not byte-level BPE.",
            "Choose a model that uses GPT-2's kind of tokenizer.",
        )
    ids: dict[str, int] = model["vocab"]
    size = int(config.get("vocab_size") or 0) or None
    largest = max(ids.values(), default=-1)
    if size is not None and largest >= size:
        raise NoTokenizer(
            f"The tokenizer has token {largest:,}, but the model only {size:,} tokens.",
            "The tokenizer belongs to another model: copy or download the model again.",
        )
    added = [
        token
        for token in sorted(description.get("added_tokens") or [], key=lambda token: int(token["id"]))
        if size is None or token["id"] < size
    ]
    backend = _backend(description, ids, added)
    vocabulary = _vocabulary(backend, ids, added, size, _end_of_text(config, settings))
    cuttable = (
        pre_tokenizer.get("type") == "ByteLevel"
        and pre_tokenizer.get("use_regex", True)
        and not description.get("normalizer")
        and not any(token.get("rstrip") or re.search(r"\s", token["content"]) for token in added)
    )
    return Tokenizer(backend, cuttable), vocabulary


def _backend(
    description: dict[str, Any], ids: dict[str, int], added: list[dict[str, Any]]
) -> tokenizers.Tokenizer:
    # Tokenizer.from_file holds the interpreter lock for 100 ms on GPT-2's vocabulary. Made in three
    # parts, none holds it for more than half of that.
    model = description["model"]
    merges = [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"]]
    options = {name: model[name] for name in _BPE_OPTIONS if model.get(name) is not None}
    bpe = BPE(ids, merges, **options)
    frame = description | {
        "model": model | {"vocab": {}, "merges": []},
        "added_tokens": [],
        "post_processor": None,
        "truncation": None,
        "padding": None,
    }
    _keep_first_word_as_typed(frame["pre_tokenizer"])
    backend = tokenizers.Tokenizer.from_str(json.dumps(frame))
    backend.model = bpe
    for token in added:
        behaviour = {
            name: token.get(name, False) for name in ("single_word", "lstrip", "rstrip", "normalized")
        }
        entry = tokenizers.AddedToken(token["content"], special=token.get("special", False), **behaviour)
        backend.add_special_tokens([entry]) if entry.special else backend.add_tokens([entry])
        if backend.token_to_id(token["content"]) != token["id"]:
            raise ValueError(f"the added token {token['content']!r} cannot have id {token['id']}")
    return backend


def _keep_first_word_as_typed(pre_tokenizer: dict[str, Any]) -> None:
    for part in [pre_tokenizer, *pre_tokenizer.get("pretokenizers", [])]:
        if part.get("type") == "ByteLevel":
            part["add_prefix_space"] = False


def _vocabulary(
    backend: tokenizers.Tokenizer,
    ids: dict[str, int],
    added: list[dict[str, Any]],
    size: int | None,
    end_of_text: str | int | None,
) -> Vocabulary:
    names = {token["id"]: token["content"] for token in added}
    size = size or 1 + max([*ids.values(), *names], default=-1)
    token_bytes = [b""] * size
    labels = [f"⟨unused {token}⟩" for token in range(size)]
    for name, token in ids.items():
        token_bytes[token] = _bytes_of(name)
        labels[token] = visible(token_bytes[token].decode("utf-8", "surrogateescape"))
    for token, name in names.items():
        token_bytes[token] = name.encode()
        labels[token] = visible(name)
    special = frozenset(token["id"] for token in added if token.get("special"))
    if isinstance(end_of_text, str):
        end_of_text = backend.token_to_id(end_of_text)
    if end_of_text is not None and end_of_text >= size:
        end_of_text = None
    return Vocabulary(tuple(token_bytes), tuple(labels), special, end_of_text)


def _bytes_of(name: str) -> bytes:
    try:
        return bytes(_BYTE_OF_CHARACTER[character] for character in name)
    except KeyError:  # a special token that is part of the vocabulary
        return name.encode()


def _end_of_text(config: dict[str, Any], settings: dict[str, Any]) -> str | int | None:
    name = settings.get("eos_token")
    if isinstance(name, dict):
        name = name.get("content")
    if isinstance(name, str):
        return name
    token = config.get("eos_token_id")
    return token if isinstance(token, int) else "<|endoftext|>"


def _describe_pair(folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """What tokenizer.json would say for GPT-2's original vocab.json and merges.txt."""
    ids = _read_json(folder / "vocab.json")
    try:
        lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise NoTokenizer(
            f"{folder / 'merges.txt'} cannot be read: {error}.", "Copy or download the model again."
        ) from error
    merges = [line for line in lines if line.strip() and not line.startswith("#version")]
    extra = _read_json(folder / "added_tokens.json") if (folder / "added_tokens.json").exists() else {}
    names = [settings.get(f"{kind}_token") for kind in ("bos", "eos", "unk", "pad")]
    names = [name.get("content") if isinstance(name, dict) else name for name in names]
    special = {"<|endoftext|>", *(name for name in names if name)}
    return {
        "version": "1.0",
        "normalizer": None,
        "pre_tokenizer": {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": True,
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "vocab": ids, "merges": merges, "fuse_unk": False},
        "added_tokens": [
            {"id": (ids | extra)[name], "content": name, "special": name in special}
            for name in {**extra, **dict.fromkeys(special)}
            if name in ids or name in extra
        ],
    }


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NoTokenizer(f"{path} cannot be read: {error}.", "Copy or download the model again.") from error
    if not isinstance(content, dict):
        raise NoTokenizer(f"{path} does not hold a JSON object.", "Copy or download the model again.")
    return content


def _split_stray_bytes(text: str) -> Iterator[str | bytes]:
    if text.isascii() or not _SURROGATE.search(text):
        yield text
        return
    # Surrogates that stand for no byte become their own three bytes; escaped bytes that together are
    # valid UTF-8 become the character they are.
    text = _OTHER_SURROGATE.sub(
        lambda found: found[0].encode("utf-8", "surrogatepass").decode("ascii", "surrogateescape"), text
    )
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    edges = [0, *(edge for run in _STRAY.finditer(text) for edge in run.span()), len(text)]
    for index, (start, end) in enumerate(pairwise(edges)):
        if start < end:
            part = text[start:end]
            yield part.encode("utf-8", "surrogateescape") if index % 2 else part
