"""The divergence of where the points of generated and of real clouds lie (JSD of Achlioptas et al., ICML 2018)."""

from __future__ import annotations

import torch
from scipy.spatial import KDTree
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise

CELLS = 28

BEYOND = 0.01
"""The share of points outside of the grid above which a warning is due."""

_ROUNDING = 1e-6


@metric("jsd", better="lower")
def jsd(cloud_samples: Tensor, cloud_reference: Tensor) -> Score:
    """Compute the Jensen-Shannon divergence, in bits from 0 to 1, between the points of all cloud_samples (M, P, 3) and
    those of all cloud_reference (N, Q, 3), counted at the nearest place of a grid of 28 a side, of which those within
    the ball are kept that the reference fills about the origin.

    For clouds that were all scaled to one radius, as the published ones to 0.5, it is the published grid. `beyond` is
    the share of the samples' points outside of the ball, which count at its rim.

    >>> import numpy as np
    >>> import posectl
    >>> clouds = np.array([[[0.0, 0.0, 0.5], [0.0, 0.0, 0.3]]])
    >>> posectl.metrics.jsd(clouds, clouds)["mean"], posectl.metrics.jsd(-clouds, clouds)["mean"]
    (0.0, 1.0)
    """
    radius = cloud_reference.double().norm(dim=-1).max().item() or 1.0
    samples, reference = (clouds.double().flatten(0, 1).cpu() / radius for clouds in (cloud_samples, cloud_reference))
    axis = torch.linspace(-1, 1, CELLS, dtype=torch.float64)
    places = torch.cartesian_prod(axis, axis, axis)
    tree = KDTree(places[places.norm(dim=1) <= 1].numpy())
    p, q = (_histogram(points, tree) for points in (samples, reference))
    middle = (p + q) / 2
    beyond = (samples.norm(dim=1) > 1 + _ROUNDING).double().mean().item()
    score = summarise((_divergence(p, middle) + _divergence(q, middle)) / 2, "bit", beyond=beyond)
    if beyond > BEYOND:
        score["warning"] = f"{beyond:.0%} of the samples' points lie outside of the ball that the real clouds fill."
    return score


def _histogram(points: Tensor, tree: KDTree) -> Tensor:
    counts = torch.bincount(torch.from_numpy(tree.query(points.numpy())[1]), minlength=tree.n).double()
    return counts / counts.sum()


def _divergence(p: Tensor, q: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of p from q, in bits."""
    held = p > 0
    return (p[held] * (p[held] / q[held]).log2()).sum()
