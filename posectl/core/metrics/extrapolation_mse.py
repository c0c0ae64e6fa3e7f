"""The error of extrapolated images: of a path that goes on beyond its ends."""

from __future__ import annotations

from torch import Tensor

from posectl.core.distances import mean_square
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import columns, summarise

_NEAR = 1e-6


@metric("extrapolation_mse", better="lower")
def extrapolation_mse(beyond_paths: Tensor, beyond_truth: Tensor, beyond_alpha: Tensor) -> Score:
    """Compute the mean squared error of each image before alpha = 0 and after 1 of beyond_paths (B, T, C, H, W), whose
    true images are beyond_truth, NaN where there is none, at beyond_alpha (T,); as `alpha_mse` does between the ends.

    `curve` holds `mean` and `std` over the paths at each `alpha`, outside and inside. Source of the wish: AEAI, section
    1 ("data interpolation or extrapolation"), which measures none.

    >>> import numpy as np
    >>> import posectl
    >>> truth = np.zeros((3, 4, 1, 8, 8))
    >>> error = np.array([0.5, 0.1, 0.1, 0.5])[:, None, None, None]
    >>> posectl.metrics.extrapolation_mse(truth + error, truth, np.array([-0.2, 0.0, 1.0, 1.2]))["mean"]
    0.25
    """
    errors = mean_square(beyond_paths, beyond_truth)
    outside = (beyond_alpha < -_NEAR) | (beyond_alpha > 1 + _NEAR)
    curve = {"alpha": beyond_alpha.double().cpu(), **columns(errors, "mean", "std")}
    return summarise(errors[:, outside.to(errors.device)], "1", curve=curve)
