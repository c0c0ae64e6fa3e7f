"""The largest step of a path through the factors over its length, above that of an even path (ACAI, section 3.2)."""

from __future__ import annotations

import torch

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise
from posectl.core.metrics.trace import Trace, wrapped

UNMOVED = 1e-4
"""A path whose ends are found no farther apart is undefined: radians as published, as many degrees elsewhere."""


@metric("smoothness", better="lower")
def smoothness(trace: Trace, compat: str | None = None) -> Score:
    """Compute max |step| / |first - last| - 1 / (T - 1) of each path, no unit; 0 is even, 1 - 1 / (T - 1) one jump.

    Steps are between the factors found for neighbours on the path, and first and last are counted along it, so that an
    angle may turn by more than half a circle: a path the wrong way round scores like one the right way (`overshoot`
    sees it). The steps' sign is ignored, as in the paper's code, though not in its formula. Paths whose ends are found
    in one place are undefined.

    compat="acai" is the published protocol: undefined paths count as 0, which is perfect and rewards a collapsed model,
    but where all are, and there is no score.

    >>> import posectl
    >>> import torch
    >>> from posectl.core.metrics.trace import Trace
    >>> turn = torch.linspace(0, 80, 17).double()[None, :, None]  # an even turn by 80 degrees
    >>> even = Trace(turn, turn, torch.zeros(1, 17), torch.tensor([360.0]), "deg")
    >>> posectl.metrics.smoothness(even)["mean"]
    0.0
    """
    steps = wrapped(trace.retrieved.diff(dim=1), trace.periods)
    whole = steps.sum(1).norm(dim=-1)
    score = trace.steps.amax(1) / whole - 1 / steps.shape[1]
    score = torch.where(whole < UNMOVED, torch.nan, score)
    undefined = int(score.isnan().sum())
    if compat != "acai" or undefined == len(score):
        return summarise(score, "1")
    share = undefined / len(score)
    return summarise(score.nan_to_num(0), "1", undefined=undefined, undefined_share=share)
