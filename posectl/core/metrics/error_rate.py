"""The error rate of a model that classifies: the share of test samples whose most probable class is not theirs."""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise


@metric("error_rate", better="lower")
def error_rate(class_probabilities: Tensor, test_labels: Tensor) -> Score:
    """Compute the share of test samples whose largest of class_probabilities (M, K) is not that of test_labels (M,).

    Source: Makhzani et al., "Adversarial Autoencoders", 2015, Table 1, in per cent there. Classes that no test sample
    has are named in `warning`, for the error rate says nothing of them.

    >>> import numpy as np
    >>> import posectl
    >>> posectl.metrics.error_rate(np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]), np.array([0, 1, 1]))["mean"]
    0.3333333333333333
    """
    wrong = class_probabilities.argmax(1) != test_labels.to(class_probabilities.device)
    absent = sorted(set(range(class_probabilities.shape[1])) - set(test_labels.tolist()))
    said = {"warning": f"No test sample is of class {', '.join(map(str, absent))}."} if absent else {}
    return summarise(wrong, "1", **said)
