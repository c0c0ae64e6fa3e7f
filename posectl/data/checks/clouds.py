"""Checks of point clouds: points, extent, factors and classes."""

from __future__ import annotations

import numpy as np

from posectl.data.checks import check_of
from posectl.data.checks.images import check_classes, check_factor
from posectl.data.dataset import Dataset
from posectl.data.report import Report

# A cloud further from the origin than it is large, or so much larger than others, is of another scale or place.
_UNLIKE = 10.0


@check_of("clouds")
def check_clouds(report: Report, dataset: Dataset, finite: np.ndarray) -> None:
    """Report points, extent, factors and classes of clouds (N, P, 3); `finite` (N,) tells those without NaN."""
    clouds = dataset.samples[finite]
    report.row("points", f"{clouds.shape[1]:,} each")
    low, high = clouds.min(axis=1), clouds.max(axis=1)
    size, off = (high - low).max(axis=1), np.abs(high + low).max(axis=1) / 2
    reach = np.sqrt((clouds.astype(np.float64) ** 2).sum(-1).max())
    report.row("extent", f"{size.min():.3g} to {size.max():.3g}, within {reach:.3g} of the origin")
    for name in dataset.about.get("factors", []):
        check_factor(report, dataset, name)
    check_classes(report, dataset, "clouds")
    if (off > size).any():
        count, first = int((off > size).sum()), np.flatnonzero(off > size)[0]
        report.warn(f"Clouds that lie further from the origin than they are large: {count:,}, the first at {first:,}.")
    if size.max() > _UNLIKE * size.min():
        report.warn(f"The largest cloud is {size.max() / max(size.min(), 1e-12):.0f} times the smallest: check units.")
    repeated = sum(len(np.unique(cloud, axis=0)) < clouds.shape[1] / 2 for cloud in clouds)
    if repeated:
        report.warn(f"Clouds of which most points are the same as another: {repeated:,}.")
