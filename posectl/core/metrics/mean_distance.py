"""The distance of interpolated samples from the nearest real one (pose report, Eqs. 4, 5; ACAI)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.summary import summarise, with_test


@metric("mean_distance", better="lower")
def mean_distance(
    random_paths: Tensor, reference: Tensor, kind: Kind, compat: str | None = None,
    test_reference: Tensor | None = None,
) -> Score:  # fmt: skip
    """Measure the distance of each sample of random_paths (B, T, *shape) to the nearest of reference (N, *shape).

    Poses (J, 3): in metres, Euclidean over the flattened pose (51-d for 17 joints), as the report's text says and its
    code does: the root mean square over joints is the value over sqrt(J). compat="naayem" takes the lower median.
    Images (C, H, W): the cosine distance, without unit, of raw outputs to images in [-1, 1], background -1 (ACAI,
    section 3.2); with images in [0, 1] it would be ten times as large.
    `test` is that to the nearest of test_reference (M, *shape), which no training has seen.

    >>> import numpy as np
    >>> import posectl
    >>> paths, reference = np.zeros((1, 10, 17, 3)), np.zeros((1, 17, 3))
    >>> reference[0, 0, 0] = 0.5  # one joint is half a metre off
    >>> posectl.metrics.mean_distance(paths, reference)["mean"]
    0.5
    """

    def measured(real: Tensor) -> Score:
        distance, _ = nearest(random_paths.flatten(0, 1), real, metric=kind.path_search)
        return summarise(distance, kind.path_unit, compat=compat, distance=kind.path_search)

    return with_test(measured, reference, test_reference)
