"""The largest transition of a path over its smallest: 1 where the speed is even (pose report, Eq. 6)."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import row_sums, summarise
from posectl.core.metrics.transitions import COINCIDENT, transitions


@metric("smoothness_ratio")
def smoothness_ratio(paths: Tensor, kind: Kind, compat: str | None = None) -> Score:
    """One ratio a path of paths (B, T, J, 3), without unit.

    The normaliser of the transitions cancels, so that a closed loop has a ratio too. Undefined are paths on which a
    transition is zero, and paths that never leave their start (length at most COINCIDENT). compat="naayem" takes the
    lower median.
    """
    steps = transitions(paths, kind)
    ratio = steps.amax(1) / steps.amin(1)
    return summarise(torch.where(row_sums(steps) > COINCIDENT, ratio, torch.nan), "1", compat=compat)
