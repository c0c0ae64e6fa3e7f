"""A small network that tells classes or numbers from samples, where no code is at hand."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH, BATCH, LR = 128, 256, 1e-3


@dataclass(frozen=True)
class Reading:
    """What a network tells of samples (N, *shape): probabilities (N, K) of classes, or numbers (N, K)."""

    net: nn.Sequential
    mean: Tensor
    scale: Tensor
    classes: bool

    def __call__(self, samples: Tensor) -> Tensor:
        """Return the probabilities or numbers."""
        told = self.net(self._scaled(samples))
        return told.softmax(1) if self.classes else told

    def features(self, samples: Tensor) -> Tensor:
        """Return what the last layer reads (N, width)."""
        return self.net[:-1](self._scaled(samples))

    def _scaled(self, samples: Tensor) -> Tensor:
        return (samples.flatten(1).float() - self.mean) / self.scale


def learn(samples: Tensor, targets: Tensor, g: torch.Generator, steps: int, width: int = WIDTH) -> Reading:
    """Train two hidden layers of a width on samples (N, *shape) and return what they tell of others.

    targets (N,) int64 are classes from 0, told as probabilities by the cross-entropy; (N, K) floats are numbers, told
    by the squared error. Every feature counts by its standard deviation; the learning rate falls to 0 over the steps.
    """
    x = samples.flatten(1).float()
    mean, deviation = x.mean(0), x.std(0)
    scale = torch.where(deviation > 0, deviation, 1.0)
    classes = targets.dim() == 1
    outputs = int(targets.max()) + 1 if classes else targets.shape[1]
    net = _seeded(nn.Sequential(
        nn.Linear(x.shape[1], width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    ), g).to(x.device)  # fmt: skip
    adam = torch.optim.AdamW(net.parameters(), lr=LR, fused=True)
    for step in range(steps):
        adam.param_groups[0]["lr"] = LR * (1 - step / steps)
        rows = torch.randint(len(x), (BATCH,), generator=g).to(x.device)
        told = net((x[rows] - mean) / scale)
        loss = F.cross_entropy(told, targets[rows]) if classes else F.mse_loss(told, targets[rows].float())
        adam.zero_grad()
        loss.backward()
        adam.step()
    return Reading(net.requires_grad_(False), mean, scale, classes)


def _seeded(net: nn.Sequential, g: torch.Generator) -> nn.Sequential:
    """Draw the weights of linear layers from a generator, evenly within 1 / sqrt(inputs), and set biases to 0."""
    for layer in net:
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            with torch.no_grad():
                layer.weight.copy_((2 * torch.rand(layer.weight.shape, generator=g) - 1) * bound)
                layer.bias.zero_()
    return net
