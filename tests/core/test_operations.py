"""Networks as plain operations: run without posectl's layers they give the same samples."""

import pytest
import torch
from torch import nn

from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL
from posectl.core.nets.conv import Conv
from posectl.core.nets.layers import ACTIVATIONS, BatchNorm
from posectl.core.nets.mlp import MLP
from posectl.core.nets.vgg import VGG
from posectl.core.objectives.vae import VAE
from posectl.core.objectives.vqvae import VQVAE
from posectl.core.operations import apply, describe
from posectl.errors import UsageError

POSE, IMAGE = (17, 3), (1, 32, 32)
NETS = [
    *[(MLP(POSE, 8, widths=(24, 16), activation=name), []) for name in ACTIVATIONS],
    (MLP(POSE, 8, widths=(24, 16), batch_norm=True), []),
    (Conv(IMAGE, 16, depth=4), []),
    (Conv((3, 16, 16), 16, depth=2, latent_width=4), []),
    (VGG(IMAGE, 6, depth=2), []),
    (Conv(IMAGE, 16, depth=2), [VAE()]),
    (MLP(POSE, 8, widths=(24,)), [VAE()]),
    (MLP(POSE, 8, widths=(24,)), [VQVAE(codes=32, latents=3, width=12)]),
]


def trained(net, objectives, seed=0):
    """A network whose weights and running statistics are drawn, as if it had been trained."""
    kind = KINDS.get("poses" if net.shape == POSE else "images")
    model = Autoencoder(net, NORMAL, torch.device("cpu"), objectives, kind=kind)
    generator = torch.Generator().manual_seed(seed)
    for name, values in model.decoder.state_dict().items():
        drawn = torch.randn(values.shape, generator=generator)
        spread = max(1, values[0].numel() // max(1, values.shape[-1])) ** -0.5 if values.dim() > 2 else 0.3
        values.copy_(drawn.abs() + 0.5 if "running_var" in name or "counts" in name else spread * drawn)
    return model


@pytest.mark.parametrize(("net", "objectives"), NETS, ids=lambda each: getattr(each, "name", str(each))[:20])
def test_operations_decode_as_the_decoder_does(net, objectives):
    model = trained(net, objectives)
    codes = torch.randn(5, net.latent, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(apply(describe(model.decoder), codes), model.decode(codes), atol=2e-5, rtol=2e-5)


def test_batch_norm_is_a_scale_and_a_shift_by_its_running_statistics():
    norm = BatchNorm(1, 2)
    norm.running_mean.copy_(torch.tensor([[1.0, 2.0]]))
    norm.running_var.copy_(torch.tensor([[4.0, 9.0]]))
    norm.weight.data.copy_(torch.tensor([[6.0, 3.0]]))
    norm.bias.data.copy_(torch.tensor([[0.5, -1.0]]))
    (operation,) = describe(norm)
    assert operation.arrays["scale"].tolist() == pytest.approx([3, 1], rel=1e-5)  # weight / root of variance
    assert operation.arrays["shift"].tolist() == pytest.approx([-2.5, -3], rel=1e-5)  # bias - mean * scale


def test_a_layer_that_nobody_described_is_named():
    with pytest.raises(UsageError, match=r"A layer of GELU"):
        describe(nn.Sequential(nn.GELU()))
