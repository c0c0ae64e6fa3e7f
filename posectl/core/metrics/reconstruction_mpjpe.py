"""The mean distance of a reconstructed pose's joints from the true ones (MPJPE)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.distances import mean_per_joint
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise


@metric("reconstruction_mpjpe", better="lower")
def reconstruction_mpjpe(truth: Tensor, reconstruction: Tensor) -> Score:
    """Compute the mean per-joint position error of each of poses (N, J, 3), in metres; nothing is aligned before.

    >>> import numpy as np
    >>> import posectl
    >>> poses = np.zeros((4, 17, 3))
    >>> posectl.metrics.reconstruction_mpjpe(poses, poses + [0.5, 0.0, 0.0])["mean"]
    0.5
    """
    return summarise(mean_per_joint(truth, reconstruction), "m")
