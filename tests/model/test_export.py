"""The trace in a file, read back by safetensors and compared with transformers."""

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from tiny_models import as_theirs
from vectarium.model import export
from vectarium.model.export import write_trace
from vectarium.model.forward_pass import run


@pytest.mark.parametrize("count", [1, 40])
def test_what_is_written_is_what_transformers_gives(make_model, tmp_path, monkeypatch, count):
    monkeypatch.setattr(export, "_POSITIONS", 16)
    model = make_model(seed=2)
    ids = np.arange(count) * 7 % 360
    shares = []
    write_trace(model, run(model, ids), tmp_path / "trace.safetensors", shares.append)
    with torch.inference_mode():
        network = as_theirs(model.network)
        expected = network(torch.tensor(ids)[None], output_hidden_states=True, output_attentions=True)
    written = load_file(tmp_path / "trace.safetensors")
    assert {array.dtype for array in written.values()} == {np.dtype("float32")}
    assert np.allclose(written["logits"], expected.logits[0], rtol=0, atol=1e-4)
    hidden = torch.cat(expected.hidden_states[:-1])
    assert np.allclose(written["residual"][:-1], hidden, rtol=0, atol=1e-4)
    assert np.allclose(written["pattern"], torch.cat(expected.attentions), rtol=0, atol=1e-5)
    assert written["residual"].shape == (4, count, 32)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


def test_cancelling_leaves_the_old_file(make_model, tmp_path):
    model = make_model()
    file = tmp_path / "trace.safetensors"
    file.write_text("old")

    def stop(share):
        if share > 0:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        write_trace(model, run(model, [1, 2, 3]), file, stop)
    assert [path.name for path in tmp_path.iterdir()] == ["trace.safetensors"]
    assert file.read_text() == "old"


def test_a_folder_that_is_not_there(make_model, tmp_path):
    model = make_model()
    with pytest.raises(FileNotFoundError):
        write_trace(model, run(model, [1]), tmp_path / "nowhere" / "trace.safetensors")
