"""How well k-means on whitened codes finds the classes (ACAI, section 4.2)."""

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


@metric("clustering_accuracy")
def clustering_accuracy(
    codes: Tensor, test_codes: Tensor, test_labels: Tensor, classes: int, kmeans_restarts: int, seed: int,
    compat: str | None = None,
) -> Score:  # fmt: skip
    """The share of test_codes (M, d) whose cluster stands for their label of test_labels (M,) in 0 ... classes - 1.

    As many clusters as classes, of codes (N, d) centred, projected on their singular vectors and divided by the
    singular values + 1e-5; the best of `kmeans_restarts` runs (compat="acai": 1,000, as published). Clusters stand for
    classes in the way that serves the test labels best (Hungarian method).
    """
    tries = PUBLISHED_RESTARTS if compat == "acai" else kmeans_restarts
    white = Whitening(codes)
    # Of order one, for single precision.
    points, tests = (white(some).mul(len(codes) ** 0.5).float() for some in (codes, test_codes))
    centres = kmeans(points, classes, restarts=tries, iterations=ITERATIONS, generator=generator(seed, "kmeans"))
    cluster, label = assign(tests, centres), test_labels.to(tests.device)
    table = torch.bincount(cluster * classes + label, minlength=classes * classes).view(classes, classes)
    rows, meaning = linear_sum_assignment(table.cpu().numpy(), maximize=True)
    stands_for = torch.empty(classes, dtype=torch.int64)
    stands_for[torch.from_numpy(rows)] = torch.from_numpy(meaning)
    return summarise(stands_for.to(cluster.device)[cluster] == label, "1", restarts=tries)
