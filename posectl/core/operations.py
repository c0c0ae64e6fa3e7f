"""A trained network as a list of plain operations, for programs that are not PyTorch.

Each layer is described by `describe`, a single-dispatch function: `@describe.register(MyLayer)` adds one. The
operations act on one sample, a vector or maps (C, H, W):

linear      matrix (in, out), bias (out): x M + bias, x as one vector
norm        scale (C), shift (C): scale x + shift, for each feature or map
activation  function: a name of `layers.ACTIVATIONS` (leaky ReLU's slope is 0.2), or "tanh-half", tanh(x / 2)
reshape     shape: the same numbers as another array
upsample    every pixel of each map becomes 2x2
convolve    weight (out, in, k, k), bias (out): cross-correlation, zeros around the map
quantise    entries (K, d): each d numbers of x become the nearest entry

and, of encoders:

average     every 2x2 pixels of each map become their mean
maximum     every 2x2 pixels of each map become the largest of them
rows        matrix (in, out), bias (out): x M + bias for each row of x
largest     the largest number of each column of x
softmax     count: the first so many numbers become positive, of sum one
heads       matrix (K, d): of y and z, the first K numbers and the rest, y M + z
first       count: so many numbers, without the rest
sphere      x divided by its length
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.priors import SPHERE
from posectl.core.nets.cloud import Pointwise
from posectl.core.nets.conv_layers import Conv2d, PointwiseConv2d, Pool, UpsampledConv2d
from posectl.core.nets.layers import Activation, BatchNorm, Linear, Replicated
from posectl.core.objectives.aae_reduce import AroundHeads
from posectl.core.objectives.base import Objective
from posectl.core.objectives.categorical import SoftmaxFirst
from posectl.core.objectives.vae import FromLogits
from posectl.core.objectives.vqvae import Quantised
from posectl.errors import UsageError

_EPSILON = 1e-5  # of batch norm


@dataclass(frozen=True)
class Operation:
    """One operation: its name, numbers that it learned, what else it needs, and the module that has those numbers."""

    name: str
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: nn.Module | None = field(default=None, repr=False, compare=False)


def encoding(model: Autoencoder) -> list[Operation]:
    """Return the operations by which a model encodes one sample.

    Raises UsageError for a layer that is described by none, and where a code is looked for among several.
    """
    for objective in model.objectives:
        if type(objective).completed is not Objective.completed:
            raise UsageError(
                f"A code of {objective.name} holds the label by which the decoded sample comes nearest.",
                "No encoder's operations give that; `posectl train --reg aae-semi` makes a model whose encoder does.",
            )
    found = describe(model.encoder)
    outputs = model.encoder(torch.zeros(1, 1, *model.shape, device=model.device)).shape[-1]
    if outputs > model.latent and found[-1].name != "heads":
        found.append(Operation("first", settings={"count": model.latent}))
    return [*found, Operation("sphere")] if model.prior.path == SPHERE.path else found


@singledispatch
def describe(module: nn.Module) -> list[Operation]:
    """Return the operations of a network of one replica, in evaluation mode.

    Raises UsageError for a layer that is described by none.

    >>> from posectl.core.nets.mlp import MLP
    >>> [each.name for each in describe(MLP((17, 3), 8, widths=(16,)).decoder(1))]
    ['linear', 'activation', 'linear', 'reshape']
    """
    raise UsageError(
        f"A layer of {type(module).__name__} is not known outside PyTorch.",
        "Networks of posectl's own nets are; another layer is described with `describe.register`.",
    )


@describe.register(nn.Sequential)
def _sequence(module: nn.Sequential) -> list[Operation]:
    return [operation for layer in module for operation in describe(layer)]


@describe.register(Replicated)
def _replicated(module: Replicated) -> list[Operation]:
    return [*_sequence(module), Operation("reshape", settings={"shape": list(module.outputs)})]


@describe.register(Linear)
def _linear(module: Linear) -> list[Operation]:
    return [Operation("linear", {"matrix": _numbers(module.matrix), "bias": _numbers(module.bias)}, source=module)]


@describe.register(BatchNorm)
def _norm(module: BatchNorm) -> list[Operation]:
    mean, variance, weight, bias = (
        _numbers(each).astype(np.float64)
        for each in (module.running_mean, module.running_var, module.weight, module.bias)
    )
    scale = weight / np.sqrt(variance + _EPSILON)
    return [Operation("norm", {"scale": _single(scale), "shift": _single(bias - mean * scale)}, source=module)]


@describe.register(Activation)
def _activation(module: Activation) -> list[Operation]:
    return [Operation("activation", settings={"function": module.name})]


@describe.register(nn.Unflatten)
def _unflatten(module: nn.Unflatten) -> list[Operation]:
    return [Operation("reshape", settings={"shape": list(module.unflattened_size)})]


@describe.register(nn.Flatten)
def _flatten(module: nn.Flatten) -> list[Operation]:
    return [Operation("reshape", settings={"shape": [-1]})]


@describe.register(Conv2d)
def _convolution(module: Conv2d) -> list[Operation]:
    return [Operation("convolve", {"weight": _numbers(module.weight), "bias": _numbers(module.bias)}, source=module)]


@describe.register(PointwiseConv2d)
def _convolutions(module: PointwiseConv2d) -> list[Operation]:
    return [*_convolution(module.first), *_convolution(module.second)]


@describe.register(Pool)
def _pool(module: Pool) -> list[Operation]:
    return [Operation(module.kind)]


@describe.register(Pointwise)
def _pointwise(module: Pointwise) -> list[Operation]:
    of_rows = [replace(each, name="rows") if each.name == "linear" else each for each in describe(module.points)]
    return [*of_rows, Operation("largest"), *describe(module.dense)]


@describe.register(SoftmaxFirst)
def _softmax_first(module: SoftmaxFirst) -> list[Operation]:
    return [*describe(module.inner), Operation("softmax", settings={"count": module.heads})]


@describe.register(AroundHeads)
def _around_heads(module: AroundHeads) -> list[Operation]:
    return [*describe(module.inner), Operation("heads", {"matrix": _numbers(module.heads.matrix)}, source=module.heads)]


@describe.register(UpsampledConv2d)
def _upsampled(module: UpsampledConv2d) -> list[Operation]:
    return [Operation("upsample"), *_convolution(module)]


@describe.register(FromLogits)
def _from_logits(module: FromLogits) -> list[Operation]:
    return [*describe(module.inner), Operation("activation", settings={"function": "tanh-half"})]


@describe.register(Quantised)
def _quantised(module: Quantised) -> list[Operation]:
    relu = Operation("activation", settings={"function": "relu"})
    return [
        *_linear(module.spread),
        Operation("quantise", {"entries": _numbers(module.codebook.all_entries())}, source=module.codebook),
        relu,
        *_linear(module.hidden),
        relu,
        *_linear(module.gather),
        *describe(module.inner),
    ]


def _numbers(values: Tensor) -> np.ndarray:
    """Return the array of the only replica."""
    return values.detach().cpu().numpy()[0]


def _single(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)


def apply(operations: Sequence[Operation], x: Tensor) -> Tensor:
    """Run operations on codes (N, d), or on samples (N, *shape), as another program would."""
    for operation in operations:
        arrays = {key: torch.from_numpy(value).to(x) for key, value in operation.arrays.items()}
        x = RUN[operation.name](x, **arrays, **operation.settings)
    return x


# The source of these is what an exported model is run by: they know torch and F alone.
RUN: dict[str, Callable[..., Tensor]] = {
    "linear": lambda x, matrix, bias: x.flatten(1) @ matrix + bias,
    "norm": lambda x, scale, shift: x * scale.view(-1, *[1] * (x.ndim - 2)) + shift.view(-1, *[1] * (x.ndim - 2)),
    "activation": lambda x, function: (
        F.leaky_relu(x, 0.2)
        if function == "leaky_relu"
        else torch.tanh(x / 2)
        if function == "tanh-half"
        else getattr(F, function)(x)
    ),
    "reshape": lambda x, shape: x.reshape(len(x), *shape),
    "upsample": lambda x: F.interpolate(x, scale_factor=2),
    "convolve": lambda x, weight, bias: F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2),
    "quantise": lambda x, entries: entries[
        (entries.square().sum(1) / 2 - x.reshape(-1, entries.shape[1]) @ entries.T).argmin(1)
    ].view(x.shape),
    "average": lambda x: F.avg_pool2d(x, 2),
    "maximum": lambda x: F.max_pool2d(x, 2),
    "rows": lambda x, matrix, bias: x @ matrix + bias,
    "largest": lambda x: x.amax(1),
    "softmax": lambda x, count: torch.cat((x[:, :count].softmax(1), x[:, count:]), 1),
    "heads": lambda x, matrix: x[:, : len(matrix)] @ matrix + x[:, len(matrix) :],
    "first": lambda x, count: x[:, :count],
    "sphere": lambda x: x / torch.linalg.vector_norm(x, dim=1, keepdim=True),
}
