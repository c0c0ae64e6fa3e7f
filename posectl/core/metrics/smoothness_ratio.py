"""The largest transition of a path over its smallest: 1 where the speed is even (pose report, Eq. 6)."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import row_sums, summarise
from posectl.core.metrics.transitions import COINCIDENT, transitions


@metric("smoothness_ratio", better="lower")
def smoothness_ratio(paths: Tensor, kind: Kind, compat: str | None = None) -> Score:
    """Compute the ratio of the largest to the smallest transition of each of paths (B, T, *shape), without unit.

    The normaliser of the transitions cancels, so that a closed loop has a ratio too. Paths on which a transition is
    zero, and paths that never leave their start (length at most COINCIDENT), are undefined. compat="naayem" takes the
    lower median.

    >>> import numpy as np
    >>> import posectl
    >>> x = np.array([0.0, 1.0, 3.0])[None, :, None, None]  # a step of one metre, then one of two
    >>> posectl.metrics.smoothness_ratio(x * np.eye(3)[0] * np.ones((17, 1)))["mean"]
    2.0
    """
    steps = transitions(paths, kind)
    ratio = steps.amax(1) / steps.amin(1)
    return summarise(torch.where(row_sums(steps) > COINCIDENT, ratio, torch.nan), "1", compat=compat)
