"""Precision, recall, density and coverage of generated samples, by k-nearest-neighbour balls (balls.py).

Kynkaanniemi et al., NeurIPS 2019 (precision, recall) and Naeem et al., ICML 2020 (density, coverage).
"""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.balls import membership, radii
from posectl.core.metrics.summary import summarise


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
    balls_over_fake, occupied = membership(fake, real, radii(real, k))
    balls_over_real, _ = membership(real, fake, radii(fake, k))
    return {
        "precision": summarise(balls_over_fake > 0, "1"),
        "recall": summarise(balls_over_real > 0, "1"),
        "density": summarise(balls_over_fake.double() / k, "1"),
        "coverage": summarise(occupied, "1"),
    }
