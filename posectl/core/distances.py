"""Distances between samples in float64: by joints, and by elements.

Sums are taken in one fixed order, which pins every bit: the order in which a reduction of torch's own adds depends on
the samples' layout in memory.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

BLOCK = 1 << 20
"""Coordinates that are compared at once; some 40 MB in float64. No result depends on it."""

ONE_SAMPLE = 0.05
"""The share of the data's spread below which decoded samples are all one, whatever their codes."""


def mean_per_joint(a: Tensor, b: Tensor) -> Tensor:
    """Return the mean per-joint distance (...) float64, metres, of poses (..., J, 3) that broadcast (report, Eq. 8).

    >>> import torch
    >>> from posectl.core.distances import mean_per_joint
    >>> poses = torch.zeros(2, 17, 3)
    >>> mean_per_joint(poses, poses + torch.tensor([0.5, 0.0, 0.0]))
    tensor([0.5000, 0.5000], dtype=torch.float64)
    """
    return _in_blocks(_mean_per_joint, a, b, 2)


def mean_square(a: Tensor, b: Tensor, axes: int = 3) -> Tensor:
    """Return the mean squared difference (...) float64 over the elements of samples that broadcast and have so many
    axes, three for images (..., C, H, W).

    >>> import torch
    >>> from posectl.core.distances import mean_square
    >>> images = torch.zeros(2, 1, 8, 8)
    >>> mean_square(images, images + 0.5)
    tensor([0.2500, 0.2500], dtype=torch.float64)
    """
    return _in_blocks(lambda x, y: _mean_square(x, y, axes), a, b, axes)


def root_mean_square(a: Tensor, b: Tensor, axes: int = 3) -> Tensor:
    """Return the root of `mean_square`, in units of intensity; images in [-1, 1] span two of them.

    >>> import torch
    >>> from posectl.core.distances import root_mean_square
    >>> images = torch.zeros(2, 1, 8, 8)
    >>> root_mean_square(images, images + 0.5)
    tensor([0.5000, 0.5000], dtype=torch.float64)
    """
    return mean_square(a, b, axes).sqrt()


def pairwise_squares(samples: Tensor) -> Tensor:
    """Return squared distances (R, B, B) between samples (R, B, ...) of each replica, mean over their elements."""
    flat = samples.flatten(2)
    return torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist").square() / flat.shape[2]


def spread(samples: Tensor) -> float:
    """Return the median distance of samples (N, *shape) from their median sample, as the root mean square over
    elements: a few that are far away do not move it.

    >>> import torch
    >>> from posectl.core.distances import spread
    >>> spread(torch.tensor([[1.0], [3.0]]))
    1.0
    """
    wide = samples.double().flatten(1).cpu().numpy()
    return float(np.median(np.sqrt(np.square(wide - np.median(wide, axis=0)).mean(1))))


def share_of_spread(decoded: Tensor, real: Tensor) -> float:
    """Return the spread of decoded samples (M, *shape) over that of real ones (N, *shape); one where either is none."""
    return share(spread(decoded), spread(real))


def share(part: float, whole: float) -> float:
    """Return the share of a part; one where there is no whole, or either is no number."""
    return part / whole if whole > 0 and math.isfinite(part / whole) else 1.0


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
    joints = _sum_in_order((a - b).square()).sqrt()
    return _sum_in_order(joints) / joints.shape[-1]


def _mean_square(a: Tensor, b: Tensor, axes: int) -> Tensor:
    squares = (a - b).square().flatten(-axes)
    return pairwise_sum(squares) / squares.shape[-1]


def _sum_in_order(values: Tensor) -> Tensor:
    """Sum over the last axis, from left to right: for a few values."""
    return functools.reduce(torch.add, values.unbind(-1))


def pairwise_sum(values: Tensor) -> Tensor:
    """Sum over the last axis, one half added to the other until one value is left: for many values."""
    while (count := values.shape[-1]) > 1:
        half = count // 2
        sums, rest = values[..., :half] + values[..., half : 2 * half], values[..., 2 * half :]
        values = torch.cat([sums, rest], -1) if count % 2 else sums
    return values[..., 0]
