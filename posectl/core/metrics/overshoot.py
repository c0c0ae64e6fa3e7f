"""The length of a path through the factors over the shortest: 1 is straight; sees turns and the wrong way round."""

from __future__ import annotations

import torch

from posectl.core.metrics import Score, metric
from posectl.core.metrics.smoothness import UNMOVED
from posectl.core.metrics.summary import row_sums, summarise
from posectl.core.metrics.trace import Trace, wrapped


@metric("overshoot", better="lower")
def overshoot(trace: Trace) -> Score:
    """Compute the ratio of each path's summed steps to the distance between its ends as they are found, without unit.

    For lines, the total angle over the shortest angle; a path the wrong way round an angle a has (2 pi - a) / a.
    Undefined where the ends are found in one place. No paper measures it: ACAI's smoothness cannot see it.

    >>> import posectl
    >>> import torch
    >>> from posectl.core.metrics.trace import Trace
    >>> turn = torch.linspace(0, 80, 17).double()[None, :, None]  # an even turn by 80 degrees
    >>> even = Trace(turn, turn, torch.zeros(1, 17), torch.tensor([360.0]), "deg")
    >>> posectl.metrics.overshoot(even)["mean"]
    1.0
    """
    shortest = wrapped(trace.retrieved[:, -1] - trace.retrieved[:, 0], trace.periods).norm(dim=-1)
    return summarise(torch.where(shortest < UNMOVED, torch.nan, row_sums(trace.steps) / shortest), "1")
