"""The accuracy of a linear layer that is trained beside the autoencoder (ACAI, section 4.1, Table 2)."""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise

EVALUATIONS = 20
"""Evaluations at the end of a training, whose median a run is told by (brain-research/acai, figures.ipynb)."""


@metric("probe_accuracy", better="higher")
def probe_accuracy(probe_log: Tensor) -> Score:
    """Return the median of the last 20 of probe_log (E,): the shares of test samples that the layer of `--reg probe`
    classified correctly, one an evaluation. `lowest` and `highest` are of those 20 too, `evaluations` is their number.

    >>> import numpy as np
    >>> import posectl
    >>> posectl.metrics.probe_accuracy(np.array([0.1, 0.5, 0.8, 0.7]))["mean"]
    0.6
    """
    last = probe_log[-EVALUATIONS:].double()
    middle = summarise(last, "1")["median"]
    return summarise(
        last.new_tensor([middle]), "1", evaluations=len(last), lowest=last.min().item(), highest=last.max().item()
    )
