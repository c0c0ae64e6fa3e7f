"""How far generated poses lie from the nearest real pose: whether they are realistic (pose report, section IV.C.2)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.summary import summarise


@metric("precision_distance")
def precision_distance(samples: Tensor, reference: Tensor, compat: str | None = None) -> Score:
    """One distance in metres for each of samples (M, J, 3) to the nearest of reference (N, J, 3); smaller is better.

    The distance is the mean per-joint one (Eq. 8). compat="naayem" is what the published code computes and its table
    shows: Euclidean over the flattened pose, and the lower median.
    """
    kind: Literal["l2", "mpjpe"] = "l2" if compat == "naayem" else "mpjpe"
    distance, _ = nearest(samples, reference, metric=kind)
    return summarise(distance, "m", compat=compat, distance=kind)
