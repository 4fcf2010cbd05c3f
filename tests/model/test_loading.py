"""Loading models from folders: what works, and each way in which it does not."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from tiny_models import edit_config, edit_weights, random_network, save_model
from vectarium.model import devices, errors, forward_pass, loading, sources
from vectarium.model.loading import load, local_folder


def test_a_folder(model_folder):
    steps = []
    model = load(str(model_folder), "cpu", progress=lambda doing, share: steps.append(doing))
    network = random_network()
    assert (model.layers, model.heads, model.width, model.context) == (3, 4, 32, 48)
    assert (model.vocabulary_size, len(model.vocabulary)) == (360, 360)
    assert model.parameters == sum(parameter.numel() for parameter in network.parameters())
    assert (model.device, model.dtype, model.notices) == ("cpu", "float32", ())
    assert model.name == model_folder.name
    assert "You chose the CPU" in model.reason
    assert len(steps) >= 3
    ids = model.tokenizer.encode("the owner's cat")
    expected = network(torch.tensor(ids.astype(np.int64))[None]).logits[0].numpy()
    assert np.allclose(forward_pass.all_logits(model, forward_pass.run(model, ids)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("number_type", "words"),
    [
        (torch.float16, "stored as float16"),
        (torch.bfloat16, "stored as bfloat16"),
        (torch.float64, "float64"),
    ],
)
def test_other_number_types_become_float32(folder, number_type, words):
    edit_weights(folder, lambda weights: weights.update({k: v.to(number_type) for k, v in weights.items()}))
    model = load(str(folder))
    assert {parameter.dtype for parameter in model.network.parameters()} == {torch.float32}
    assert words in model.reason
    original = random_network().transformer.wte.weight
    assert torch.allclose(model.network.transformer.wte.weight, original.to(number_type).float())


def test_rows_that_would_share_places_in_the_cache_have_gaps(tmp_path):
    sizes = {
        "n_embd": 256,
        "n_head": 4,
        "n_layer": 2,
    }  # an output of mlp.c_proj takes 4,096 bytes
    model, network = load(str(save_model(tmp_path, **sizes)), "cpu"), random_network(**sizes)
    weight = model.network.transformer.h[0].mlp.c_proj.weight
    assert (weight.shape, weight.stride()) == ((1024, 256), (1, 1040))
    for (name, ours), theirs in zip(model.network.named_parameters(), network.parameters(), strict=True):
        assert torch.equal(ours, theirs), name
    ids = np.arange(1, 30)
    expected = network(torch.from_numpy(ids)[None]).logits[0].numpy()
    trace = forward_pass.run(model, ids)
    assert forward_pass.all_logits(model, trace) == pytest.approx(
        expected, abs=1e-5 * float(np.abs(expected).max())
    )


def test_a_folder_in_the_home_directory(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("USERPROFILE", str(folder.parent))
    assert local_folder("~/model") == folder


def test_cancelled(model_folder):
    with pytest.raises(errors.Cancelled):
        load(str(model_folder), cancelled=lambda: True)


def test_cancelled_between_two_weights(model_folder):
    asked = iter([False] * 20)  # more often than before and after they are read, less often than there are
    with pytest.raises(errors.Cancelled):
        load(str(model_folder), cancelled=lambda: next(asked, True))
    assert next(asked, None) is None


def fails(folder, kind, words):
    with pytest.raises(kind, match=words) as caught:
        load(str(folder))
    assert type(caught.value) is kind
    assert caught.value.message.endswith(".")
    assert caught.value.advice.endswith(".")


def test_no_such_folder(tmp_path):
    fails(tmp_path / "nowhere", errors.ModelNotFound, "no folder")


def test_no_config(folder):
    (folder / "config.json").unlink()
    fails(folder, errors.MissingFile, r"no config\.json")


@pytest.mark.parametrize("content", ["{", "[1]", '{"n_layer": ', "\x00"])
def test_a_config_that_is_none(folder, content):
    (folder / "config.json").write_text(content)
    fails(folder, errors.BadConfig, r"config\.json")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}, "LlamaForCausalLM"),
        ({"model_type": "bert", "architectures": None}, "bert"),
        ({"architectures": ["GPT2ForSequenceClassification"]}, "GPT2ForSequenceClassification"),
        ({"add_cross_attention": True}, "GPT2LMHeadModel with cross-attention"),
    ],
)
def test_another_architecture_is_named(folder, changes, named):
    edit_config(folder, **changes)
    with pytest.raises(errors.NotGPT2, match=r"architecture|encoder") as caught:
        load(str(folder))
    assert caught.value.architecture == named


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_layer": 0}, "n_layer is 0"),
        ({"n_head": "four"}, "n_head is 'four'"),
        ({"vocab_size": -5}, "vocab_size is -5"),
        ({"n_layer": 10_000_000}, "n_layer is 10,000,000"),
        ({"n_head": 5}, "width of 32 cannot be split into 5 heads"),
        ({"activation_function": "wishful"}, "activation_function is 'wishful', which is none"),
        ({"n_inner": "many"}, "n_inner is 'many'"),
    ],
)
def test_numbers_that_make_no_model(folder, changes, words):
    edit_config(folder, **changes)
    fails(folder, errors.BadConfig, words)


def test_no_weights(folder):
    (folder / "model.safetensors").unlink()
    fails(folder, errors.MissingFile, r"there is no model\.safetensors")


def test_weights_that_are_a_pickle_are_never_opened(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    fails(folder, errors.PickleOnly, r"pytorch_model\.bin")


@pytest.mark.parametrize("kept", [0, 4, 100, -1])
def test_weights_cut_short(folder, kept):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:kept])
    fails(folder, errors.TruncatedFile, "complete|bytes, but should have")


def test_weights_that_are_something_else(folder):
    (folder / "model.safetensors").write_text("<html>Not found</html>" * 100)
    fails(folder, errors.TruncatedFile, "not a complete safetensors file")


def test_weights_that_lie_over_one_another(folder):
    """Their sizes are right, so that only the library that reads them sees it."""
    path = folder / "model.safetensors"
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    one, other = (header[f"transformer.h.{layer}.ln_1.bias"]["data_offsets"] for layer in (0, 1))
    other[:] = one
    changed = json.dumps(header).encode()
    path.write_bytes(len(changed).to_bytes(8, "little") + changed + content[8 + length :])
    fails(folder, errors.TruncatedFile, "cannot be read")


def test_a_part_of_the_weights_is_missing(folder):
    random_network().save_pretrained(folder, max_shard_size="20KB")
    (folder / "model.safetensors").unlink()
    sorted(folder.glob("model-*.safetensors"))[1].unlink()
    fails(folder, errors.MissingFile, r"A part of the weights is missing: .*model-00002")


@pytest.mark.parametrize("index", ["{}", '{"weight_map": {"a": "../../secret"}}', '{"weight_map": {}}', "x"])
def test_a_damaged_index(folder, index):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(index)
    fails(folder, errors.TruncatedFile, r"index\.json")


def test_a_missing_weight(folder):
    edit_weights(folder, lambda weights: weights.pop("transformer.h.1.mlp.c_fc.bias"))
    fails(folder, errors.WrongShapes, r"“h\.1\.mlp\.c_fc\.bias” is missing")


def test_a_missing_unembedding(folder):
    edit_config(folder, tie_word_embeddings=False)
    fails(folder, errors.WrongShapes, r"“lm_head\.weight” is missing")


@pytest.mark.parametrize("changes", [{"n_embd": 28}, {"n_positions": 50}, {"n_inner": 8}])
def test_weights_of_another_size(folder, changes):
    edit_config(folder, **changes)
    fails(folder, errors.WrongShapes, "has the shape")


def test_quantized_weights(folder):
    edit_weights(folder, lambda weights: weights.update({k: v.to(torch.int8) for k, v in weights.items()}))
    fails(folder, errors.WrongShapes, "not supported: I8")


def test_no_tokenizer(folder):
    for name in ("tokenizer.json", "merges.txt"):
        (folder / name).unlink()
    fails(folder, errors.MissingFile, "has no tokenizer")


def test_bytes_without_a_token_are_noticed(folder):
    path = folder / "tokenizer.json"
    description = json.loads(path.read_text())
    lost = description["model"]["vocab"].pop("ÿ")
    description["model"]["vocab"]["ÿÿ"] = lost
    path.write_text(json.dumps(description))
    assert "no token for 1 of the 256 bytes" in load(str(folder)).notices[0]


def test_bundled_model_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(sources.resources, "folder", lambda: tmp_path)
    fails("bundled", errors.ModelNotFound, "ships with Vectarium is missing")


def test_bundled_model(monkeypatch, tmp_path, model_folder):
    shutil.copytree(model_folder, tmp_path / "models" / "storyteller")
    monkeypatch.setattr(sources.resources, "folder", lambda: tmp_path)
    assert load("bundled").name == "Storyteller"


@pytest.mark.parametrize("source", ["", "a b", "../up", "a/b/c", "--x", "gpt2\n", "http://host/model"])
def test_a_source_that_can_be_nothing(source):
    fails(source, errors.ModelNotFound, "no folder")


def test_an_unknown_device(model_folder):
    with pytest.raises(errors.NoDevice, match="no device called “tpu”"):
        load(str(model_folder), "tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there(model_folder):
    with pytest.raises(errors.NoDevice, match="no CUDA device"):
        load(str(model_folder), "cuda")


def test_a_full_gpu_falls_back_to_the_cpu(model_folder, monkeypatch):
    model = load(str(model_folder), "cpu")
    move = model.network.to
    places = []

    def to(place):
        places.append(place)
        if place == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 MiB.")
        return move(place)

    monkeypatch.setattr(model.network, "to", to)
    placed = loading.place(model, "cuda")
    assert places == ["cuda", "cpu"]
    assert placed.device == "cpu"
    assert "runs on the CPU instead" in placed.notices[0]


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 5 bytes"),
        torch.OutOfMemoryError("Allocation on the device failed."),
    ],
)
def test_full_memory_is_said_in_words(error):
    with pytest.raises(errors.OutOfMemory, match="memory of the CPU is full"), devices.memory_errors("cpu"):
        raise error


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="something else"), devices.memory_errors("cpu"):
        raise RuntimeError("something else")


def test_nothing_is_written_to_a_terminal_that_is_not_there(model_folder):
    code = (
        "import sys; out, sys.stdout, sys.stderr = sys.stdout, None, None;"
        "from vectarium.model import forward_pass, loading;"
        f"model = loading.load({str(model_folder)!r}); forward_pass.run(model, [1, 2]);"
        "out.write(model.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.stderr) == (model_folder.name, "")
