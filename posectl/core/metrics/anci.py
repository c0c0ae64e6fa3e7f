"""Average normalised change over interpolations: 1 for straight paths, more for any other (pose report, Eq. 7)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import row_sums, summarise
from posectl.core.metrics.transitions import normalised, transition_curve


@metric("anci", better="lower")
def anci(paths: Tensor, kind: Kind, compat: str | None = None) -> Score:
    """Compute the ANCI of each of paths (B, T, *shape), without unit; paths whose ends coincide are undefined.

    Each path's value is the mean of its normalised transitions, and the statistics are over the paths (`over`:
    "paths"). With the transitions counted right, that mean is the path's length over the distance between its ends: the
    path-length ratio, computed as in the report.

    compat="naayem" is the published protocol: the normaliser is d(first, last) / T; the transitions are averaged over
    the paths first, and mean, variance and lower median are over the T - 1 values of that average curve (`over`:
    "steps"). `undefined` counts paths all the same.

    >>> import numpy as np
    >>> import posectl
    >>> x = np.linspace(0, 1, 5)[None, :, None, None]
    >>> straight = x * np.eye(3)[0] * np.ones((17, 1))  # (1, 5, 17, 3): a metre along x
    >>> posectl.metrics.anci(straight)["mean"], posectl.metrics.anci(straight, compat="naayem")["mean"]
    (1.0, 1.25)
    """
    if compat != "naayem":
        return summarise(row_sums(normalised(paths, kind)) / (paths.shape[1] - 1), "1", over="paths")
    curve = transition_curve(paths, kind, compat)
    undefined = len(paths) - curve.paths
    share = undefined / max(len(paths), 1)
    return summarise(curve.mean, "1", compat=compat, over="steps", undefined=undefined, undefined_share=share)
