"""The error of interpolated images over the length of the interval (AEAI, Figs. 6, 14)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from posectl.core.distances import mean_square
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import columns, summarise


@metric("interval_mse", better="lower")
def interval_mse(interval_sweep: Iterable[tuple[float, Tensor, Tensor]]) -> Score:
    """Compute the mean squared error of all images between the ends at each length, as `alpha_mse` measures it.

    interval_sweep gives (degrees, paths (B, T, C, H, W), true images). `curve` holds `mean` and `std` over the images
    at each `degrees`.

    >>> import posectl
    >>> import torch
    >>> truth = torch.zeros(3, 17, 1, 8, 8)
    >>> posectl.metrics.interval_mse(((80.0, truth + 0.5, truth),))["mean"]
    0.25
    """
    lengths, means, deviations = [], [], []
    for degrees, paths, truth in interval_sweep:
        statistics = columns(mean_square(paths, truth)[:, 1:-1].reshape(-1, 1), "mean", "std")
        lengths.append(degrees)
        means.append(statistics["mean"])
        deviations.append(statistics["std"])
    mean = torch.cat(means)
    degrees_ = torch.tensor(lengths, dtype=torch.float64)
    return summarise(mean, "1", curve={"degrees": degrees_, "mean": mean, "std": torch.cat(deviations)})
