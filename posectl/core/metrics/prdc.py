"""Precision, recall, density and coverage of generated poses, by k-nearest-neighbour balls.

Kynkaanniemi et al., NeurIPS 2019 (precision, recall) and Naeem et al., ICML 2020 (density, coverage), with the
conventions of the latter's code: Euclidean distances; the ball around a pose reaches to its k-th nearest neighbour in
its own set, itself not counted; what lies on the surface of a ball is outside.
"""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.summary import summarise
from posectl.core.nearest.plain import distance
from posectl.errors import TooFewError

PAIRS = 1 << 20
"""Pairs of poses that are compared at once; some 50 MB. No result depends on it."""


@metric("prdc", better="higher")
def prdc(samples: Tensor, recall_targets: Tensor, test_targets: Tensor | None = None, *, k: int = 5) -> Score:
    """Compute four scores, without unit, of generated samples (M, *shape) against real recall_targets (N, *shape).

    precision: share of the samples inside the ball of some target; recall: share of the targets inside the ball of some
    sample; density: balls of targets that a sample is inside of, over k (may exceed 1); coverage: share of the targets
    whose own ball holds a sample. Each is a score of its own, under its name, and holds under `test` the one against
    test_targets (T, *shape), which no training has seen; `k` stands beside them.
    Raises TooFewError where a set has no k-th neighbour.

    >>> import numpy as np
    >>> import posectl
    >>> poses = np.random.default_rng(0).normal(size=(20, 17, 3))
    >>> scores = posectl.metrics.prdc(poses, poses)  # a set against itself
    >>> scores["precision"]["mean"], scores["recall"]["mean"], scores["coverage"]["mean"]
    (1.0, 1.0, 1.0)
    """
    shares = _shares(samples, recall_targets, k)
    if test_targets is not None and len(test_targets) > k:
        for name, share in _shares(samples, test_targets, k).items():
            shares[name]["test"] = share
    return {**shares, "k": k, "distance": "l2", "unit": "1"}


def _shares(samples: Tensor, targets: Tensor, k: int) -> dict[str, Score]:
    fake, real = samples.flatten(1), targets.flatten(1).to(samples.device)
    balls_over_fake, occupied = _membership(fake, real, _radii(real, k))
    balls_over_real, _ = _membership(real, fake, _radii(fake, k))
    return {
        "precision": summarise(balls_over_fake > 0, "1"),
        "recall": summarise(balls_over_real > 0, "1"),
        "density": summarise(balls_over_fake.double() / k, "1"),
        "coverage": summarise(occupied, "1"),
    }


def _radii(poses: Tensor, k: int) -> Tensor:
    if len(poses) <= k:
        raise TooFewError(
            f"Precision, recall, density and coverage with k = {k} need more than {k} poses on each side, "
            f"not {len(poses)}.",
            "Give more poses, or a smaller --k.",
        )
    # The nearest of all is the pose itself, or a duplicate, at distance 0.
    return nearest(poses, poses, k + 1, "l2")[0][:, k]


def _membership(points: Tensor, centres: Tensor, radii: Tensor) -> tuple[Tensor, Tensor]:
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
