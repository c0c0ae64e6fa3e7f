"""Image layers that hold R replicas: maps (R, B, C, H, W) in and out.

Convolutions take and give maps that lie in memory as (R, B, H, W, C), the order that is fastest on a CPU, and that
pooling and activations keep. Several replicas go one after another: that costs a CPU less than a grouped convolution.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn import functional as F

from posectl.core.kinds import of_shape
from posectl.core.nets.layers import BatchNorm, normalised
from posectl.errors import UsageError


def per_replica(function: Callable[..., Tensor], *tensors: Tensor, **options: Any) -> Tensor:
    """Apply a function to every replica's slices of the tensors (R, ...), and stack the results; one is not copied."""
    if len(tensors[0]) == 1:
        return function(*(tensor.squeeze(0) for tensor in tensors), **options)[None]
    return torch.stack([function(*slices, **options) for slices in zip(*tensors, strict=True)])


def _convolve(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.conv2d(x.to(memory_format=torch.channels_last), weight, bias, padding=weight.shape[-1] // 2)


def _upsample_and_convolve(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    return F.conv_transpose2d(x.to(memory_format=torch.channels_last), kernel, bias, stride=2, padding=1)


class Conv2d(nn.Module):
    """Convolution by a kernel of odd width, zeros around the map: (R, B, in, H, W) to (R, B, out, H, W)."""

    def __init__(self, replicas: int, inputs: int, outputs: int, width: int = 3) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(replicas, outputs, inputs, width, width))
        self.bias = nn.Parameter(torch.empty(replicas, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return per_replica(_convolve, x, self.weight, self.bias)

    def initialise(self, replica: int, generator: torch.Generator) -> None:
        """Draw weights N(0, 1/((1 + 0.2^2) inputs width^2)), and set biases to zero: brain-research/acai,
        lib/layers.py. He's variance, for a leaky ReLU of slope 0.2, is twice that."""
        weight = self.weight.data[replica]
        deviation = 1 / math.sqrt((1 + 0.2**2) * weight[0].numel())
        weight.copy_(torch.empty(weight.shape).normal_(0, deviation, generator=generator))
        self.bias.data[replica].zero_()


class PointwiseConv2d(nn.Module):
    """A 1x1 convolution and a 3x3 one with nothing between, passed as one: (R, B, in, H, W) to (R, B, out, H, W).

    Both together are a 3x3 convolution of the input and of a map of ones; the latter carries the bias of the first,
    which the padding of the second does not have.
    """

    def __init__(self, replicas: int, inputs: int, between: int, outputs: int) -> None:
        super().__init__()
        self.first = Conv2d(replicas, inputs, between, width=1)
        self.second = Conv2d(replicas, between, outputs)

    def forward(self, x: Tensor) -> Tensor:
        first = torch.cat((self.first.weight.flatten(2), self.first.bias[:, :, None]), dim=2)
        weight = torch.einsum("romhw,rmi->roihw", self.second.weight, first)
        return per_replica(_convolve, torch.cat((x, torch.ones_like(x[:, :, :1])), dim=2), weight, self.second.bias)


class UpsampledConv2d(Conv2d):
    """Nearest upsampling to twice the size and a 3x3 convolution: (R, B, in, H, W) to (R, B, out, 2H, 2W).

    Both together are a transposed convolution of stride 2 whose 4x4 kernel is the 3x3 one, turned, summed over windows
    of 2x2: 4/9 of the products, and no upsampled map.
    """

    turn: Tensor

    def __init__(self, replicas: int, inputs: int, outputs: int) -> None:
        super().__init__(replicas, inputs, outputs)
        # Not on "meta", where its size is asked for: there PyTorch makes it by Python, and imports its compiler first.
        taps = F.pad(torch.eye(9, device="cpu").view(9, 3, 3).flip(1, 2), (1, 1, 1, 1))
        self.register_buffer("turn", 4 * F.avg_pool2d(taps, 2, stride=1).flatten(1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        kernel = self.weight.transpose(1, 2).flatten(3) @ self.turn
        return per_replica(_upsample_and_convolve, x, kernel.unflatten(3, (4, 4)), self.bias)


class MapNorm(BatchNorm):
    """Batch normalisation of each replica and channel over the batch and the map: (R, B, C, H, W) to the same."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and forward_ad.unpack_dual(x).tangent is not None:
            pixels = x.movedim(2, -1)
            normal = normalised(pixels.flatten(1, 3), self.weight[:, None], self.bias[:, None])
            return normal.view(pixels.shape).movedim(-1, 2)
        own = (x, self.running_mean, self.running_var, self.weight, self.bias)
        return per_replica(F.batch_norm, *own, training=self.training)


class Pool(nn.Module):
    """The average or the maximum of every 2x2 block: (R, B, C, H, W) to (R, B, C, H/2, W/2)."""

    def __init__(self, kind: Literal["average", "maximum"]) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        pool = F.avg_pool2d if self.kind == "average" else F.max_pool2d
        return pool(x.flatten(0, 1), 2).unflatten(0, x.shape[:2])


def check_images(shape: tuple[int, ...], least: int) -> None:
    """Raise UsageError unless samples are images (C, side, side) whose side is a power of two, at least `least`."""
    if len(shape) != 3:
        known = of_shape(shape)
        suited = known.net if known is not None else "mlp"
        raise UsageError(f"Samples of shape {shape} are no images (channels, side, side).", f"Take --net {suited}.")
    _, height, width = shape
    if height != width or height & (height - 1) or height < least:
        raise UsageError(
            f"The net takes square images whose side is a power of two, at least {least}, not {height}x{width}.",
            "Prepare them in such a size, or take --net mlp.",
        )
