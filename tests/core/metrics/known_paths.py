"""Paths whose length, speed and direction are known in closed form."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from torch import Tensor

from posectl.core import distances
from posectl.core.kinds import KINDS

POSES, IMAGES = KINDS.get("poses"), KINDS.get("images")

PATH_METRICS = ["anci", "smoothness_ratio", "path_length_ratio", "monotonicity", "bone_length_error"]


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def along(alphas: Tensor, seed: int = 0) -> Tensor:
    """A path (1, T, 17, 3) on one straight line, at alpha (T,) of the way from its first pose (0) to its last (1)."""
    a, b = randn(2, 17, 3, seed=seed)
    return (a + alphas[:, None, None] * (b - a))[None]


def even(steps: int, seed: int = 0) -> Tensor:
    return along(torch.arange(steps, dtype=torch.float64) / (steps - 1), seed)


def swaying(steps: int, amplitude: float) -> Tensor:
    """A straight path at speed 1 - amplitude cos(2 pi t)."""
    t = torch.arange(steps, dtype=torch.float64) / (steps - 1)
    return along(t - amplitude / (2 * math.pi) * torch.sin(2 * math.pi * t))


def arc(angle: float, steps: int) -> Tensor:
    """A path (1, T, 17, 3) on which joint j goes evenly round an arc of radius j + 1, by `angle` in all."""
    theta = angle * torch.arange(steps, dtype=torch.float64) / (steps - 1)
    circle = torch.stack([theta.cos(), theta.sin(), torch.zeros_like(theta)], 1)
    return (torch.arange(1, 18, dtype=torch.float64)[:, None] * circle[:, None])[None]


@contextmanager
def blocks_of(coordinates: int) -> Iterator[None]:
    with mock.patch.object(distances, "BLOCK", coordinates):
        yield
