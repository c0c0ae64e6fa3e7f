"""The share of a path's steps that lead away from its start and towards its end in the space of the factors."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise
from posectl.core.metrics.trace import Trace

ROUNDING = 1e-6
"""The rounding of factors, in radians or degrees."""


@metric("factor_monotonicity", better="higher")
def factor_monotonicity(trace: Trace) -> Score:
    """Compute the share of each path's forward steps, in [0, 1] and without unit: AEAI's second condition, not measured
    there.

    `monotonicity` in the space of images is no measure of it where far images are all equally far, as lines are; here
    the distance is that of the factors of the nearest real images. Undefined where both ends have the same factors.

    >>> import posectl
    >>> import torch
    >>> from posectl.core.metrics.trace import Trace
    >>> turn = torch.linspace(0, 80, 17).double()[None, :, None]  # an even turn by 80 degrees
    >>> even = Trace(turn, turn, torch.zeros(1, 17), torch.tensor([360.0]), "deg")
    >>> posectl.metrics.factor_monotonicity(even)["mean"]
    1.0
    """
    return summarise(forward_share(trace), "1")


def forward_share(trace: Trace) -> Tensor:
    """Return the share (B,) float64 of each path's steps; NaN where both ends have the same factors."""
    away = trace.from_start.diff(dim=1) >= -ROUNDING
    towards = trace.to_end.diff(dim=1) <= ROUNDING
    share = (away & towards).double().mean(1)
    return torch.where(trace.length.isfinite(), share, torch.nan)
