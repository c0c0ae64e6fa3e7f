"""The share of a path's steps that lead away from its start and towards its end."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise
from posectl.core.metrics.transitions import COINCIDENT


@metric("monotonicity", better="higher")
def monotonicity(paths: Tensor, kind: Kind) -> Score:
    """Compute the share of forward steps, in [0, 1] and without unit, of each of paths (B, T, *shape).

    A step counts when the distance to the first sample does not fall and that to the last does not rise, by more than
    COINCIDENT, which is rounding. A straight path scores 1 at any speed; of a path that overshoots, the steps beyond
    the end do not count, there or back. Undefined where the ends coincide.

    >>> import numpy as np
    >>> import posectl
    >>> x = np.array([0.0, 1.0, 3.0, 2.0, 4.0])[None, :, None, None]  # one of four steps goes back
    >>> posectl.metrics.monotonicity(x * np.eye(3)[0] * np.ones((17, 1)))["mean"]
    0.75
    """
    from_start = kind.distance(paths, paths[:, :1])
    to_end = kind.distance(paths, paths[:, -1:])
    forward = (from_start.diff(dim=1) >= -COINCIDENT) & (to_end.diff(dim=1) <= COINCIDENT)
    share = forward.double().sum(1) / forward.shape[1]
    defined = from_start.isfinite().all(1) & (from_start[:, -1] > COINCIDENT)
    return summarise(torch.where(defined, share, torch.nan), "1")
