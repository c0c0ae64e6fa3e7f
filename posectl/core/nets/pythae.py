"""pythae's default encoder and decoder of images: one hidden layer of 512 units each, and a sigmoid at the end.

Source: clementchadebec/benchmark_VAE, pythae/models/nn/default_architectures.py. Its images are in [0, 1]; posectl's
are in [-1, 1], so that sigmoid(l) becomes tanh(l / 2). The critic is posectl's: the encoder, scored by the mean of its
outputs, as ACAI's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from posectl.core.nets import net
from posectl.core.nets.layers import Activation, Linear, Replicated
from posectl.core.nets.mlp import MeanOutput
from posectl.errors import UsageError


@net("pythae")
@dataclass(frozen=True)
class Pythae:
    """The architecture of pythae. shape is (C, H, W).

    width: units of the hidden layer. Paper: 512.
    """

    name: ClassVar[str] = "pythae"

    shape: tuple[int, ...]
    latent: int
    width: int = 512

    def __post_init__(self) -> None:
        if len(self.shape) != 3:
            raise UsageError(f"Samples of shape {self.shape} are no images (channels, height, width).", "--net mlp.")
        if self.latent < 1 or self.width < 1:
            raise UsageError("Layers must be at least one unit wide.", "For example --set pythae.width=512.")

    def encoder(self, replicas: int) -> nn.Module:
        """Build the encoder of so many replicas."""
        features = math.prod(self.shape)
        layers = (Linear(replicas, features, self.width), Activation("relu"), Linear(replicas, self.width, self.latent))
        return Replicated(*layers, outputs=(self.latent,))

    def decoder(self, replicas: int) -> nn.Module:
        """Build the decoder of so many replicas."""
        last = Linear(replicas, self.width, math.prod(self.shape))
        layers = (Linear(replicas, self.latent, self.width), Activation("relu"), last, Activation("tanh"))
        return Replicated(*layers, outputs=self.shape)

    def critic(self, replicas: int) -> nn.Module:
        """Build the critic of so many replicas: an encoder, scored by its mean output."""
        return nn.Sequential(self.encoder(replicas), MeanOutput())
