"""The distance of real samples from the nearest generated one: coverage (pose report, section IV.C.1)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.summary import summarise, with_test


@metric("recall_distance", better="lower")
def recall_distance(
    recall_samples: Tensor, recall_targets: Tensor, kind: Kind, compat: str | None = None,
    test_targets: Tensor | None = None,
) -> Score:  # fmt: skip
    """Measure the distance of each of recall_targets (Q, *shape), real, to the nearest of recall_samples (K, *shape).

    The distance is the kind's `search`, of poses the mean per-joint one (Eq. 8), in the kind's unit; smaller is better.
    compat="naayem" is what the published code computes and its table shows: Euclidean over the flattened pose, and the
    lower median. `test` is the distance of test_targets (P, *shape), which no training has seen.

    >>> import numpy as np
    >>> import posectl
    >>> poses = np.zeros((4, 17, 3))
    >>> posectl.metrics.recall_distance(poses + [0.5, 0.0, 0.0], poses)["mean"]
    0.5
    """
    search = "l2" if compat == "naayem" else kind.search

    def measured(real: Tensor) -> Score:
        distance, _ = nearest(real, recall_samples, metric=search)
        return summarise(distance, kind.unit, compat=compat, distance=search, among=len(recall_samples))

    return with_test(measured, recall_targets, test_targets)
