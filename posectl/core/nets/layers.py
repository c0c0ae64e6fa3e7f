"""Layers that hold R replicas: parameters and tensors carry a leading replica dimension.

One replica's slice of every parameter is shaped as PyTorch's own layer would have it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ACTIVATIONS = ("leaky_relu", "relu", "elu", "gelu", "silu", "tanh")


class Linear(nn.Module):
    """y = x W' + b for each replica: (R, B, in) to (R, B, out)."""

    def __init__(self, replicas: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(replicas, outputs, inputs))
        self.bias = nn.Parameter(torch.empty(replicas, outputs))

    def forward(self, x: Tensor) -> Tensor:
        if len(self.weight) == 1:  # one matrix product costs less than a batch of one
            return F.linear(x.squeeze(0), self.weight.squeeze(0), self.bias.squeeze(0))[None]
        return torch.baddbmm(self.bias[:, None], x, self.weight.mT)

    def initialise(self, replica: int, generator: torch.Generator) -> None:
        """Uniform in +-1/sqrt(inputs), weights and biases, as PyTorch's own linear layer."""
        bound = 1 / math.sqrt(self.weight.shape[2])
        for parameter in (self.weight, self.bias):
            drawn = torch.empty(parameter.shape[1:]).uniform_(-bound, bound, generator=generator)
            parameter.data[replica].copy_(drawn)


class BatchNorm(nn.Module):
    """Batch normalisation of each replica and feature over the batch: (R, B, C) to the same."""

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, replicas: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(replicas, features))
        self.bias = nn.Parameter(torch.zeros(replicas, features))
        self.register_buffer("running_mean", torch.zeros(replicas, features))
        self.register_buffer("running_var", torch.ones(replicas, features))

    def forward(self, x: Tensor) -> Tensor:
        replicas, batch, features = x.shape
        columns = x.transpose(0, 1).reshape(batch, replicas * features)
        normal = F.batch_norm(
            columns,
            self.running_mean.view(-1),
            self.running_var.view(-1),
            self.weight.view(-1),
            self.bias.view(-1),
            training=self.training,
        )
        return normal.view(batch, replicas, features).transpose(0, 1)

    def initialise(self, replica: int, generator: torch.Generator) -> None:
        """Nothing to draw: weights start at one and biases at zero."""


class Activation(nn.Module):
    """An elementwise nonlinearity by name; leaky ReLU's slope is 0.2, as in the authors' code."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        if self.name == "leaky_relu":
            return F.leaky_relu(x, 0.2)
        return getattr(F, self.name)(x)


def initialise(module: nn.Module, replica: int, generator: torch.Generator) -> None:
    """Draw one replica's parameters, layer after layer, from one stream."""
    for layer in module.modules():
        if isinstance(layer, Linear | BatchNorm):
            layer.initialise(replica, generator)


def uses_batch_statistics(module: nn.Module) -> bool:
    """Whether a sample's output depends on its batch, so that two batches may not be passed as one."""
    return any(isinstance(layer, BatchNorm) for layer in module.modules())


def together(module: nn.Module, *batches: Tensor) -> tuple[Tensor, ...]:
    """module(batch) for each batch (R, B_i, ...), in one pass where that changes nothing."""
    if len(batches) == 1 or uses_batch_statistics(module):
        return tuple(module(batch) for batch in batches)
    return module(torch.cat(batches, dim=1)).split([batch.shape[1] for batch in batches], dim=1)
