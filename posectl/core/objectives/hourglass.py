"""GAIA's discriminators: autoencoders without a code, narrow in the middle, with skips from side to side or without.

Fully connected on the widths of an MLP; else convolutions over the maps of the net's depth, at full size, half and a
quarter. The authors' have residual blocks or a second convolution at each level beside (timsainb/GAIA, network.py, and
timsainb/tensorflow2-generative-models, 5.0-GAIA-fashion-mnist.ipynb); these are as plain as the nets that they judge.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.nets.conv_layers import Conv2d, Pool, UpsampledConv2d
from posectl.core.nets.layers import Activation, Linear
from posectl.core.nets.mlp import MLP
from posectl.errors import UsageError

_HALVINGS = 2


class Hourglass(nn.Module):
    """An hourglass network: samples (R, B, *shape) to the same, level by level down and up again. With skips, each
    level on the way up but the first also sees the output of the same level on the way down."""

    def __init__(self, down: list[nn.Module], up: list[nn.Module], *, skips: bool) -> None:
        super().__init__()
        self.down, self.up, self.skips = nn.ModuleList(down), nn.ModuleList(up), skips

    def forward(self, x: Tensor) -> Tensor:
        levels = []
        for layer in self.down:
            x = layer(x)
            levels.append(x)
        for layer, level in zip(self.up, reversed(levels), strict=True):
            if self.skips and level is not x:
                x = torch.cat((x, level), dim=2)
            x = layer(x)
        return x


def hourglass(architecture: Architecture, replicas: int, *, share: float = 1.0, skips: bool = False) -> Hourglass:
    """Build the discriminator that suits a net, with that share of its features at every level."""
    if isinstance(architecture, MLP):
        widths = [max(1, round(share * width)) for width in architecture.widths]
        return _dense(architecture.shape, widths, architecture.activation, replicas, skips)
    depth: int = getattr(architecture, "depth", 0)
    if not depth:
        raise UsageError(
            f"GAIA's discriminator is made for images and for vectors, and the net {architecture.name} is of neither.",
            "Take another regularizer, such as --reg acai; of images --net conv, of poses --net mlp.",
        )
    return _convolutional(architecture.shape, max(1, round(share * depth)), replicas, skips)


def _dense(shape: tuple[int, ...], widths: list[int], activation: str, replicas: int, skips: bool) -> Hourglass:
    down: list[nn.Module] = []
    up: list[nn.Module] = []
    features = math.prod(shape)
    for outer, inner in itertools.pairwise([features, *widths]):
        down.append(nn.Sequential(nn.Flatten(2), Linear(replicas, outer, inner), Activation(activation)))
    for inner, outer in itertools.pairwise([*reversed(widths), features]):
        up.append(nn.Sequential(Linear(replicas, _seen(inner, skips, up), outer), Activation(activation)))
    up[-1] = nn.Sequential(up[-1][0], nn.Unflatten(2, shape))  # type: ignore[index]
    return Hourglass(down, up, skips=skips)


def _convolutional(shape: tuple[int, ...], depth: int, replicas: int, skips: bool) -> Hourglass:
    maps = [depth << level for level in range(1 + min(_HALVINGS, shape[1].bit_length() - 1))]
    down: list[nn.Module] = [nn.Sequential(Conv2d(replicas, shape[0], depth), Activation("leaky_relu"))]
    up: list[nn.Module] = []
    for few, many in itertools.pairwise(maps):
        down.append(nn.Sequential(Pool("average"), Conv2d(replicas, few, many), Activation("leaky_relu")))
    for many, few in itertools.pairwise(reversed(maps)):
        up.append(nn.Sequential(UpsampledConv2d(replicas, _seen(many, skips, up), few), Activation("leaky_relu")))
    up.append(Conv2d(replicas, _seen(depth, skips, up), shape[0]))
    return Hourglass(down, up, skips=skips)


def _seen(features: int, skips: bool, above: list[nn.Module]) -> int:
    """Return the number of input features of the next level on the way up, given the levels before it."""
    return 2 * features if skips and above else features
