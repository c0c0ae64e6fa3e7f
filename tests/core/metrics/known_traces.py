"""Paths through the factors whose scores are known in closed form."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from posectl.core.metrics.trace import Trace, interpolate_factors

TURN = 2 * math.pi
PERIODS = torch.tensor([TURN], dtype=torch.float64)


def trace(found: Tensor, ends: Tensor | None = None, periods: Tensor = PERIODS) -> Trace:
    """Of found factors (B, T) or (B, T, F), against the even way between `ends` (B, 2, F), or their own ends."""
    found = found.double()
    if found.dim() == 2:
        found = found[..., None]
    ends = found[:, [0, -1]] if ends is None else ends.double().reshape(len(found), 2, -1)
    alpha = torch.linspace(0, 1, found.shape[1], dtype=torch.float64)
    path = interpolate_factors(ends[:, 0], ends[:, 1], periods, alpha)
    return Trace(path, found, torch.zeros(found.shape[:2], dtype=torch.float64), periods, "rad")


def turning(start: float, by: float, steps: int = 16) -> Tensor:
    """An even turn (1, steps), within one period as a search finds it."""
    return torch.remainder(start + by * torch.linspace(0, 1, steps, dtype=torch.float64), TURN)[None]
