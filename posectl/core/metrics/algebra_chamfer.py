"""The error of sums of codes of clouds, where the shape that they should give is known (3d-AAE's Fig. 22, measured)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.cloud_distances import chamfer
from posectl.core.metrics.summary import summarise


@metric("algebra_chamfer", better="lower")
def algebra_chamfer(sum_clouds: Tensor, sum_truth: Tensor) -> Score:
    """Compute the Chamfer distance, squares as a mean over points, of each of sum_clouds (S, P, 3), what a - b + c
    makes of three shapes of one class, to sum_truth (S, Q, 3), the shape at that sum of their parameters.

    >>> import numpy as np
    >>> import posectl
    >>> clouds = np.random.default_rng(0).normal(size=(4, 64, 3))
    >>> round(posectl.metrics.algebra_chamfer(clouds, clouds + [1e-3, 0.0, 0.0])["mean"], 9)
    2e-06
    """
    return summarise(chamfer(sum_clouds, sum_truth), "1")
