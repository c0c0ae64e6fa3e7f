"""The error of interpolated images over alpha, on intervals of one length (AEAI, Figs. 6, 14)."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.distances import mean_square
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import columns, summarise


@metric("alpha_mse", better="lower")
def alpha_mse(interval_paths: Tensor, interval_truth: Tensor) -> Score:
    """Compute the mean squared error of each image between the ends of interval_paths (B, T, C, H, W), whose true
    images are interval_truth, NaN where there is none; of images in [-1, 1], so four times that of images in [0, 1].

    `curve` holds `mean` and `std` over the paths at each `alpha`, the ends included, where they are the errors of
    reconstruction. The paper's sampling of alpha is one image for every 5 degrees of an interval of 80.

    >>> import numpy as np
    >>> import posectl
    >>> truth = np.zeros((3, 17, 1, 8, 8))
    >>> posectl.metrics.alpha_mse(truth + 0.5, truth)["mean"]
    0.25
    """
    errors = mean_square(interval_paths, interval_truth)
    alpha = torch.linspace(0, 1, errors.shape[1], dtype=torch.float64)
    return summarise(errors[:, 1:-1], "1", curve={"alpha": alpha, **columns(errors, "mean", "std")})
