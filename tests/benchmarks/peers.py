"""The tools that a user would pick instead, each doing it as it does it best.

All that write on from a prompt take the most likely token, which costs them least, and keep nothing but the
text.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

BY_THREADS = sorted({max(1, CORES - 1), CORES})
"""Each peer is measured with all cores and with one less: the faster one counts."""

Write = Callable[[list[int], int], list[int]]  # prompt [token], count: [token] that follow


def transformers(folder: Path, threads: int) -> Write:
    """transformers' `generate` in float32."""
    import torch

    from benchmarks import shapes

    network = shapes.open_network(folder)

    @torch.inference_mode()
    def write(prompt: list[int], count: int) -> list[int]:
        torch.set_num_threads(threads)
        ids = torch.tensor([prompt])
        options = {"max_new_tokens": count, "min_new_tokens": count, "do_sample": False, "pad_token_id": 0}
        written = network.generate(ids, attention_mask=torch.ones_like(ids), **options)
        return written[0, len(prompt) :].tolist()

    return write


def reader(folder: Path, threads: int = CORES) -> Callable[[list[int]], None]:
    """transformers reading a prompt: its keys and values, and the logits after its last token."""
    import torch

    from benchmarks import shapes

    network = shapes.open_network(folder)

    @torch.inference_mode()
    def read(prompt: list[int]) -> None:
        torch.set_num_threads(threads)
        network(torch.tensor([prompt]), use_cache=True, logits_to_keep=1)

    return read


def ctranslate2(folder: Path, threads: int, place: Path) -> Write:
    """CTranslate2 in float32; its files go to `place`. Raises ImportError where it is not installed."""
    import ctranslate2

    if not place.exists():
        ctranslate2.converters.TransformersConverter(str(folder)).convert(str(place))
    generator = ctranslate2.Generator(str(place), compute_type="float32", intra_threads=threads)
    vocabulary = _names(folder)
    ids = {name: token for token, name in enumerate(vocabulary)}

    def write(prompt: list[int], count: int) -> list[int]:
        result = generator.generate_batch(
            [[vocabulary[token] for token in prompt]],
            max_length=count,
            min_length=count,
            sampling_topk=1,
            include_prompt_in_result=False,
        )[0]
        return [ids[name] for name in result.sequences[0]]

    return write


def llama_cpp(folder: Path, threads: int, file: Path, precision: str) -> Write:
    """llama.cpp with weights in `precision`, f32 or f16; its file is `file`.

    Raises ImportError where it is not installed.
    """
    from llama_cpp import Llama

    if not file.exists():
        write_gguf(folder, file, precision)
    llama = Llama(str(file), n_ctx=1024, n_threads=threads, n_threads_batch=threads, verbose=False)

    def write(prompt: list[int], count: int) -> list[int]:
        llama.reset()
        written = []
        for token in llama.generate(prompt, top_k=1, temp=0.0):
            written.append(token)
            if len(written) == count:
                return written
        return written

    return write


def faiss(threads: int) -> Callable[[int], list[int]]:
    """faiss-cpu's flat index in the same space as ours. Raises ImportError where it is not installed."""
    import faiss
    import numpy as np

    from benchmarks import shapes

    faiss.omp_set_num_threads(threads)
    vectors = shapes.embedding()
    query = vectors[3] + vectors[5]
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    unit = (query / np.linalg.norm(query))[None]
    return lambda count: index.search(unit, count)[1][0].tolist()


def write_gguf(folder: Path, file: Path, precision: str) -> None:
    """A GPT-2 in transformers' format as llama.cpp reads it."""
    import gguf
    import numpy as np

    from benchmarks import shapes

    network = shapes.open_network(folder)
    config = network.config
    writer = gguf.GGUFWriter(str(file), "gpt2")
    writer.add_context_length(config.n_positions)
    writer.add_embedding_length(config.n_embd)
    writer.add_feed_forward_length(4 * config.n_embd)
    writer.add_block_count(config.n_layer)
    writer.add_head_count(config.n_head)
    writer.add_layer_norm_eps(config.layer_norm_epsilon)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32 if precision == "f32" else gguf.LlamaFileType.MOSTLY_F16)
    names = _names(folder)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(names)
    writer.add_token_types([gguf.TokenType.CONTROL, *[gguf.TokenType.NORMAL] * (len(names) - 1)])
    merges = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
    writer.add_token_merges([merge for merge in merges if merge and not merge.startswith("#version")])
    writer.add_bos_token_id(config.bos_token_id)
    writer.add_eos_token_id(config.eos_token_id)
    narrow = np.float32 if precision == "f32" else np.float16

    def add(name: str, tensor: Any, kind: type = np.float32) -> None:
        writer.add_tensor(name, np.ascontiguousarray(tensor.numpy(), kind))

    transformer = network.transformer
    add("token_embd.weight", transformer.wte.weight, narrow)
    add("position_embd.weight", transformer.wpe.weight)
    for layer, block in enumerate(transformer.h):
        for name, part in (
            ("attn_norm", block.ln_1),
            ("attn_qkv", block.attn.c_attn),
            ("attn_output", block.attn.c_proj),
            ("ffn_norm", block.ln_2),
            ("ffn_up", block.mlp.c_fc),
            ("ffn_down", block.mlp.c_proj),
        ):
            matrix = part.weight.ndim == 2
            # GPT-2 stores its matrices [in, out].
            weight = part.weight.T if matrix else part.weight
            add(f"blk.{layer}.{name}.weight", weight, narrow if matrix else np.float32)
            add(f"blk.{layer}.{name}.bias", part.bias)
    add("output_norm.weight", transformer.ln_f.weight)
    add("output_norm.bias", transformer.ln_f.bias)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _names(folder: Path) -> list[str]:
    """The model's tokens as its tokenizer writes them, [token]."""
    import json

    ids = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    return sorted(ids, key=ids.__getitem__)
