"""What must be true of a model's weight files before anything is read from them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from vectarium.model.configuration import Configuration
from vectarium.model.errors import MissingFile, PickleOnly, TruncatedFile, WrongShapes

WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"
TOKENIZER_PAIR = ("vocab.json", "merges.txt")

_AGAIN = "Copy or download the model again."
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
_NUMBER_TYPES = {"F64", "F32", "F16", "BF16"}
_LARGEST_HEADER = 100_000_000  # bytes; as in safetensors' own reader


def choose_weights(names: Iterable[str], where: str) -> str:
    """The weight file (or the index of several) among a model's files.

    Raises PickleOnly or MissingFile.
    """
    names = set(names)
    for name in (WEIGHTS, WEIGHTS_INDEX):
        if name in names:
            return name
    pickles = sorted(name for name in names if name.endswith(_PICKLES))
    if pickles:
        raise PickleOnly(
            f"The weights of {where} exist only as a pickle ({pickles[0]}), a format that can run code.",
            "Choose a model that has model.safetensors, or convert this one with transformers first.",
        )
    raise MissingFile(
        f"{where} has no weights: there is no {WEIGHTS}.", "Choose a complete model, or download it again."
    )


def shard_names(index_file: Path) -> list[str]:
    """The weight files that an index lists. Raises TruncatedFile when it is damaged."""
    try:
        weight_map = json.loads(index_file.read_text(encoding="utf-8"))["weight_map"]
        names = sorted(set(weight_map.values()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TruncatedFile(f"{index_file} is damaged.", _AGAIN, str(error)) from error
    if not names or any(not isinstance(name, str) or Path(name).name != name for name in names):
        raise TruncatedFile(f"{index_file} does not name files beside it.", _AGAIN)
    return names


def weight_files(folder: Path) -> list[Path]:
    """The weight files in a model's folder.

    Raises PickleOnly, MissingFile or TruncatedFile.
    """
    name = choose_weights((path.name for path in folder.iterdir()), str(folder))
    files = [folder / WEIGHTS] if name == WEIGHTS else [folder / part for part in shard_names(folder / name)]
    for file in files:
        if not file.is_file():
            raise MissingFile(f"A part of the weights is missing: {file}.", "Copy or download it again.")
    return files


def check_weights(files: Iterable[Path], config: Configuration) -> str:
    """Compare the headers of the weight files with the configuration; gives the stored number type.

    Reads no weights. Raises TruncatedFile or WrongShapes.
    """
    stored: dict[str, tuple[tuple[int, ...], str]] = {}
    for file in files:
        stored |= _header(file)
    found = {name.removeprefix("transformer."): entry for name, entry in stored.items()}
    shapes = _expected_shapes(config)
    if "lm_head.weight" in found:
        shapes["lm_head.weight"] = shapes["wte.weight"]
    for name, shape in shapes.items():
        if name not in found:
            raise WrongShapes(f"The weights do not fit the configuration: “{name}” is missing.", _AGAIN)
        if found[name][0] != shape:
            raise WrongShapes(
                f"The weights do not fit the configuration: “{name}” has the shape {list(found[name][0])}, "
                f"but config.json needs {list(shape)}.",
                _AGAIN,
            )
        if found[name][1] not in _NUMBER_TYPES:
            raise WrongShapes(
                f"The weights are stored in a type of number that is not supported: {found[name][1]}.",
                "Choose a version of the model that is not quantized.",
            )
    return found["wte.weight"][1]


def _header(file: Path) -> dict[str, tuple[tuple[int, ...], str]]:
    """Name to shape and number type of every tensor in a safetensors file whose size is right."""
    size = file.stat().st_size
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 2 <= length <= min(size - 8, _LARGEST_HEADER):
                raise ValueError(f"a header of {length} bytes in a file of {size}")
            entries = json.loads(stream.read(length))
        entries.pop("__metadata__", None)
        end = 8 + length + max((int(entry["data_offsets"][1]) for entry in entries.values()), default=0)
        tensors = {name: (tuple(entry["shape"]), str(entry["dtype"])) for name, entry in entries.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise TruncatedFile(f"{file} is not a complete safetensors file.", _AGAIN, str(error)) from error
    if end != size:
        raise TruncatedFile(f"{file} is damaged: it has {size:,} bytes, but should have {end:,}.", _AGAIN)
    return tensors


def _expected_shapes(config: Configuration) -> dict[str, tuple[int, ...]]:
    """The shape of every weight of a GPT-2, without the prefix "transformer.". Conv1D stores [in, out]."""
    width, inner = config.n_embd, config.inner
    block = {
        "ln_1.weight": (width,),
        "ln_1.bias": (width,),
        "attn.c_attn.weight": (width, 3 * width),
        "attn.c_attn.bias": (3 * width,),
        "attn.c_proj.weight": (width, width),
        "attn.c_proj.bias": (width,),
        "ln_2.weight": (width,),
        "ln_2.bias": (width,),
        "mlp.c_fc.weight": (width, inner),
        "mlp.c_fc.bias": (inner,),
        "mlp.c_proj.weight": (inner, width),
        "mlp.c_proj.bias": (width,),
    }
    shapes: dict[str, tuple[int, ...]] = {
        "wte.weight": (config.vocab_size, width),
        "wpe.weight": (config.n_positions, width),
        "ln_f.weight": (width,),
        "ln_f.bias": (width,),
    }
    for layer in range(config.n_layer):
        shapes |= {f"h.{layer}.{name}": shape for name, shape in block.items()}
    if not config.tie_word_embeddings:
        shapes["lm_head.weight"] = shapes["wte.weight"]
    return shapes
