"""The models that are measured: GPT-2's shapes with seeded random weights, and the bundled Storyteller.

Speed does not depend on the values of the weights. PyTorch is imported where it is needed: the benchmarks of
the start want to find it unread.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STORYTELLER = Path(__file__).parents[2] / "resources" / "models" / "storyteller"
VOCABULARY = 50_257


@dataclass(frozen=True)
class Shape:
    """One of the published sizes of GPT-2."""

    name: str
    layers: int
    heads: int
    width: int
    context: int = 1024

    @property
    def parameters(self) -> int:
        """Of a GPT-2 with its unembedding tied to the embedding."""
        block = 12 * self.width**2 + 13 * self.width
        return (VOCABULARY + self.context + 2) * self.width + self.layers * block

    @property
    def gigabytes(self) -> tuple[float, float]:
        """In float32: the weights, and the residual stream, queries, keys and values of a full context."""
        trace = self.context * self.width * (4 * self.layers + 1)
        return 4e-9 * self.parameters, 4e-9 * trace


SMALL = Shape("GPT-2 124M", 12, 12, 768)
MEDIUM = Shape("GPT-2 355M", 24, 16, 1024)
LARGE = Shape("GPT-2 774M", 36, 20, 1280)
XL = Shape("GPT-2 1.6B", 48, 25, 1600)


def save(folder: Path, shape: Shape) -> Path:
    """A random model of `shape` in `folder`, with a tokenizer of as many tokens as GPT-2's.

    It splits text as Storyteller's does: the tokens beyond Storyteller's are never the result of a merge.
    """
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    # 0 ends a text in Storyteller's tokenizer.
    config = GPT2Config(
        vocab_size=VOCABULARY,
        n_positions=shape.context,
        n_embd=shape.width,
        n_layer=shape.layers,
        n_head=shape.heads,
        bos_token_id=0,
        eos_token_id=0,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer = json.loads((STORYTELLER / "tokenizer.json").read_text(encoding="utf-8"))
    ids = tokenizer["model"]["vocab"]
    ids |= {f"Ġunused{token}": token for token in range(len(ids), VOCABULARY)}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    for name in ("tokenizer_config.json", "merges.txt"):
        (folder / name).write_bytes((STORYTELLER / name).read_bytes())
    (folder / "vocab.json").write_text(json.dumps(ids), encoding="utf-8")
    return folder


def tokens(count: int, seed: int = 0) -> list[int]:
    """A prompt of random tokens, none of which ends the text."""
    import numpy as np

    return np.random.default_rng(seed).integers(1, 4096, count).tolist()


def embedding() -> Any:
    """Vectors in the shape of GPT-2 124M's token embedding, [token, component], float32."""
    import numpy as np

    random = np.random.default_rng(0)
    # Variances that fall, as those of a trained embedding do: on pure noise randomized solvers do worse.
    spectrum = np.geomspace(1, 0.05, SMALL.width).astype(np.float32)
    return random.standard_normal((VOCABULARY, SMALL.width), dtype=np.float32) * spectrum


def open_network(folder: Path) -> Any:
    """The model as transformers opens it."""
    import torch
    from transformers import GPT2LMHeadModel

    network = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return network.eval().requires_grad_(False)
