"""Fully connected encoder, decoder and critic on flattened samples.

The pose autoencoder of Naayem is 51-256-256-d and back; its critic the same trunk, scored by the mean of its d outputs.
Source: naayem/ACAI-Enhanced-3D-Pose-Representation, models/acai.py.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from posectl.core.nets import net
from posectl.core.nets.layers import ACTIVATIONS, Activation, BatchNorm, Linear, Replicated
from posectl.errors import UsageError, did_you_mean


@net("mlp")
@dataclass(frozen=True)
class MLP:
    """The fully connected architecture.

    widths: hidden layers of the encoder and critic; the decoder has them mirrored. Paper: 256,256.
    activation: leaky_relu, relu, elu, gelu, silu or tanh. Paper: leaky_relu.
    batch_norm: whether hidden layers are normed over the batch. Paper: true.
    """

    name: ClassVar[str] = "mlp"

    shape: tuple[int, ...]
    latent: int
    widths: tuple[int, ...] = (256, 256)
    activation: str = "leaky_relu"
    batch_norm: bool = False

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise UsageError(f"There is no activation {self.activation!r}.", did_you_mean(self.activation, ACTIVATIONS))
        if self.latent < 1 or not self.widths or min(self.widths) < 1:
            raise UsageError("Layers must be at least one unit wide.", "For example --set mlp.widths=256,256.")

    def encoder(self, replicas: int) -> nn.Module:
        """Build the encoder of so many replicas."""
        layers = self._layers(replicas, (self._features, *self.widths, self.latent))
        return Replicated(*layers, outputs=(self.latent,))

    def decoder(self, replicas: int) -> nn.Module:
        """Build the decoder of so many replicas."""
        layers = self._layers(replicas, (self.latent, *reversed(self.widths), self._features))
        return Replicated(*layers, outputs=self.shape)

    def critic(self, replicas: int) -> nn.Module:
        """Build the critic of so many replicas: an encoder, scored by its mean output."""
        return nn.Sequential(self.encoder(replicas), MeanOutput())

    @property
    def _features(self) -> int:
        return math.prod(self.shape)

    def _layers(self, replicas: int, sizes: tuple[int, ...]) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(sizes[:-1]):
            layers.append(Linear(replicas, inputs, outputs))
            if self.batch_norm:
                layers.append(BatchNorm(replicas, outputs))
            layers.append(Activation(self.activation, inplace=not self.batch_norm))
        return [*layers, Linear(replicas, *sizes[-2:])]


class MeanOutput(nn.Module):
    """The mean over all outputs of a sample, (R, B, ...) to (R, B): ACAI's scalar critic without a head of its own."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).mean(2)
