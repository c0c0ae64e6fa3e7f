"""How far interpolated samples lie from the nearest real one: whether they look real (pose report, Eqs. 4, 5; ACAI)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.summary import summarise


@metric("mean_distance")
def mean_distance(walks: Tensor, reference: Tensor, compat: str | None = None) -> Score:
    """One distance for each sample of walks (B, T, ...) to the nearest of reference (N, ...).

    Poses (J, 3): in metres, Euclidean over the flattened pose (51-d for 17 joints), as the report's text says and its
    code does: the root mean square over joints is the value over sqrt(J). compat="naayem" takes the lower median.
    Images (C, H, W): the cosine distance, without unit, of raw outputs to images in [-1, 1], background -1 (ACAI,
    section 3.2); with images in [0, 1] it would be ten times as large.
    """
    poses = walks.dim() == 4
    distance, _ = nearest(walks.flatten(0, 1), reference, metric="l2" if poses else "cosine")
    return summarise(distance, "m" if poses else "1", compat=compat, distance="l2" if poses else "cosine")
