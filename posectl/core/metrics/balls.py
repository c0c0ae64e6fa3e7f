"""Balls around the samples of a set, each out to its k-th nearest neighbour in the set, and what lies inside of them.

They tell where the set lies: Kynkaanniemi et al., NeurIPS 2019, with the conventions of the code of Naeem et al., ICML
2020: Euclidean distances; a sample is no neighbour of its own; what lies on the surface of a ball is outside.
"""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.metrics.nearest import nearest
from posectl.core.nearest.plain import distance
from posectl.errors import TooFewError

PAIRS = 1 << 20
"""Pairs of samples that are compared at once; some 50 MB. No result depends on it."""


def radii(samples: Tensor, k: int) -> Tensor:
    """Return the radius (N,) float64 of the ball around each of samples (N, D). Raises TooFewError for N <= k."""
    if len(samples) <= k:
        raise TooFewError(
            f"Balls of nearest neighbours with k = {k} need sets of more than {k} samples, not {len(samples)}.",
            "Give more samples, or a smaller --k.",
        )
    # The nearest of all is the sample itself, or a duplicate, at distance 0.
    return nearest(samples, samples, k + 1, "l2")[0][:, k]


def membership(points: Tensor, centres: Tensor, radii: Tensor) -> tuple[Tensor, Tensor]:
    """Count the balls (P,) that each of points (P, D) is inside of, and tell whether each ball (C,) holds any of
    them."""
    centres = centres.double()
    hits, occupied = [], torch.zeros(len(centres), dtype=torch.bool, device=centres.device)
    for block in points.split(max(1, PAIRS // len(centres))):
        inside = _inside(block.double(), centres, radii)
        hits.append(inside.sum(1))
        occupied |= inside.any(0)
    return torch.cat(hits), occupied


def _inside(points: Tensor, centres: Tensor, radii: Tensor) -> Tensor:
    """Tell whether each of points (P, D) is nearer to each of centres (C, D) than its radius (C,): (P, C).

    A matrix product decides all pairs but those that its rounding leaves in doubt, ties above all; these are measured
    as `nearest` measures, to the bit, so that equal distances compare equal.
    """
    scale = points.square().sum(1)[:, None] + centres.square().sum(1)
    gap = scale - 2 * points @ centres.T - radii.square()
    # Higham's bound for dot products of length D, both for the product and for the exact way, rounded up.
    slack = (scale + radii.square()) * (points.shape[1] + 8) * 2**-50
    inside = gap < 0
    i, j = (~(gap.abs() > slack)).nonzero(as_tuple=True)
    inside[i, j] = distance(points[i], centres[j], "l2") < radii[j]
    return inside
