"""The network trained here is GPT-2: compared with transformers and with torch's own functions."""

import pytest
import torch
from network import Gelu, Network, Shape, causal_attention, transformers_config, transformers_state
from torch.nn import functional as F
from transformers import GPT2LMHeadModel

SHAPE = Shape(vocabulary=300, context=32, layers=3, heads=4, width=32)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    network = Network(SHAPE)
    for parameter in network.parameters():  # biases and layer norms too, which begin as zeros and ones
        torch.nn.init.normal_(parameter, mean=0.1, std=0.3)
    return network


def exported(network: Network) -> GPT2LMHeadModel:
    model = GPT2LMHeadModel(transformers_config(network.shape, 0))
    missing, unexpected = model.load_state_dict(transformers_state(network), strict=False)
    assert missing == ["lm_head.weight"]
    assert not unexpected
    model.tie_weights()
    return model.eval()


def test_loss_and_gradients_are_those_of_transformers(network: Network) -> None:
    ids = torch.randint(0, SHAPE.vocabulary, (3, SHAPE.context + 1))
    loss = network(ids[:, :-1], ids[:, 1:])
    model = exported(network)
    wanted = F.cross_entropy(model(ids[:, :-1]).logits.flatten(0, 1), ids[:, 1:].flatten())
    torch.testing.assert_close(loss, wanted)
    loss.backward()
    wanted.backward()
    torch.testing.assert_close(network.wte.weight.grad, model.transformer.wte.weight.grad)
    for ours, theirs in zip(network.blocks, model.transformer.h, strict=True):
        for part, begin in ((ours.query, 0), (ours.key, 32), (ours.value, 64)):
            columns = theirs.attn.c_attn.weight.grad[:, begin : begin + 32]
            torch.testing.assert_close(part.weight.grad.T, columns, rtol=1e-4, atol=1e-5)
        for part, name in ((ours.c_fc, "c_fc"), (ours.mlp_proj, "c_proj")):
            gradient = getattr(theirs.mlp, name).weight.grad
            torch.testing.assert_close(part.weight.grad.T, gradient, rtol=1e-4, atol=1e-5)


def test_short_texts_use_the_first_positions(network: Network) -> None:
    ids = torch.randint(0, SHAPE.vocabulary, (1, 5))
    wanted = exported(network).transformer(ids).last_hidden_state
    torch.testing.assert_close(network.features(ids), wanted, rtol=1e-4, atol=1e-4)


def test_attention_is_scaled_dot_product_attention() -> None:
    query, key, value = torch.randn(3, 6, 17, 8, generator=torch.Generator().manual_seed(1))
    mask = torch.full((17, 17), -1e4).triu(1)
    wanted = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    torch.testing.assert_close(causal_attention(query, key, value, mask), wanted)


def test_gelu_and_its_slope_are_torchs_at_small_and_large_values() -> None:
    x = torch.cat([torch.linspace(-12, 12, 1001), torch.tensor([-300.0, -60.0, 0.0, 60.0, 300.0])])
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    found, wanted = Gelu.apply(ours), F.gelu(theirs, approximate="tanh")
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)
    found.sum().backward()
    wanted.sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-5, atol=1e-5)
