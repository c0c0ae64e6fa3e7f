"""Average normalised change over interpolations: 1 for straight paths, more for any other (pose report, Eq. 7)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import row_sums, summarise
from posectl.core.metrics.transitions import normalised, transition_curve


@metric("anci")
def anci(paths: Tensor, kind: Kind, compat: str | None = None) -> Score:
    """ANCI of paths (B, T, J, 3), without unit; paths whose ends coincide are undefined.

    Each path's value is the mean of its normalised transitions, and the statistics are over the paths (`over`:
    "paths"). With the transitions counted right, that mean is the path's length over the distance between its ends: the
    path-length ratio, reached by the report's way.

    compat="naayem" is the published protocol: the normaliser is d(first, last) / T; the transitions are averaged over
    the paths first, and mean, variance and lower median are over the T - 1 values of that average curve (`over`:
    "steps"). `undefined` counts paths all the same.
    """
    if compat != "naayem":
        return summarise(row_sums(normalised(paths, kind)) / (paths.shape[1] - 1), "1", over="paths")
    curve = transition_curve(paths, kind, compat)
    undefined = len(paths) - curve.paths
    share = undefined / max(len(paths), 1)
    return summarise(curve.mean, "1", compat=compat, over="steps", undefined=undefined, undefined_share=share)
