"""The distance of generated samples from the nearest real one: realism (pose report, section IV.C.2)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.summary import summarise, with_test


@metric("precision_distance", better="lower")
def precision_distance(
    samples: Tensor, reference: Tensor, kind: Kind, compat: str | None = None, test_reference: Tensor | None = None
) -> Score:
    """Measure the distance of each of samples (M, *shape) to the nearest of reference (N, *shape); smaller is better.

    The distance is the kind's `search`, of poses the mean per-joint one (Eq. 8), in the kind's unit. compat="naayem" is
    what the published code computes and its table shows: Euclidean over the flattened pose, and the lower median.
    `test` is that to the nearest of test_reference (Q, *shape), which no training has seen.

    >>> import numpy as np
    >>> import posectl
    >>> poses = np.zeros((4, 17, 3))
    >>> posectl.metrics.precision_distance(poses + [0.5, 0.0, 0.0], poses)["mean"]
    0.5
    """
    search = "l2" if compat == "naayem" else kind.search

    def measured(real: Tensor) -> Score:
        distance, _ = nearest(samples, real, metric=search)
        return summarise(distance, kind.unit, compat=compat, distance=search)

    return with_test(measured, reference, test_reference)
