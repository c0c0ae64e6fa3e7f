"""3d-AAE's encoder and decoder for point clouds, and a critic: every point by itself, then the maximum over all.

The encoder's features do not depend on the order of the points. Source: Zamorski et al., "Adversarial Autoencoders for
Compact Representations of 3D Point Clouds", 2020; MaciejZamorski/3d-AAE, models/aae.py. The critic of decoded clouds is
posectl's: the encoder, scored by the mean of its outputs, as ACAI's; the authors' critic is of codes (see aae-wgan).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from posectl.core.nets import net
from posectl.core.nets.layers import Activation, HeLinear, Replicated
from posectl.core.nets.mlp import MeanOutput
from posectl.errors import UsageError

_POINTWISE, _DENSE, _DECODER = (64, 128, 256, 256, 512), 256, (64, 128, 512, 1024)
# Points that pass at once where no gradient is kept: few enough for their features to be kept memory (`keep_freed`).
_AT_ONCE = 1 << 14


@net("cloud")
@dataclass(frozen=True)
class Cloud:
    """The architecture of point clouds. shape is (P, 3).

    width: width of every layer, as a share of the published one. Paper: 1.
    """

    name: ClassVar[str] = "cloud"

    shape: tuple[int, ...]
    latent: int
    width: float = 1.0

    def __post_init__(self) -> None:
        if len(self.shape) != 2 or self.shape[1] != 3:
            raise UsageError(f"Samples of shape {self.shape} are no clouds (points, 3).", "Take --net mlp.")
        if self.latent < 1 or self.width <= 0:
            raise UsageError("Layers must be at least one unit wide.", "For example --set cloud.width=0.5.")

    def encoder(self, replicas: int) -> nn.Module:
        """Build the encoder of so many replicas."""
        pointwise = _layers(replicas, (3, *self._widths(_POINTWISE)))
        dense = _layers(replicas, (*self._widths((_POINTWISE[-1], _DENSE)), self.latent))
        return Pointwise(pointwise, dense)

    def decoder(self, replicas: int) -> nn.Module:
        """Build the decoder of so many replicas."""
        sizes = (self.latent, *self._widths(_DECODER), math.prod(self.shape))
        return Replicated(*_layers(replicas, sizes), outputs=self.shape)

    def critic(self, replicas: int) -> nn.Module:
        """Build the critic of so many replicas: an encoder, scored by its mean output."""
        return nn.Sequential(self.encoder(replicas), MeanOutput())

    def _widths(self, published: Sequence[int]) -> tuple[int, ...]:
        return tuple(max(1, round(self.width * width)) for width in published)


class Pointwise(nn.Module):
    """Layers on every point, the maximum of each feature over the points, and layers on those: (R, B, P, 3) to
    (R, B, d)."""

    def __init__(self, points: list[nn.Module], dense: list[nn.Module]) -> None:
        super().__init__()
        self.points, self.dense = nn.Sequential(*points), nn.Sequential(*dense)

    def forward(self, x: Tensor) -> Tensor:
        # Of 2,048 points a cloud's features take 10 MB: without a gradient they are left a few clouds at a time.
        clouds = x.shape[1] if torch.is_grad_enabled() else max(1, _AT_ONCE // (len(x) * x.shape[2]))
        return self.dense(torch.cat([self._features(some) for some in x.split(clouds, dim=1)], dim=1))

    def _features(self, x: Tensor) -> Tensor:
        return self.points(x.flatten(1, 2)).unflatten(1, x.shape[1:3]).amax(2)


def _layers(replicas: int, sizes: Sequence[int]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [HeLinear(replicas, inputs, outputs), Activation("relu", inplace=True)]
    return layers[:-1]
