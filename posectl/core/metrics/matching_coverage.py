"""The share of real clouds that some generated one is nearest to: diversity (COV of Achlioptas et al., ICML 2018)."""

from __future__ import annotations

import torch

from posectl.core.metrics import Score, metric
from posectl.core.metrics.cloud_distances import CloudSets
from posectl.core.metrics.summary import summarise


@metric("matching_coverage", better={"chamfer": "higher", "emd": "higher"})
def matching_coverage(cloud_sets: CloudSets) -> Score:
    """Compute the share of cloud_reference (N, P, 3) that is the nearest real cloud of one of cloud_samples (M, P, 3),
    by Chamfer and by the earth mover's: COV-CD and COV-EMD of the tables. Of equals, the first is the nearest.

    >>> import numpy as np
    >>> import posectl
    >>> clouds = np.random.default_rng(0).normal(size=(4, 64, 3))
    >>> posectl.metrics.matching_coverage(clouds[:1], clouds)["chamfer"]["mean"]
    0.25
    """
    scores = {}
    for name, apart in cloud_sets.between.items():
        covered = torch.zeros(apart.shape[1], dtype=torch.bool, device=apart.device)
        covered[apart.argmin(1)] = True
        scores[name] = summarise(covered, "1")
    return scores
