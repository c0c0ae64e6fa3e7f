"""The error rate of a logistic regression on the labelled samples as they are, to hold a classifying model against."""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.classifier_accuracy import converge
from posectl.core.metrics.summary import summarise


@metric("logistic_error_rate", better="lower")
def logistic_error_rate(
    labelled_samples: Tensor, labelled_labels: Tensor, test_samples: Tensor, test_labels: Tensor, classes: int
) -> Score:
    """Compute the share of test_samples (M, *shape) that a layer, fitted to labelled_samples (N, *shape) with
    labelled_labels (N,), gives another label than test_labels (M,).

    The layer minimises the mean cross-entropy + |W|^2 / (2 N), from zero, by L-BFGS in float64. `labelled` is N.

    >>> import numpy as np
    >>> import posectl
    >>> x, y = np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> posectl.metrics.logistic_error_rate(x, y, np.array([[-2.0], [3.0], [0.5]]), np.array([0, 1, 0]), 2)["mean"]
    0.3333333333333333
    """
    layer = converge(labelled_samples.flatten(1).double(), labelled_labels.to(labelled_samples.device), classes)
    told = layer(test_samples.flatten(1).double()).argmax(1)
    return summarise(told != test_labels.to(told.device), "1", labelled=len(labelled_samples))
