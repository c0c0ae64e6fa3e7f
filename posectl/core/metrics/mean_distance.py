"""How far interpolated poses lie from the nearest real pose: whether they look real (pose report, Eqs. 4, 5)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.summary import summarise


@metric("mean_distance")
def mean_distance(walks: Tensor, reference: Tensor, compat: str | None = None) -> Score:
    """One distance in metres for each pose of walks (B, T, J, 3) to the nearest of reference (N, J, 3).

    The distance is Euclidean over the flattened pose (51-d for 17 joints), as the report's text says and its code does:
    the root mean square over joints is the value over sqrt(J). compat="naayem" takes the lower median.
    """
    distance, _ = nearest(walks.flatten(0, 1), reference, metric="l2")
    return summarise(distance, "m", compat=compat, distance="l2")
