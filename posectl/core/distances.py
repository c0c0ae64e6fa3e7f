"""Distances between samples in float64: by joints, and by elements.

Sums are taken in one fixed order, which pins every bit: the order in which a reduction of torch's own adds depends on
how the samples lie in memory.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor

BLOCK = 1 << 20
"""Coordinates that are compared at once; some 40 MB in float64. No result depends on it."""


def mean_per_joint(a: Tensor, b: Tensor) -> Tensor:
    """The mean per-joint distance (...) float64, metres, of poses (..., J, 3) that broadcast (pose report, Eq. 8)."""
    return _in_blocks(_mean_per_joint, a, b, 2)


def mean_square(a: Tensor, b: Tensor, axes: int = 3) -> Tensor:
    """The mean squared difference (...) float64 over the elements of samples of so many axes that broadcast: of images
    (..., C, H, W) unless told otherwise."""
    return _in_blocks(lambda x, y: _mean_square(x, y, axes), a, b, axes)


def root_mean_square(a: Tensor, b: Tensor, axes: int = 3) -> Tensor:
    """The root of `mean_square`, in units of intensity, of which images in [-1, 1] span two."""
    return mean_square(a, b, axes).sqrt()


def _in_blocks(measure: Callable[[Tensor, Tensor], Tensor], a: Tensor, b: Tensor, axes: int) -> Tensor:
    """Take measure(a, b) of samples that have so many axes, BLOCK coordinates or a single sample at a time."""
    a, b = torch.broadcast_tensors(a, b)
    lead = a.shape[:-axes]
    if a.numel() <= BLOCK or lead.numel() <= 1:
        return measure(a.double(), b.double())
    axis = max(range(len(lead)), key=lambda i: lead[i])
    halves = zip(a.tensor_split(2, axis), b.tensor_split(2, axis), strict=True)
    return torch.cat([_in_blocks(measure, x, y, axes) for x, y in halves], axis)


def _mean_per_joint(a: Tensor, b: Tensor) -> Tensor:
    joints = _from_left((a - b).square()).sqrt()
    return _from_left(joints) / joints.shape[-1]


def _mean_square(a: Tensor, b: Tensor, axes: int) -> Tensor:
    squares = (a - b).square().flatten(-axes)
    return _by_halves(squares) / squares.shape[-1]


def _from_left(values: Tensor) -> Tensor:
    """The sum over the last axis, from left to right: for a few values."""
    return functools.reduce(torch.add, values.unbind(-1))


def _by_halves(values: Tensor) -> Tensor:
    """The sum over the last axis, one half added to the other until one value is left: for many values."""
    while (count := values.shape[-1]) > 1:
        half = count // 2
        sums, odd = values[..., :half] + values[..., half : 2 * half], values[..., 2 * half :]
        values = torch.cat([sums, odd], -1) if count % 2 else sums
    return values[..., 0]
