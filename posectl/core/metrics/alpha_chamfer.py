"""The error of interpolated clouds over alpha, where the shapes between are known."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.cloud_distances import chamfer
from posectl.core.metrics.summary import columns, summarise


@metric("alpha_chamfer", better="lower")
def alpha_chamfer(morph_paths: Tensor, morph_truth: Tensor) -> Score:
    """Compute the Chamfer distance, squares as a mean over points, of each cloud between the ends of morph_paths
    (B, T, P, 3) to the true one in morph_truth (B, T, Q, 3): the shape whose parameters lie as far between.

    `curve` holds `mean` and `std` over the paths at each `alpha`, the ends included, where they are the errors of
    reconstruction. Two draws of points on one shape are some distance apart, too, which no path can fall below.

    >>> import numpy as np
    >>> import posectl
    >>> paths = np.random.default_rng(0).normal(size=(2, 5, 64, 3))
    >>> round(posectl.metrics.alpha_chamfer(paths, paths + [1e-3, 0.0, 0.0])["mean"], 9)
    2e-06
    """
    errors = chamfer(morph_paths, morph_truth)
    alpha = torch.linspace(0, 1, errors.shape[1], dtype=torch.float64)
    return summarise(errors[:, 1:-1], "1", curve={"alpha": alpha, **columns(errors, "mean", "std")})
