"""A trained network as a list of plain operations, for programs that are not PyTorch.

Each layer is described by `describe`, a single-dispatch function: `@describe.register(MyLayer)` adds one. The
operations act on one sample, a vector or maps (C, H, W):

linear      matrix (in, out), bias (out): x M + bias
norm        scale (C), shift (C): scale x + shift, for each feature or map
activation  function: a name of `layers.ACTIVATIONS` (leaky ReLU's slope is 0.2), or "tanh-half", tanh(x / 2)
reshape     shape: the same numbers as another array
upsample    every pixel of each map becomes 2x2
convolve    weight (out, in, k, k), bias (out): cross-correlation, zeros around the map
quantise    entries (K, d): each d numbers of x become the nearest entry
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.nets.conv_layers import Conv2d, UpsampledConv2d
from posectl.core.nets.layers import Activation, BatchNorm, Linear, Replicated
from posectl.core.objectives.vae import FromLogits
from posectl.core.objectives.vqvae import Quantised
from posectl.errors import UsageError

_EPSILON = 1e-5  # of batch norm


@dataclass(frozen=True)
class Operation:
    """One operation: its name, numbers that it learned, and what else it needs."""

    name: str
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


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
        "Networks of the nets mlp, conv and vgg are; another layer is described with `describe.register`.",
    )


@describe.register(nn.Sequential)
def _sequence(module: nn.Sequential) -> list[Operation]:
    return [operation for layer in module for operation in describe(layer)]


@describe.register(Replicated)
def _replicated(module: Replicated) -> list[Operation]:
    return [*_sequence(module), Operation("reshape", settings={"shape": list(module.outputs)})]


@describe.register(Linear)
def _linear(module: Linear) -> list[Operation]:
    return [Operation("linear", {"matrix": _numbers(module.matrix), "bias": _numbers(module.bias)})]


@describe.register(BatchNorm)
def _norm(module: BatchNorm) -> list[Operation]:
    mean, variance, weight, bias = (
        _numbers(each).astype(np.float64)
        for each in (module.running_mean, module.running_var, module.weight, module.bias)
    )
    scale = weight / np.sqrt(variance + _EPSILON)
    return [Operation("norm", {"scale": _single(scale), "shift": _single(bias - mean * scale)})]


@describe.register(Activation)
def _activation(module: Activation) -> list[Operation]:
    return [Operation("activation", settings={"function": module.name})]


@describe.register(nn.Unflatten)
def _unflatten(module: nn.Unflatten) -> list[Operation]:
    return [Operation("reshape", settings={"shape": list(module.unflattened_size)})]


@describe.register(Conv2d)
def _convolution(module: Conv2d) -> list[Operation]:
    return [Operation("convolve", {"weight": _numbers(module.weight), "bias": _numbers(module.bias)})]


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
        Operation("quantise", {"entries": _numbers(module.codebook.all_entries())}),
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


def apply(operations: Sequence[Operation], codes: Tensor) -> Tensor:
    """Run operations on codes (N, d), as another program would, and return samples (N, *shape)."""
    x = codes
    for operation in operations:
        arrays = {key: torch.from_numpy(value).to(x) for key, value in operation.arrays.items()}
        x = _RUN[operation.name](x, **arrays, **operation.settings)
    return x


def _apply_norm(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    wide = (-1, *[1] * (x.ndim - 2))
    return x * scale.view(wide) + shift.view(wide)


def _apply_activation(x: Tensor, function: str) -> Tensor:
    return torch.tanh(x / 2) if function == "tanh-half" else Activation(function)(x)


def _apply_quantised(x: Tensor, entries: Tensor) -> Tensor:
    vectors = x.reshape(-1, entries.shape[1])
    return entries[torch.cdist(vectors, entries).argmin(1)].view(x.shape)


_RUN: dict[str, Callable[..., Tensor]] = {
    "linear": lambda x, matrix, bias: x.flatten(1) @ matrix + bias,
    "norm": _apply_norm,
    "activation": _apply_activation,
    "reshape": lambda x, shape: x.reshape(-1, *shape),
    "upsample": lambda x: F.interpolate(x, scale_factor=2),
    "convolve": lambda x, weight, bias: F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2),
    "quantise": _apply_quantised,
}
