"""The accuracy of k-means clusters of whitened codes as classes (ACAI, section 4.2)."""

from __future__ import annotations

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.kmeans import Whitening, assign, kmeans
from posectl.core.metrics.summary import summarise
from posectl.core.random import generator

ITERATIONS = 1000
PUBLISHED_RESTARTS = 1000


@metric("clustering_accuracy", better="higher")
def clustering_accuracy(
    codes: Tensor, test_codes: Tensor, test_labels: Tensor, classes: int, kmeans_restarts: int, seed: int,
    compat: str | None = None,
) -> Score:  # fmt: skip
    """Compute the share of test_codes (M, d) whose cluster is assigned to their label of test_labels (M,) from 0.

    There are as many clusters as classes, of codes (N, d) centred, projected on their singular vectors and divided by
    the singular values + 1e-5; the best of `kmeans_restarts` runs (compat="acai": 1,000, as published). Clusters are
    assigned to classes so that the test labels agree best (Hungarian method).

    >>> import numpy as np
    >>> import posectl
    >>> codes, labels = np.array([[0.0], [0.1], [1.0], [1.1]]), np.array([1, 1, 0, 0])
    >>> posectl.metrics.clustering_accuracy(codes, codes, labels, classes=2, kmeans_restarts=4, seed=0)["mean"]
    1.0
    """
    tries = PUBLISHED_RESTARTS if compat == "acai" else kmeans_restarts
    white = Whitening(codes)
    # Scaled to order one, for single precision.
    points, tests = (white(some).mul(len(codes) ** 0.5).float() for some in (codes, test_codes))
    centres = kmeans(points, classes, restarts=tries, iterations=ITERATIONS, generator=generator(seed, "kmeans"))
    cluster, label = assign(tests, centres), test_labels.to(tests.device)
    table = torch.bincount(cluster * classes + label, minlength=classes * classes).view(classes, classes)
    clusters, assigned = linear_sum_assignment(table.cpu().numpy(), maximize=True)
    class_of_cluster = torch.empty(classes, dtype=torch.int64)
    class_of_cluster[torch.from_numpy(clusters)] = torch.from_numpy(assigned)
    return summarise(class_of_cluster.to(cluster.device)[cluster] == label, "1", restarts=tries)
