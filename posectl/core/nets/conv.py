"""ACAI's convolutional encoder, decoder and critic for images.

Maps double in number and halve in size from scale to scale until they are `latent_width` wide. Source:
brain-research/acai, lib/layers.py; its lines have depth 16, latent_width 2 and latent 64.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from posectl.core.nets import net
from posectl.core.nets.conv_layers import Conv2d, PointwiseConv2d, Pool, UpsampledConv2d, check_images
from posectl.core.nets.layers import Activation
from posectl.core.nets.mlp import MeanOutput
from posectl.errors import UsageError


@net("conv")
@dataclass(frozen=True)
class Conv:
    """The convolutional architecture. shape is (C, side, side). A code is a stack of square maps, flattened.

    depth: maps at full size. Paper: 16 on lines and MNIST, 64 on colour.
    latent_width: width of a code's maps. Paper: 2 on lines, 4 on others.
    """

    name: ClassVar[str] = "conv"

    shape: tuple[int, ...]
    latent: int
    depth: int = 16
    latent_width: int = 2

    def __post_init__(self) -> None:
        width = self.latent_width
        if self.depth < 1 or width < 1 or width & (width - 1):
            raise UsageError(
                f"No net has {self.depth} maps, or a latent map {width} wide.",
                "For example --set conv.depth=16; the width is a power of two.",
            )
        check_images(self.shape, least=width)
        if self.latent < 1 or self.latent % width**2:
            near = max(1, round(self.latent / width**2)) * width**2
            raise UsageError(
                f"A code of {self.latent} is no stack of {width}x{width} maps.",
                f"Take a --latent that {width**2} divides, for example {near}.",
            )

    def encoder(self, replicas: int) -> nn.Module:
        """Build the encoder of so many replicas."""
        maps = [self.depth << scale for scale in range(self._scales + 1)]
        layers: list[nn.Module] = [PointwiseConv2d(replicas, self.shape[0], self.depth, self.depth), leaky()]
        for few, many in itertools.pairwise(maps):
            layers += [Conv2d(replicas, few, few), leaky(), Pool("average"), Conv2d(replicas, few, many), leaky()]
        return nn.Sequential(*layers, Conv2d(replicas, maps[-1], self._latent_maps), nn.Flatten(2))

    def decoder(self, replicas: int) -> nn.Module:
        """Build the decoder of so many replicas."""
        maps = [*(self.depth << scale for scale in reversed(range(self._scales))), self.depth]
        width = self.latent_width
        layers: list[nn.Module] = [nn.Unflatten(2, (self._latent_maps, width, width))]
        layers += [Conv2d(replicas, self._latent_maps, maps[0]), leaky()]
        for many, few in itertools.pairwise(maps):
            layers += [Conv2d(replicas, many, many), leaky(), UpsampledConv2d(replicas, many, few), leaky()]
        return nn.Sequential(*layers, Conv2d(replicas, self.depth, self.shape[0]))

    def critic(self, replicas: int) -> nn.Module:
        """Build the critic of so many replicas: an encoder, scored by its mean output."""
        return nn.Sequential(self.encoder(replicas), MeanOutput())

    @property
    def code_shape(self) -> tuple[int, ...]:
        """The shape of a code's maps, (maps, latent_width, latent_width)."""
        return (self._latent_maps, self.latent_width, self.latent_width)

    @property
    def _scales(self) -> int:
        return (self.shape[1] // self.latent_width).bit_length() - 1

    @property
    def _latent_maps(self) -> int:
        return self.latent // self.latent_width**2


def leaky() -> nn.Module:
    """Make a leaky ReLU."""
    return Activation("leaky_relu")
