"""The divergence of where the points of generated and of real clouds lie (JSD of Achlioptas et al., ICML 2018)."""

from __future__ import annotations

import torch
from scipy.spatial import KDTree
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise

CELLS = 28
RADIUS = 0.5

BEYOND = 0.01
"""The share of points outside of the grid above which a warning is due."""


@metric("jsd", better="lower")
def jsd(cloud_samples: Tensor, cloud_reference: Tensor) -> Score:
    """Compute the Jensen-Shannon divergence, in bits from 0 to 1, between the points of all cloud_samples (M, P, 3) and
    those of all cloud_reference (N, Q, 3), counted at the nearest of a grid of 28 a side over the unit cube about the
    origin, of which the places within a distance of 0.5 are kept. `beyond` is the share of points outside of that ball,
    which count at its rim.

    >>> import numpy as np
    >>> import posectl
    >>> clouds = np.zeros((4, 64, 3))
    >>> posectl.metrics.jsd(clouds, clouds)["mean"], posectl.metrics.jsd(clouds, clouds + [0.3, 0.0, 0.0])["mean"]
    (0.0, 1.0)
    """
    axis = torch.linspace(-RADIUS, RADIUS, CELLS, dtype=torch.float64)
    places = torch.cartesian_prod(axis, axis, axis)
    tree = KDTree(places[places.norm(dim=1) <= RADIUS].numpy())
    p, q = (_histogram(clouds, tree) for clouds in (cloud_samples, cloud_reference))
    middle = (p + q) / 2
    divergence = (_divergence(p, middle) + _divergence(q, middle)) / 2
    beyond = max(_beyond(clouds) for clouds in (cloud_samples, cloud_reference))
    score = summarise(divergence, "bit", beyond=beyond)
    if beyond > BEYOND:
        score["warning"] = f"{beyond:.0%} of the points lie outside of the ball of radius {RADIUS} that is counted in."
    return score


def _histogram(clouds: Tensor, tree: KDTree) -> Tensor:
    _, nearest = tree.query(clouds.flatten(0, 1).double().cpu().numpy())
    counts = torch.bincount(torch.from_numpy(nearest), minlength=tree.n).double()
    return counts / counts.sum()


def _divergence(p: Tensor, q: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of p from q, in bits."""
    held = p > 0
    return (p[held] * (p[held] / q[held]).log2()).sum()


def _beyond(clouds: Tensor) -> float:
    return (clouds.double().norm(dim=-1) > RADIUS * (1 + 1e-3)).double().mean().item()
