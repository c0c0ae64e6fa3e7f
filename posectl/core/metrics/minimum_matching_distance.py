"""The distance of real clouds from the nearest generated one: fidelity (MMD of Achlioptas et al., ICML 2018)."""

from __future__ import annotations

from posectl.core.metrics import Score, metric
from posectl.core.metrics.cloud_distances import CloudSets
from posectl.core.metrics.summary import summarise


@metric("minimum_matching_distance", better={"chamfer": "lower", "emd": "lower"})
def minimum_matching_distance(cloud_sets: CloudSets) -> Score:
    """Compute the distance of each of cloud_reference (N, P, 3) to the nearest of cloud_samples (M, P, 3), by Chamfer
    and by the earth mover's: MMD-CD and MMD-EMD of the tables, not the maximum mean discrepancy.

    >>> import numpy as np
    >>> import posectl
    >>> clouds = np.random.default_rng(0).normal(size=(4, 64, 3))
    >>> posectl.metrics.minimum_matching_distance(clouds, clouds)["chamfer"]["mean"]
    0.0
    """
    return {name: summarise(apart.amin(0), "1") for name, apart in cloud_sets.between.items()}
