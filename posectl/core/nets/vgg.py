"""AEAI's VGG-like encoder, decoder and critic for images.

From the paper (Oring, Yakhini and Hel-Or, "Autoencoder Image Interpolation by Shaping the Latent Space", 2.3): blocks
of 16 maps at first and 128 at last, max pooling after each, then fully connected; batch norm and ReLU after each
learned layer; the decoder mirrors the encoder. It says no more, so these are choices: four blocks, of 16, 32, 64 and
128 maps, with two 3x3 convolutions each, as VGG-13; one fully connected layer, whose output the decoder norms by maps;
neither norm nor ReLU after the code and after the image, whose values may be negative; nearest upsampling. The critic
is the encoder, scored by the mean of its outputs, as ACAI's.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from posectl.core.nets import net
from posectl.core.nets.conv_layers import Conv2d, MapNorm, Pool, UpsampledConv2d, check_images
from posectl.core.nets.layers import Activation, Linear
from posectl.core.nets.mlp import MeanOutput
from posectl.errors import UsageError

BLOCKS = 4


@net("vgg")
@dataclass(frozen=True)
class VGG:
    """The VGG-like architecture. shape is (C, side, side).

    depth: maps in the first block, doubled from each to the next. Paper: 16.
    """

    name: ClassVar[str] = "vgg"

    shape: tuple[int, ...]
    latent: int
    depth: int = 16

    def __post_init__(self) -> None:
        check_images(self.shape, least=2**BLOCKS)
        if self.latent < 1 or self.depth < 1:
            raise UsageError("Layers must be at least one unit wide.", "For example --set vgg.depth=16.")

    def encoder(self, replicas: int) -> nn.Module:
        """Build the encoder of so many replicas."""
        layers: list[nn.Module] = []
        for few, many in itertools.pairwise((self.shape[0], *self._maps)):
            layers += with_norm(Conv2d(replicas, few, many), MapNorm(replicas, many))
            layers += with_norm(Conv2d(replicas, many, many), MapNorm(replicas, many))
            layers += [Pool("maximum")]
        return nn.Sequential(*layers, nn.Flatten(2), Linear(replicas, self._features, self.latent))

    def decoder(self, replicas: int) -> nn.Module:
        """Build the decoder of so many replicas."""
        deepest, width = self._maps[-1], self._width
        first = nn.Sequential(Linear(replicas, self.latent, self._features), nn.Unflatten(2, (deepest, width, width)))
        layers = with_norm(first, MapNorm(replicas, deepest))
        for many, few in itertools.pairwise((*reversed(self._maps), self.shape[0])):
            layers += with_norm(UpsampledConv2d(replicas, many, many), MapNorm(replicas, many))
            layers += with_norm(Conv2d(replicas, many, few), MapNorm(replicas, few))
        return nn.Sequential(*layers[:-2])  # the last convolution gives the image: no norm, no ReLU

    def critic(self, replicas: int) -> nn.Module:
        """Build the critic of so many replicas: an encoder, scored by its mean output."""
        return nn.Sequential(self.encoder(replicas), MeanOutput())

    @property
    def _maps(self) -> list[int]:
        return [self.depth << block for block in range(BLOCKS)]

    @property
    def _width(self) -> int:
        """The width of the last block's maps after pooling."""
        return self.shape[1] >> BLOCKS

    @property
    def _features(self) -> int:
        return self._maps[-1] * self._width**2


def with_norm(layer: nn.Module, norm: nn.Module) -> list[nn.Module]:
    """Return a layer with its norm and ReLU."""
    return [layer, norm, Activation("relu")]
