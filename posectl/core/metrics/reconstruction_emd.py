"""The earth mover's distance of reconstructed clouds from the true ones."""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.cloud_distances import EMD_POINTS, earth_mover, thinned
from posectl.core.metrics.summary import summarise


@metric("reconstruction_emd", better="lower")
def reconstruction_emd(clouds: Tensor, reconstructed_clouds: Tensor, seed: int = 0) -> Score:
    """Compute the exact earth mover's distance of up to 100 of clouds (N, P, 3) to their reconstructions (N, Q, 3), by
    256 points of each, drawn by `seed`: the mean distance between points that are matched one to one.

    >>> import numpy as np
    >>> import posectl
    >>> clouds = np.random.default_rng(0).normal(size=(4, 64, 3))
    >>> round(posectl.metrics.reconstruction_emd(clouds, clouds + [1e-3, 0.0, 0.0])["mean"], 9)
    0.001
    """
    points = min(EMD_POINTS, clouds.shape[1], reconstructed_clouds.shape[1])
    few = (thinned(each, points, seed) for each in (clouds, reconstructed_clouds))
    return summarise(earth_mover(*few), "1", points=points)
