"""What a GPT-2's config.json says."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectarium.model.activations import FUNCTIONS
from vectarium.model.errors import BadConfig, MissingFile, NotGPT2

MOST_LAYERS = 1000
_AGAIN = "Copy or download the model again."
_CHOOSE_GPT2 = (
    "Choose a model of the GPT-2 architecture: gpt2, gpt2-medium, distilgpt2, or one tuned from them."
)
_LANGUAGE_MODELS = {"GPT2LMHeadModel", "GPT2Model", "GPT2DoubleHeadsModel"}


@dataclass(frozen=True)
class Configuration:
    """The sizes and switches of a GPT-2, by their names in config.json, with GPT-2's defaults."""

    vocab_size: int = 50257
    n_positions: int = 1024
    n_embd: int = 768
    n_layer: int = 12
    n_head: int = 12
    n_inner: int | None = None
    """The width between an MLP's two matrices; None is four times ``n_embd``."""
    activation_function: str = "gelu_new"
    layer_norm_epsilon: float = 1e-5
    scale_attn_weights: bool = True
    """Whether q·k is divided by √d_head."""
    scale_attn_by_inverse_layer_idx: bool = False
    """Whether it is divided by the layer's number too, counted from 1."""
    reorder_and_upcast_attn: bool = False
    """Whether attention is computed in float32 whatever the weights are."""
    tie_word_embeddings: bool = True

    @property
    def inner(self) -> int:
        return 4 * self.n_embd if self.n_inner is None else self.n_inner


def read(folder: Path) -> Configuration:
    """The config.json of a model's folder. Raises MissingFile, BadConfig or NotGPT2."""
    path = folder / "config.json"
    if not path.is_file():
        raise MissingFile(
            f"The folder {folder} has no config.json.",
            "Choose a folder that holds a model in Hugging Face's format.",
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(f"{path} cannot be read.", _AGAIN, str(error)) from error
    return check(content)


def check(content: Any) -> Configuration:
    """The configuration that the content of a config.json makes: a GPT-2 language model of sensible sizes.

    Raises NotGPT2, which names the architecture found, or BadConfig.
    """
    if not isinstance(content, dict):
        raise BadConfig("The model's config.json does not hold a JSON object.", _AGAIN)
    _check_architecture(content)
    fields = dataclasses.fields(Configuration)
    config = Configuration(**{field.name: content[field.name] for field in fields if field.name in content})
    sizes = ["vocab_size", "n_positions", "n_embd", "n_layer", "n_head"]
    for name in sizes if config.n_inner is None else [*sizes, "n_inner"]:
        value = getattr(config, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise BadConfig(f"The model's config.json says {name} is {value!r}, which is no size.", _AGAIN)
    if config.n_layer > MOST_LAYERS:  # naming them all would take forever, before one is missed
        raise BadConfig(
            f"The model's config.json says n_layer is {config.n_layer:,}: "
            f"Vectarium reads at most {MOST_LAYERS:,}.",
            _AGAIN,
        )
    if config.n_embd % config.n_head:
        raise BadConfig(
            f"The model's config.json is wrong: a width of {config.n_embd} cannot be split into "
            f"{config.n_head} heads.",
            _AGAIN,
        )
    for name in (field.name for field in fields if isinstance(field.default, bool)):
        value = getattr(config, name)
        if not isinstance(value, bool):
            raise BadConfig(
                f"The model's config.json says {name} is {value!r}, which is neither true nor false.", _AGAIN
            )
    activation = config.activation_function
    if not isinstance(activation, str) or activation not in FUNCTIONS:
        raise BadConfig(
            f"The model's config.json says activation_function is {activation!r}, "
            "which is none that Vectarium knows.",
            "Choose another model.",
        )
    epsilon = config.layer_norm_epsilon
    if not isinstance(epsilon, int | float) or isinstance(epsilon, bool) or not 0 <= epsilon < math.inf:
        raise BadConfig(
            f"The model's config.json says layer_norm_epsilon is {epsilon!r}, which is no small number.",
            _AGAIN,
        )
    return config


def _check_architecture(content: dict[str, Any]) -> None:
    names = content.get("architectures") or []
    names = [str(name) for name in names] if isinstance(names, list) else [str(names)]
    kind = content.get("model_type", "gpt2" if set(names) & _LANGUAGE_MODELS else None)
    architecture = ", ".join(names) or str(kind)
    if kind != "gpt2":
        raise NotGPT2(
            f"This is not a GPT-2 model: its architecture is {architecture}.", _CHOOSE_GPT2, architecture
        )
    if names and not set(names) & _LANGUAGE_MODELS:
        raise NotGPT2(
            f"This GPT-2 was made for another task than continuing text: its architecture is {architecture}.",
            _CHOOSE_GPT2,
            architecture,
        )
    if content.get("add_cross_attention"):
        raise NotGPT2(
            "This GPT-2 is the second half of a pair of models: it attends to the output of an encoder.",
            _CHOOSE_GPT2,
            f"{architecture} with cross-attention",
        )
