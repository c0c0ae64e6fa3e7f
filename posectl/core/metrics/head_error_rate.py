"""The error rate of clusters that are named after their heads: each after its most certain training sample."""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise


@metric("head_error_rate", better="lower")
def head_error_rate(
    cluster_probabilities: Tensor, labels: Tensor, test_cluster_probabilities: Tensor, test_labels: Tensor
) -> Score:
    """Compute the share of test samples that are not of the label of the head of their cluster.

    cluster_probabilities (N, K) with labels (N,), and test_cluster_probabilities (M, K) with test_labels (M,): a sample
    is in its most probable cluster, whose head is the training sample with the largest probability of it. `heads`:
    their labels, by cluster; `used`: the clusters that test samples are in. Source: Makhzani et al., "Adversarial
    Autoencoders", 2015, section 6.

    >>> import numpy as np
    >>> import posectl
    >>> y, test_y = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    >>> score = posectl.metrics.head_error_rate(y, np.array([4, 7]), test_y, np.array([4, 7, 7]))
    >>> score["mean"], score["heads"]
    (0.3333333333333333, [4, 7])
    """
    heads = labels.to(cluster_probabilities.device)[cluster_probabilities.argmax(0)]
    cluster = test_cluster_probabilities.argmax(1)
    wrong = heads[cluster] != test_labels.to(cluster.device)
    return summarise(
        wrong, "1", heads=heads.tolist(), clusters=len(heads), used=len(set(cluster.tolist())),
    )  # fmt: skip
