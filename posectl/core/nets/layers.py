"""Layers that hold R replicas: parameters and tensors carry a leading replica dimension.

One replica's slice of every parameter is shaped as PyTorch's own layer would have it.
"""

from __future__ import annotations

import math
from functools import partial
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn import functional as F

ACTIVATIONS = ("leaky_relu", "relu", "elu", "gelu", "silu", "tanh")


class Replicated(nn.Sequential):
    """A sequence of layers of vectors, (R, B, *inputs) in and (R, B, *outputs) out.

    Layers are called without a module's hooks, which are felt in networks as small as a pose's.
    """

    def __init__(self, *layers: nn.Module, outputs: tuple[int, ...]) -> None:
        super().__init__(*layers)
        self.outputs = outputs

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(2)
        for layer in self:
            x = layer.forward(x)
        return x if x.shape[2:] == self.outputs else x.view(*x.shape[:2], *self.outputs)


class Linear(nn.Module):
    """The layer y = x M + b for each replica: (R, B, in) to (R, B, out).

    The matrix is stored as (R, in, out), so that its gradient has the order of memory that the optimiser needs, without
    a copy. Without AVX-512 a replica moves to the bit as it does alone where sizes and batch are multiples of four: MKL
    adds up in another order where a result does not begin at a multiple of 16 bytes.
    """

    def __init__(self, replicas: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.empty(replicas, inputs, outputs))
        self.bias = nn.Parameter(torch.empty(replicas, outputs))
        self._alone, self._is_column = replicas == 1, outputs == 1

    def forward(self, x: Tensor) -> Tensor:
        bias = self.bias if self._alone else self.bias.unsqueeze(1)  # a view at every layer is felt, there and back
        if self._is_column:  # a library's product with one column depends on how many replicas there are
            return bias + (x * self.matrix.mT).sum(-1, keepdim=True)
        if forward_ad.unpack_dual(x).tangent is not None:
            # Told that the bias stands still, PyTorch need not add nothing by Python, and import its compiler for it.
            bias = forward_ad.make_dual(bias, torch.zeros_like(bias))
        return torch.baddbmm(bias, x, self.matrix)

    def initialise(self, replica: int, generator: torch.Generator) -> None:
        """Draw weights and biases uniform in +-1/sqrt(inputs), as PyTorch's own linear layer."""
        inputs, outputs = self.matrix.shape[1:]
        bound = 1 / math.sqrt(inputs)
        self.matrix.data[replica] = torch.empty(outputs, inputs).uniform_(-bound, bound, generator=generator).T
        self.bias.data[replica] = torch.empty(outputs).uniform_(-bound, bound, generator=generator)


class HeLinear(Linear):
    """The same layer with He's weights, which keep the size of what passes through ReLUs however many there are."""

    def initialise(self, replica: int, generator: torch.Generator) -> None:
        """Draw weights N(0, 2 / inputs), and set biases to zero."""
        inputs, outputs = self.matrix.shape[1:]
        self.matrix.data[replica] = (
            torch.empty(outputs, inputs).normal_(0, math.sqrt(2 / inputs), generator=generator).T
        )
        self.bias.data[replica].zero_()


def normalised(rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Normalise each column of rows (..., B, C) over the batch, in forward mode.

    A forward derivative is that of each sample along its own path, so the batch's statistics stand still in it, as the
    running ones do in use: else the other samples' movement would leak in. Gradients of both do flow through them.
    Written out, for PyTorch 2.13 silently returns a wrong gradient of a forward derivative of its batch norm.
    """
    still: Tensor = forward_ad.unpack_dual(rows).primal
    mean = still.mean(-2, keepdim=True)
    variance = (still - mean).square().mean(-2, keepdim=True)
    return torch.addcmul(bias, (rows - mean) * (variance + 1e-5).rsqrt(), weight)


class BatchNorm(nn.Module):
    """Batch normalisation of each replica and feature over the batch: (R, B, C) to the same.

    In forward mode its running statistics stay, and so do the batch's own: see `normalised`.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, replicas: int, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(replicas, features))
        self.bias = nn.Parameter(torch.zeros(replicas, features))
        self.register_buffer("running_mean", torch.zeros(replicas, features))
        self.register_buffer("running_var", torch.ones(replicas, features))

    def forward(self, x: Tensor) -> Tensor:
        columns = x.transpose(0, 1).reshape(x.shape[1], -1)
        weight, bias = self.weight.view(-1), self.bias.view(-1)
        if self.training and forward_ad.unpack_dual(x).tangent is not None:
            normal = normalised(columns, weight, bias)
        else:
            mean, variance = self.running_mean.view(-1), self.running_var.view(-1)
            normal = F.batch_norm(columns, mean, variance, weight, bias, training=self.training)
        return normal.view(x.shape[1], *self.weight.shape).transpose(0, 1)

    def initialise(self, replica: int, generator: torch.Generator) -> None:
        """Draw nothing: weights start at one and biases at zero."""


class Activation(nn.Module):
    """An elementwise nonlinearity by name; leaky ReLU's slope is 0.2, as in the authors' code."""

    def __init__(self, name: str, *, inplace: bool = False) -> None:
        super().__init__()
        self.name = name
        function = getattr(F, f"{name}_" if inplace and name in ("leaky_relu", "relu") else name)
        self._function = partial(function, negative_slope=0.2) if name == "leaky_relu" else function

    def forward(self, x: Tensor) -> Tensor:
        return self._function(x)


def initialise(module: nn.Module, replica: int, generator: torch.Generator) -> None:
    """Draw one replica's parameters, layer after layer, from one stream."""
    for layer in module.modules():
        draw = getattr(layer, "initialise", None)
        if draw is not None:
            draw(replica, generator)


# The results of `uses_batch_statistics`, which is called at every step.
_FOUND: WeakKeyDictionary[nn.Module, bool] = WeakKeyDictionary()


def uses_batch_statistics(module: nn.Module) -> bool:
    """Tell whether a sample's output depends on its batch, so that two batches may not be passed as one."""
    if module not in _FOUND:
        _FOUND[module] = any(isinstance(layer, BatchNorm) for layer in module.modules())
    return _FOUND[module]


def together(module: nn.Module, *batches: Tensor) -> tuple[Tensor, ...]:
    """Return module(batch) for each batch (R, B_i, ...), in one pass where that changes nothing."""
    if len(batches) == 1 or uses_batch_statistics(module):
        return tuple(module(batch) for batch in batches)
    return module(torch.cat(batches, dim=1)).split([batch.shape[1] for batch in batches], dim=1)
