"""ACAI's networks for images: published sizes, a plain network's outputs, derivatives along a path of codes."""

import dataclasses
import itertools

import pytest
import torch
from torch import nn

from posectl.core.nets import NETS
from posectl.core.nets.conv import Conv
from posectl.core.nets.layers import initialise, together
from posectl.core.random import generator
from posectl.errors import UsageError

LINES = Conv((1, 32, 32), 64)
SMALL = Conv((3, 8, 8), 12, depth=4)
STEP = 1e-7  # of finite differences: short, as every kink of a ReLU that it crosses spoils them


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def parameters(module):
    return sum(p.numel() for p in module.parameters())


def initialised(module, replicas):
    module.double()
    for r in range(replicas):
        initialise(module, r, generator(r, "init"))
    for name, parameter in module.named_parameters():
        if name.endswith("bias"):  # zeros at first, which would hide where they go
            parameter.data.normal_(generator=generator(0, name))
    return module


def conv(inputs, outputs, width=3):
    return nn.Conv2d(inputs, outputs, width, padding=width // 2)


def plain_encoder(net, scales):
    """protocols a1.3, line by line."""
    layers, maps = [conv(net.shape[0], net.depth, 1)], net.depth
    for scale in range(scales):
        for _ in range(2):
            layers += [conv(maps, net.depth * 2**scale), nn.LeakyReLU(0.2)]
            maps = net.depth * 2**scale
        layers.append(nn.AvgPool2d(2))
    layers += [conv(maps, net.depth * 2**scales), nn.LeakyReLU(0.2)]
    layers.append(conv(net.depth * 2**scales, net.latent // net.latent_width**2))
    return nn.Sequential(*layers, nn.Flatten()).double()


def plain_decoder(net, scales):
    maps = net.latent // net.latent_width**2
    layers = [nn.Unflatten(1, (maps, net.latent_width, net.latent_width))]
    for scale in reversed(range(scales)):
        for _ in range(2):
            layers += [conv(maps, net.depth * 2**scale), nn.LeakyReLU(0.2)]
            maps = net.depth * 2**scale
        layers.append(nn.Upsample(scale_factor=2, mode="nearest"))
    layers += [conv(maps, net.depth), nn.LeakyReLU(0.2), conv(net.depth, net.shape[0])]
    return nn.Sequential(*layers).double()


def with_weights_of(plain, stacked, replica):
    for theirs, ours in zip(plain.parameters(), stacked.parameters(), strict=True):
        theirs.data.copy_(ours[replica])
    return plain


def test_published_parameter_counts():
    # protocols a1.3: counted in the authors' own networks for lines.
    assert parameters(LINES.encoder(1)) == 627_472
    assert parameters(LINES.decoder(1)) == 313_985
    assert parameters(LINES.critic(1)) == 627_472
    assert parameters(LINES.encoder(3)) == 3 * 627_472


def test_it_is_registered_under_its_name():
    assert NETS.get("conv") is Conv
    assert "conv_layers" not in NETS.names()
    assert "conv-layers" not in NETS.names()


@pytest.mark.parametrize("replicas", [1, 2])
@pytest.mark.parametrize(
    ("net", "scales"),
    [
        (LINES, 4),
        (SMALL, 2),
        (Conv((1, 16, 16), 32, depth=2, latent_width=4), 2),
        (Conv((2, 4, 4), 3, depth=3, latent_width=1), 2),
        (Conv((2, 4, 4), 16, depth=3, latent_width=4), 0),
    ],
)
def test_each_replica_computes_what_a_plain_network_with_its_weights_does(net, scales, replicas):
    encoder, decoder = initialised(net.encoder(replicas), replicas), initialised(net.decoder(replicas), replicas)
    x = torch.randn(replicas, 3, *net.shape, dtype=torch.float64)
    codes = encoder(x)
    images = decoder(codes)
    assert codes.shape == (replicas, 3, net.latent)
    for r in range(replicas):
        plain = with_weights_of(plain_encoder(net, scales), encoder, r)
        torch.testing.assert_close(codes[r], plain(x[r]), atol=1e-10, rtol=1e-10)
        plain = with_weights_of(plain_decoder(net, scales), decoder, r)
        torch.testing.assert_close(images[r], plain(codes[r]), atol=1e-10, rtol=1e-10)


def test_a_stack_computes_and_learns_as_its_replicas_alone():
    stack = initialised(SMALL.critic(3), 3)
    x = torch.randn(3, 5, *SMALL.shape, dtype=torch.float64)
    scores = stack(x)
    gradients = torch.autograd.grad(scores.square().sum(), list(stack.parameters()))
    for r in range(3):
        alone = SMALL.critic(1).double()
        for ours, theirs in zip(alone.parameters(), stack.parameters(), strict=True):
            ours.data.copy_(theirs[r : r + 1])
        score = alone(x[r : r + 1])
        torch.testing.assert_close(score[0], scores[r], atol=1e-10, rtol=1e-10)
        for mine, all_ in zip(
            torch.autograd.grad(score.square().sum(), list(alone.parameters())), gradients, strict=True
        ):
            torch.testing.assert_close(mine[0], all_[r], atol=1e-10, rtol=1e-10)


def test_a_critic_scores_by_the_mean_of_its_codes():
    critic = initialised(SMALL.critic(2), 2)
    x = torch.randn(2, 3, *SMALL.shape, dtype=torch.float64)
    torch.testing.assert_close(critic(x), critic[0](x).mean(2))


def test_batches_passed_together_give_what_each_gives():
    encoder, decoder = initialised(SMALL.encoder(2), 2), initialised(SMALL.decoder(2), 2)
    a, b = (torch.randn(2, n, *SMALL.shape, dtype=torch.float64) for n in (4, 3))
    codes = together(encoder, a, b)
    images = together(decoder, *codes)
    for batch, code, image in zip((a, b), codes, images, strict=True):
        torch.testing.assert_close(code, encoder(batch), atol=1e-10, rtol=1e-10)
        torch.testing.assert_close(image, decoder(code), atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("replicas", [1, 2])
def test_the_derivative_along_a_path_can_itself_be_trained(replicas):
    # The smoothness loss: the mean square of dx/dalpha, by forward mode, differentiated by the weights.
    decoder = initialised(SMALL.decoder(replicas), replicas)
    start, end = torch.randn(2, replicas, 3, SMALL.latent, dtype=torch.float64)
    weights = list(decoder.parameters())

    def path(alpha):
        return decoder(start + alpha * (end - start))

    def tangent():
        alpha = torch.tensor(0.3, dtype=torch.float64)
        return torch.func.jvp(path, (alpha,), (torch.ones_like(alpha),))[1]

    with torch.no_grad():
        difference = (path(0.3 + STEP) - path(0.3 - STEP)) / (2 * STEP)
    torch.testing.assert_close(tangent().detach(), difference, atol=1e-7, rtol=1e-5)

    gradients = torch.autograd.grad(tangent().square().mean(), weights, allow_unused=True, materialize_grads=True)
    directions = [torch.randn_like(w) for w in weights]
    slope = sum((g * d).sum() for g, d in itertools.zip_longest(gradients, directions)).item()
    losses = []
    for sign in (1, -1):
        with torch.no_grad():
            for weight, direction in zip(weights, directions, strict=True):
                weight.add_(direction, alpha=sign * STEP)
            losses.append(tangent().square().mean().item())
            for weight, direction in zip(weights, directions, strict=True):
                weight.sub_(direction, alpha=sign * STEP)
    assert slope == pytest.approx((losses[0] - losses[1]) / (2 * STEP), rel=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": (17, 3)}, "no images"),
        ({"shape": (1, 32, 16)}, "square"),
        ({"shape": (1, 48, 48)}, "power of two"),
        ({"shape": (1, 2, 2), "latent_width": 4, "latent": 16}, "at least 4"),
        ({"latent": 66}, "no stack of 2x2 maps"),
        ({"latent": 0}, "no stack of 2x2 maps"),
        ({"latent_width": 3}, "3 wide"),
        ({"depth": 0}, "0 maps"),
    ],
)
def test_what_no_net_can_be_built_for_is_refused(options, message):
    with pytest.raises(UsageError, match=message):
        dataclasses.replace(LINES, **options)


def test_a_code_that_does_not_divide_is_told_the_nearest_that_does():
    with pytest.raises(UsageError) as caught:
        Conv((1, 32, 32), 66, latent_width=4)
    assert "example 64" in caught.value.hint
