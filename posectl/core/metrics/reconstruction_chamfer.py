"""The Chamfer distance of reconstructed clouds from the true ones."""

from __future__ import annotations

from torch import Tensor

from posectl.core.clouds.chamfer import mean_chamfer
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise


@metric("reconstruction_chamfer", better="lower")
def reconstruction_chamfer(clouds: Tensor, reconstructed_clouds: Tensor) -> Score:
    """Compute the Chamfer distance of each of clouds (N, P, 3) to its reconstruction (N, Q, 3): squares, a mean over
    points, both ways. The training loss of 3d-AAE, a sum over P points times 0.05, is 0.05 P times as much.

    >>> import numpy as np
    >>> import posectl
    >>> clouds = np.random.default_rng(0).normal(size=(4, 64, 3))
    >>> round(posectl.metrics.reconstruction_chamfer(clouds, clouds + [1e-3, 0.0, 0.0])["mean"], 9)  # 1e-6, both ways
    2e-06
    """
    return summarise(mean_chamfer(clouds.double(), reconstructed_clouds.double()), "1")
