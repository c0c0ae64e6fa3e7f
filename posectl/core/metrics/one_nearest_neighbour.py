"""How well the nearest other cloud tells whether one is real or generated (1-NNA of PointFlow, ICCV 2019)."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.cloud_distances import CloudSets
from posectl.core.metrics.summary import summarise
from posectl.errors import TooFewError


@metric("one_nearest_neighbour", better={"chamfer": "lower", "emd": "lower"})
def one_nearest_neighbour(cloud_sets: CloudSets) -> Score:
    """Compute the share of cloud_samples (M, P, 3) and cloud_reference (N, P, 3), as many of each, whose nearest other
    cloud is of their own set, by Chamfer and by the earth mover's: 1-NNA-CD and 1-NNA-EMD of the tables.

    0.5 where the sets cannot be told apart, 1 where they lie apart, less than 0.5 where samples copy single clouds.
    Raises TooFewError for fewer than two of each.

    >>> import numpy as np
    >>> import posectl
    >>> clouds = np.random.default_rng(0).normal(size=(8, 64, 3))
    >>> posectl.metrics.one_nearest_neighbour(clouds[:4] + 9.0, clouds[4:])["chamfer"]["mean"]
    1.0
    """
    if min(len(cloud_sets.samples), len(cloud_sets.reference)) < 2:
        raise TooFewError("The nearest other cloud is sought among two or more of each set.", "Give more clouds.")
    between, within = cloud_sets.between, cloud_sets.within
    return {name: summarise(_own_is_nearer(between[name], *within[name]), "1") for name in between}


def _own_is_nearer(between: Tensor, samples: Tensor, reference: Tensor) -> Tensor:
    """Tell of the first n clouds of each set (2 n) whether the nearest other one is of their own; of equals, the
    sample counts."""
    n = min(between.shape)
    between, samples, reference = (each[:n, :n] for each in (between, samples, reference))
    whole = torch.cat([torch.cat([samples, between], 1), torch.cat([between.T, reference], 1)])
    is_sample = torch.arange(2 * n, device=whole.device) < n
    return is_sample[whole.fill_diagonal_(torch.inf).argmin(1)] == is_sample
