"""AEAI's VGG-like networks: shapes, norms and pools in their places, derivatives along a path of codes."""

import dataclasses

import pytest
import torch
from core.nets.frozen import frozen
from torch import nn

from posectl.core.nets import NETS
from posectl.core.nets.layers import initialise, together, uses_batch_statistics
from posectl.core.nets.vgg import VGG
from posectl.core.random import generator
from posectl.errors import UsageError

SMALL = VGG((1, 16, 16), 6, depth=2)
STEP = 1e-7  # of finite differences: short, as every kink of a ReLU that it crosses spoils them


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def initialised(module, replicas):
    module.double()
    for r in range(replicas):
        initialise(module, r, generator(r, "init"))
    return module


def block(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]


def plain_encoder(net):
    layers, maps = [], net.shape[0]
    for outputs in (net.depth, 2 * net.depth, 4 * net.depth, 8 * net.depth):
        layers += [*block(maps, outputs), *block(outputs, outputs), nn.MaxPool2d(2)]
        maps = outputs
    features = maps * (net.shape[1] // 16) ** 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, net.latent)).double()


def plain_decoder(net):
    maps, side = 8 * net.depth, net.shape[1] // 16
    features = maps * side**2
    layers = [nn.Linear(net.latent, features), nn.Unflatten(1, (maps, side, side)), nn.BatchNorm2d(maps), nn.ReLU()]
    for outputs in (4 * net.depth, 2 * net.depth, net.depth):
        layers += [nn.Upsample(scale_factor=2), *block(maps, maps), *block(maps, outputs)]
        maps = outputs
    layers += [nn.Upsample(scale_factor=2), *block(maps, maps), nn.Conv2d(maps, net.shape[0], 3, padding=1)]
    return nn.Sequential(*layers).double()


def with_weights_of(plain, stacked, replica):
    """The plain network with the replica's weights; fully connected layers have theirs as (in, out) here."""
    for theirs, ours in zip(plain.parameters(), stacked.parameters(), strict=True):
        own = ours[replica].detach()
        theirs.data.copy_(own.mT if own.dim() == 2 else own)
    return plain


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize("net", [SMALL, VGG((3, 32, 32), 10, depth=4)])
def test_each_replica_computes_what_a_plain_network_with_its_weights_does(net, replicas):
    encoder, decoder = initialised(net.encoder(replicas), replicas), initialised(net.decoder(replicas), replicas)
    x = torch.randn(replicas, 5, *net.shape, dtype=torch.float64)
    codes = encoder(x)
    images = decoder(codes)
    for r in range(replicas):
        plain = with_weights_of(plain_encoder(net), encoder, r)
        torch.testing.assert_close(codes[r], plain(x[r]), atol=1e-10, rtol=1e-10)
        plain = with_weights_of(plain_decoder(net), decoder, r)
        torch.testing.assert_close(images[r], plain(codes[r]), atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("shape", [(3, 64, 64), (1, 16, 16), (2, 32, 32)])
def test_codes_are_flat_and_images_come_back_in_shape(shape):
    net = NETS.get("vgg")(shape, 256)
    x = torch.randn(1, 2, *shape)
    encoder, decoder, critic = net.encoder(1), net.decoder(1), net.critic(1)
    for module in (encoder, decoder, critic):
        initialise(module, 0, generator(0, "init"))
    codes = encoder(x)
    assert codes.shape == (1, 2, 256)
    assert decoder(codes).shape == (1, 2, *shape)
    assert critic(x).shape == (1, 2)


def test_maps_double_from_16_to_128():
    shapes = [tuple(p.shape[1:3]) for p in VGG((3, 64, 64), 256).encoder(1).parameters() if p.dim() == 5]
    assert shapes == [(16, 3), (16, 16), (32, 16), (32, 32), (64, 32), (64, 64), (128, 64), (128, 128)]


def test_codes_and_images_may_be_negative():
    encoder, decoder = initialised(SMALL.encoder(1), 1), initialised(SMALL.decoder(1), 1)
    codes = encoder(torch.randn(1, 8, *SMALL.shape, dtype=torch.float64))
    assert (codes < 0).any()
    assert (decoder(codes) < 0).any()


def test_batches_passed_together_keep_their_own_statistics():
    critic = initialised(SMALL.critic(1), 1)
    assert uses_batch_statistics(critic)
    a, b = (scale * torch.randn(1, 6, *SMALL.shape, dtype=torch.float64) for scale in (1, 4))
    one, two = together(critic, a, b)
    torch.testing.assert_close(one, critic(a))
    torch.testing.assert_close(two, critic(b))


@pytest.mark.parametrize("training", [True, False])
def test_the_derivative_along_a_path_can_itself_be_trained(training):
    decoder = initialised(SMALL.decoder(2), 2).train(training)
    start, end = torch.randn(2, 2, 4, SMALL.latent, dtype=torch.float64)

    def path(alpha):
        return decoder(start + alpha * (end - start))

    def tangent():
        alpha = torch.tensor(0.3, dtype=torch.float64)
        return torch.func.jvp(path, (alpha,), (torch.ones_like(alpha),))[1]

    still = frozen(decoder, start + 0.3 * (end - start)) if training else decoder
    with torch.no_grad():
        ahead, behind = (still(start + alpha * (end - start)) for alpha in (0.3 + STEP, 0.3 - STEP))
        difference = (ahead - behind) / (2 * STEP)
    torch.testing.assert_close(tangent().detach(), difference, atol=1e-6, rtol=1e-5)

    weight = next(decoder.parameters())  # its gradient runs through every layer
    direction = torch.randn_like(weight)
    (gradient,) = torch.autograd.grad(tangent().square().mean(), weight)
    losses = []
    for sign in (1, -1):
        with torch.no_grad():
            weight.add_(direction, alpha=sign * STEP)
            losses.append(tangent().square().mean().item())
            weight.sub_(direction, alpha=sign * STEP)
    assert (gradient * direction).sum().item() == pytest.approx((losses[0] - losses[1]) / (2 * STEP), rel=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": (17, 3)}, "no images"),
        ({"shape": (1, 8, 8)}, "at least 16"),
        ({"shape": (3, 64, 32)}, "square"),
        ({"shape": (3, 20, 20)}, "power of two"),
        ({"latent": 0}, "one unit wide"),
        ({"depth": 0}, "one unit wide"),
    ],
)
def test_what_no_net_can_be_built_for_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        dataclasses.replace(SMALL, **options)
